"""Whether likeness of wordings earns its place: `python -m benchmarks.likeness`.

Facts of two catalogues in wordings that the checker does not know, each with a twin in which
another thing of the same kind stands; the checker alone, and with `reasoning/likeness.py` and
MiniLM. Its two thresholds were chosen on the wordings TRIED, the figures are of those in KEPT.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.catalogues import snapshot_of, source_text
from benchmarks.record import record
from graph.names import NameIndex
from graph.types import VerdictKind
from models.text import open_encoder
from reasoning.calibration import outcome
from reasoning.check import check
from reasoning.lexicon import Lexicon, lexicon
from reasoning.likeness import CLEARLY, NEAR, Likeness
from reasoning.proposals import Propose
from reasoning.rates import Rate

SEED = 3
TRIED: Mapping[str, Sequence[str]] = {
    "directed_by": (
        "{tail} sat in the director's chair for {head}.",
        "{head} was helmed by {tail}.",
        "{head} is the work of director {tail}.",
        "{tail} called the shots on {head}.",
    ),
    "stars": (
        "{tail} plays a role in {head}.",
        "{head} has {tail} in its cast.",
        "In {head} we meet {tail} on the screen.",
        "{tail} headlines {head}.",
    ),
    "written_by": (
        "{tail} penned {head}.",
        "The script of {head} came from {tail}.",
        "{head} was scripted by {tail}.",
    ),
    "has_genre": ("{head} can be filed under {tail}.", "{head} counts as {tail}."),
    "released_in": ("{head} hit the screens in {tail}.", "{head} dates back to {tail}."),
}
KEPT: Mapping[str, Sequence[str]] = {
    "directed_by": (
        "{tail} was behind the camera of {head}.",
        "{tail} took care of the direction of {head}.",
        "The direction of {head} was in the hands of {tail}.",
        "{head} had {tail} as its filmmaker.",
    ),
    "stars": (
        "{tail} can be seen in {head}.",
        "{tail} has a part in {head}.",
        "The cast of {head} includes {tail}.",
        "{head} gives {tail} a leading role.",
    ),
    "written_by": (
        "{tail} came up with the screenplay of {head}.",
        "{head} has a script by {tail}.",
        "{tail} was the author of {head}.",
    ),
    "has_genre": ("{head} falls squarely into {tail}.", "{head} is classified as {tail}."),
    "released_in": ("{head} premiered in {tail}.", "{head} first reached audiences in {tail}."),
}


def pairs(
    known: Lexicon, wordings: Mapping[str, Sequence[str]], most: int
) -> Iterator[tuple[str, str, str]]:
    """(relation, true statement, the same of something else) of facts drawn at random."""
    generator = np.random.default_rng(SEED)
    snapshot = known.snapshot
    for relation, templates in wordings.items():
        meant = snapshot.schema.relations[relation]
        heads, tails = snapshot.rows(meant.head), snapshot.rows(meant.tail)
        made = 0
        while made < most:
            head = heads[int(generator.integers(len(heads)))]
            mine = known.tails(relation, head)
            other = tails[int(generator.integers(len(tails)))]
            alike = len(known.names.exact(known.label(head))) > 1
            if not mine or other in mine or alike or not known.heads(relation, other):
                continue
            template = templates[made % len(templates)]
            said = [
                template.format(head=known.label(head), tail=known.label(tail))
                for tail in (mine[0], other)
            ]
            made += 1
            yield relation, said[0], said[1]


def measured(
    names: NameIndex, wordings: Mapping[str, Sequence[str]], most: int, propose: Propose | None
) -> dict[str, object]:
    """How many twins are caught, and how many true statements are not supported."""
    counts = [0, 0, 0, 0]
    for _, right, wrong in pairs(lexicon(names), wordings, most):
        true = outcome(check(names, right, propose=propose))
        false = outcome(check(names, wrong, propose=propose))
        counts[0] += 1
        counts[1] += false in (VerdictKind.CONTRADICTED, VerdictKind.NOT_IN_GRAPH)
        counts[2] += true != VerdictKind.SUPPORTED
        counts[3] += true in (VerdictKind.CONTRADICTED, VerdictKind.NOT_IN_GRAPH)
    return {
        "pairs": counts[0],
        "caught": _rate(counts[1], counts[0]),
        "false_alarms": _rate(counts[2], counts[0]),
        "of_these_flagged": _rate(counts[3], counts[0]),
    }


def _rate(count: int, of: int) -> dict[str, float]:
    rate = Rate(count, of)
    low, high = rate.interval
    return {"mean": rate.share or 0.0, "low": low, "high": high}


def main() -> None:
    """Measure both, on either set of wordings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--most", type=int, default=60, help="pairs per relation")
    parser.add_argument("--tune", action="store_true", help="print thresholds on TRIED, and stop")
    options = parser.parse_args()
    encoder = open_encoder("minilm", options.cache)
    rows: list[dict[str, object]] = []
    for catalogue in ("ml-1m", "ml-latest-small"):
        names = NameIndex.of(snapshot_of(catalogue, options.cache))
        if options.tune:
            for near in (0.5, 0.55, 0.6, 0.65, 0.7):
                for clearly in (0.0, 0.05, 0.1):
                    propose = Likeness(encoder.encode, near, clearly)
                    print(catalogue, near, clearly, measured(names, TRIED, options.most, propose))
            continue
        for group, wordings in (("tried", TRIED), ("kept", KEPT)):
            both: dict[str, Propose | None] = {
                "alone": None, f"with {encoder.name}": Likeness(encoder.encode),
            }  # fmt: skip
            for checker, propose in both.items():
                told = {"catalogue": catalogue, "wordings": group, "checker": checker}
                rows.append({**told, **measured(names, wordings, options.most, propose)})
    if not options.tune:
        print(published(rows).read_text(encoding="utf-8"))


def published(rows: Sequence[Mapping[str, object]]) -> Path:
    """The figures as a file."""
    return record(
        "likeness",
        command="python -m benchmarks.likeness",
        seed=SEED,
        data={name: source_text(name) for name in ("ml-1m", "ml-latest-small")},
        rows=rows,
        notes=[
            "caught: contradicted or not in the graph; false alarm: true and not supported, for"
            " whatever reason; of these flagged: true, and contradicted or not in the graph",
            f"thresholds, chosen on the wordings tried: cosine {NEAR}, {CLEARLY} nearer than any"
            " other relation of the same kinds",
            "intervals are Wilson's at 95 %",
        ],
    ).with_suffix(".md")


if __name__ == "__main__":
    main()
