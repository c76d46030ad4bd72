"""The encoder of texts in use: which one fits this catalogue, and what to tell of it."""

from collections.abc import Sequence

from graph.errors import MissingArtefactError
from graph.snapshot import Progress, Snapshot
from graph.texts import texts_of_kind
from graph.types import TextEncoder
from groundrec import output
from groundrec.workspace import Workspace
from models.text import Choice, choose, open_encoder


def encoder_of(
    place: Workspace, texts: Sequence[str] | None = None, progress: Progress | None = None
) -> TextEncoder:
    """The encoder that the settings mean for these texts, or for the catalogue's own.

    What it does not serve is said on stderr; its vectors are kept under the home's cache.
    Packages that may not know `models` are handed its `encode`.
    """
    choice = choice_of(place, texts)
    if choice.poor:
        output.note(f"texts: {choice.poor}")
    return open_encoder(choice.setting, place.home.cache, progress)


def choice_of(place: Workspace, texts: Sequence[str] | None = None) -> Choice:
    """Which encoder that is, and why."""
    if texts is None:
        try:
            texts = catalogue_texts(place.snapshot)
        except MissingArtefactError:
            texts = ()
    return choose(place.settings.text_model, texts)


def catalogue_texts(snapshot: Snapshot) -> list[str]:
    """The texts of all nodes that are not people who use the catalogue."""
    kinds = (kind for kind, meant in snapshot.schema.kinds.items() if meant.role != "user")
    return [text for kind in kinds for text in texts_of_kind(snapshot, kind)]
