"""`groundrec demo`: the whole road on MovieLens-100K, in a home of its own."""

import time
from importlib.util import find_spec
from pathlib import Path

from graph.errors import GroundrecError, MissingArtefactError
from groundrec import ask, output, show
from groundrec.forms import answers_form
from groundrec.ingesting import Ingested
from groundrec.origins import rows_of, rows_of_items
from groundrec.progressing import ingest_progress
from groundrec.sample.datasets import ML_100K, fetch
from groundrec.serving import ranker_of
from groundrec.training import train
from groundrec.workspace import Workspace
from kg_ingest.load import run_ingest

SAMPLE = Path(__file__).parent / "ml-100k.toml"
FALSE_CLAIM = "Fargo was directed by Quentin Tarantino and came out in 1996."
MOST_ITEMS = 5


def run_demo(place: Workspace, user: str, *, as_json: bool) -> None:
    """Fetch, ingest, snapshot, train, recommend, explain, check; each step only when needed."""
    begun = time.monotonic()
    told = _Teller(silent=as_json)
    with output.progress() as progress:
        told.step("fetch", "MovieLens-100K")
        folder = fetch(ML_100K, place.home.cache, progress)
    told.step("ingest", "ratings, users, genres, and a table of facts")
    with place.store() as store, ingest_progress() as reached:
        report = run_ingest(
            store, SAMPLE, data=folder.parent, runs=place.home.runs, progress=reached
        )
    told.result(Ingested(report))
    with output.progress() as progress:
        if _needs_snapshot(place):
            told.step("snapshot", "the graph as arrays")
            place.build(progress)
        if _needs_training(place):
            if find_spec("torch_geometric"):
                told.step("train", "walks, neighbours, a graph network, and their weights")
                place = _with(place, model="blend")
            else:
                told.step("train", "how much each kind of walk counts (no torch: no blend)")
                place = _with(place, model="walk")
            told.result(train(place, progress))
    told.step("recommend", f"for user {user}, each sentence looked up in the graph")
    place = _with(place, k=min(place.settings.k, MOST_ITEMS))
    answer = ask.recommend(place, user, ())
    if as_json:
        form = answers_form([answer], rows_of_items(place, answer.items))
        output.emit_json(form, snapshot=place.snapshot.version)
        return
    show.recommendation(answer)
    output.emit()
    told.step("check", f"somebody says: {FALSE_CLAIM}")
    checked = ask.check_text(place, FALSE_CLAIM, None)
    show.checked(checked, rows_of(place, checked))
    output.emit()
    output.emit(f"done in {time.monotonic() - begun:.0f} s; the graph is in {place.home.root}")
    output.emit(f'next: groundrec --home {place.home.root} explain {user} "{_first(answer)}"')


class _Teller:
    """Says which step has begun, and shows what came of it."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent

    def step(self, name: str, told: str) -> None:
        if not self.silent:
            output.emit(f"== {name}: {told}")

    def result(self, shown: Ingested | object) -> None:
        if not self.silent and hasattr(shown, "show"):
            shown.show()


def _with(place: Workspace, **changes: str | int) -> Workspace:
    return Workspace(place.settings.model_copy(update=changes))


def _needs_snapshot(place: Workspace) -> bool:
    try:
        return place.moved()
    except GroundrecError:
        return True


def _needs_training(place: Workspace) -> bool:
    try:
        ranker_of(place)
    except (MissingArtefactError, GroundrecError):
        return True
    return False


def _first(answer: ask.Answer) -> str:
    return answer.items[0].title if answer.items else "Heat"
