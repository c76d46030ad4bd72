"""`groundrec train` and `groundrec evaluate`: fitting the rankers and measuring them."""

import shutil
import time
from dataclasses import dataclass

from graph.snapshot import Progress
from groundrec import output
from groundrec.encoding import encoder_of
from groundrec.workspace import Workspace
from models.artefact import Manifest, save
from models.blend import Blend, weights_of
from models.content import NAME as CONTENT
from models.evaluate import Row, Table, evaluate
from models.fitting import fit, fits
from models.gnn import GnnRanker
from models.metrics import Interval
from models.rank import Option
from models.run import Run, speaks
from models.sequence import SequenceRanker
from models.walk import WalkRanker

_SHOWN = ("recall@10", "recall@20", "ndcg@10", "ndcg@20")


@dataclass(frozen=True, slots=True)
class Trained:
    """A ranker that was fitted and saved."""

    manifest: Manifest
    weights: dict[str, float]
    seconds: float

    def to_json(self) -> dict[str, object]:
        """See docs/json.md."""
        return {
            "ranker": self.manifest.ranker,
            "facts": self.manifest.facts,
            "weights": self.weights,
            "seconds": round(self.seconds, 3),
        }

    def show(self) -> None:
        """What was fitted, and how much each kind of walk counts."""
        output.emit(
            f"trained {self.manifest.ranker} in {self.seconds:.1f} s "
            f"for snapshot {self.manifest.snapshot[:12]}"
        )
        if self.weights:
            heaviest_first = sorted((-weight, name) for name, weight in self.weights.items())
            output.table(["part", "weight"], [(name, -weight) for weight, name in heaviest_first])
        for name, value in self.manifest.facts.items():
            shown = f"{value:.4f}" if isinstance(value, float) else value
            output.emit(f"{name}: {shown}")


def train(place: Workspace, progress: Progress) -> Trained:
    """Fit the ranker that the settings name, on the snapshot in use, and save it."""
    begun = time.monotonic()
    name, seed = place.model, place.settings.seed
    checkpoints = place.home.cache / "checkpoints" / name
    encode = encoder_of(place, progress=progress).encode if name == CONTENT else None
    ranker = fit(name, place.base, seed, progress, Run(checkpoints, encode=encode))
    facts: dict[str, Option] = {"seed": seed}
    weights: dict[str, float] = {}
    if isinstance(ranker, WalkRanker):
        facts |= ranker.facts
        weights = {walk.name: walk.weight for walk in ranker.walks.model.walks}
    elif isinstance(ranker, Blend):
        facts |= ranker.facts
        weights = weights_of(ranker)
    elif isinstance(ranker, GnnRanker | SequenceRanker):
        facts |= ranker.facts
    folder = place.home.models / name
    if not speaks():  # one of several processes that trained the same
        raise SystemExit(0)
    manifest = save(folder, ranker, place.base, facts)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return Trained(manifest, weights, time.monotonic() - begun)


@dataclass(frozen=True, slots=True)
class Measured:
    """The table of `evaluate`, for people and for machines."""

    table: Table

    def to_json(self) -> dict[str, object]:
        """See docs/json.md."""
        return self.table.to_json()

    def show(self) -> None:
        """How the data was split, one line per ranker, and what to know besides."""
        table = self.table
        output.emit(
            f"{table.how}: {table.users:,} users, {table.items:,} items, "
            f"{table.train:,} likes to learn from, {table.held_out:,} held out (seed {table.seed})"
        )
        output.emit(f"checked: {table.leaks} pairs in both parts, {table.duplicates} duplicates")
        output.emit()
        output.table(
            ["ranker", *_SHOWN, "coverage", "gini", "fit s"], [_line(row) for row in table.rows]
        )
        output.emit("95 % intervals over users, by bootstrap")
        if table.rows:
            self._groups(table.rows[-1])
        for note in table.notes:
            output.emit(f"note: {note}")

    def _groups(self, row: Row) -> None:
        output.emit()
        output.emit(f"whom {row.ranker} serves how well, and what it shows (all rankers: --json)")
        lines = [
            (
                g.by,
                g.name,
                f"{g.users:,}",
                _interval(g.ndcg),
            )
            for g in row.groups
        ]
        output.table(["people by", "group", "users", "ndcg"], lines)
        parts = [(name, f"{share:.1%}") for name, share in row.exposure.items()]
        output.table(["fifth of the items", "share of places"], parts)


def measure(
    place: Workspace,
    rankers: tuple[str, ...],
    progress: Progress,
    *,
    give_up: float | None = None,
) -> Measured:
    """All rankers, or those named, on one split of the snapshot in use."""
    run = Run(place.home.cache / "checkpoints" / "evaluate")
    seed = place.settings.seed
    return Measured(
        evaluate(place.base, fits(rankers, run), seed=seed, progress=progress, give_up=give_up)
    )


def _interval(value: Interval) -> str:
    return f"{value.mean:.4f} [{value.low:.4f}, {value.high:.4f}]"


def _line(row: Row) -> list[object]:
    measures = [row.measures[name] for name in _SHOWN]
    shown = [_interval(measure) for measure in measures]
    return [row.ranker, *shown, f"{row.coverage:.3f}", f"{row.gini:.3f}", f"{row.seconds:.1f}"]
