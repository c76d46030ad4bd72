"""How much of a score rests on what its explanation cites: `python -m benchmarks.faithfulness`.

For each person the best item in words, as they are shown without a language model: with one, the
sentences are other words for the same facts. What they cite is removed, first as contributions
with all normalisers frozen (exactly their claim), then as edges with everything computed anew, and
so are equally many random edges of the person.
"""

import argparse
from pathlib import Path

from benchmarks.catalogues import source_text, told
from benchmarks.grounding import DATA, SEED, people, place_of, share
from benchmarks.record import record
from groundrec.ask import told_item
from groundrec.faithful import faithful
from groundrec.serving import Person, best, ranker_of
from groundrec.wording import Approach, Style, Writer
from groundrec.workspace import Workspace
from models.faithful import Faithfulness
from reasoning.llm.template import TemplateModel


def measured(place: Workspace, person: Person) -> Faithfulness | None:
    """What falls without the facts that the best item's words cite; None without any reasons."""
    snapshot, ranker = place.snapshot, ranker_of(place)
    scored, fallback = best(snapshot, ranker, person, 1)
    if fallback or not scored:
        return None
    item = told_item(place, ranker, person, scored[0])
    worded = Writer(place, TemplateModel(), Style.FULL, Approach.ZERO).explain(person, item)
    cited = {fact.id: fact for one in worded.shown for fact in one.facts}
    return faithful(place, person, item, cited.values())


def main() -> None:
    """Both catalogues, so many people each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--data", choices=DATA, action="append")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for data in options.data or DATA:
        place = place_of(data, options.cache, "template")
        found: list[Faithfulness] = []
        for at, person in enumerate(people(place, options.users)):
            if (one := measured(place, person)) is not None:
                found.append(one)
            told(data, at + 1, options.users)
        rows.append(
            {
                "data": data,
                "people": len(found),
                "edges removed": sum(one.edges for one in found) / len(found),
                "claimed": share([one.claimed for one in found]),
                "renormalised": share([one.renormalised for one in found]),
                "at random": share([one.at_random for one in found]),
                "falls more than at random": share(
                    [float(one.renormalised > one.at_random) for one in found]
                ),
                "idle": share([float(one.idle) for one in found]),
            }
        )
    path = record(
        "faithfulness",
        command=f"python -m benchmarks.faithfulness --users {options.users}",
        seed=SEED,
        data={name: source_text(name) for name in options.data or DATA},
        rows=rows,
        notes=[
            "shares of the best item's score; intervals are bootstraps over people",
            "claimed: the cited contributions go, normalisers frozen; renormalised: their edges go"
            " and all is computed anew; at random: equally many random edges of the person, mean"
            " of three draws (a renormalised score may rise: below 0)",
            "idle: nothing changes when the cited edges go; such an explanation is flagged",
        ],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
