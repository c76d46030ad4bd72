"""The encoder of texts in use: which one fits this catalogue, and what to tell of it."""

from collections.abc import Sequence

from graph.errors import MissingArtefactError
from graph.snapshot import Progress, Snapshot
from graph.texts import texts_of_kind
from graph.types import TextEncoder
from groundrec import output
from groundrec.workspace import Workspace
from models.text import AUTO, PACKAGED, Choice, choose, open_encoder


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


def encoder_of_meaning(place: Workspace, text: str) -> TextEncoder | None:
    """The encoder that tells what a text means; none where only one by spelling would serve it.

    Unless another is set it is the one of 16 languages, whatever the language of the text: people
    may ask in another than the catalogue's, and it is loaded in a fifth of the others' time.
    """
    setting = place.settings.text_model
    if setting == AUTO and PACKAGED["use"].installed:
        setting = "use"
    choice = choose(setting, [text])
    if choice.poor or choice.setting == "hashing":
        return None
    return open_encoder(choice.setting, place.home.cache)


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
