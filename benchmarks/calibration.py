"""How far the checker can be trusted: `python -m benchmarks.calibration`.

`groundrec audit calibrate` on two public catalogues, without a language model. The rows `usual`
have the wordings that ship with calibration, against which the checker was made better. The rows
`fresh` have others, written when that was done: FRESH below. What they gave when they were new is
FIRST_SEEN; two of the fourteen were not understood at all, and the checker has since learnt them.
"""

import argparse
import time
from pathlib import Path

from benchmarks.catalogues import snapshot_of, source_text, told
from benchmarks.record import record
from graph.names import NameIndex
from graph.schema import Schema
from reasoning.calibration import calibrate
from reasoning.paraphrases import Paraphrase, capital, put

CATALOGUES = ("ml-1m", "ml-latest-small")
SEED = 20
# {said} is a statement of the mapping, {shared} what follows "both", {thing} what a head is called.
FRESH = (
    "Fun fact: {said}.",
    "According to the catalogue, {said}.",
    "To answer your question, {said}.",
    "It turns out that {said}.",
    "I can confirm that {said}.",
    "As you may know, {said}.",
    "{said}, so it should suit you.",
    "Yes, {said}.",
    "I'd go with {head}, which is a {thing} {shared}.",
    "A good choice would be {head}, a {thing} {shared}.",
    "My suggestion is {head}, one of several {things} {shared}.",
    "You might want to try {head} because it is {shared}.",
    "{head} is among the {things} {shared}.",
    "Other {things} {shared} include {head}.",
)

FIRST_SEEN = (
    "fresh, when they were new: caught .907 to .918 (ml-1m) and .915 to .927 (ml-latest-small),"
    " false alarms .079 to .093 and .074 to .084, all but one for not being understood"
)


def fresh(schema: Schema, name: str) -> list[Paraphrase]:
    """The wordings of FRESH for a relation."""
    relation = schema.relations[name]
    words, called = relation.words.get("en"), schema.kinds[relation.head].words.get("en")
    if words is None:
        return []
    made = []
    for frame in FRESH:
        for said in (words.forward, words.inverse) if "{said}" in frame else ("",):
            known = {"said": said, "shared": words.shared}
            if called:
                known |= {"thing": called.one, "things": called.many}
            if "{said}" in frame or (words.shared and called):
                made.append(Paraphrase(capital(put(frame, known)), frame))
    return made


def main() -> None:
    """Calibrate on each catalogue and record the rates."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "groundrec-bench")
    parser.add_argument("--pairs", type=int, default=1000)
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for catalogue in CATALOGUES:
        names = NameIndex.of(snapshot_of(catalogue, options.cache))
        for kind in ("usual", "fresh"):
            more = {"wordings": fresh} if kind == "fresh" else {}
            start = time.process_time()
            form = calibrate(names, pairs=options.pairs, seed=SEED, **more)
            seconds = time.process_time() - start
            told(f"{catalogue} {kind}", int(str(form["pairs"])), None)
            faults = form["faults"]
            assert isinstance(faults, dict)
            for fault, tally in faults.items():
                if kind == "fresh" and fault not in ("swap", "year", "relation", "invented"):
                    continue  # its frames are of another sort
                rows.append(
                    {
                        "catalogue": catalogue,
                        "wordings": kind,
                        "fault": fault,
                        "pairs": tally["pairs"],
                        "caught": _rate(tally["caught"]),
                        "contradicted": tally["contradicted"]["share"],
                        "false_alarms": _rate(tally["false_alarms"]),
                        "of_these_not_understood": tally["not_understood"],
                        "statements_per_cpu_second": 2 * int(str(form["pairs"])) / seconds,
                    }
                )
    record(
        "calibration",
        command=f"python -m benchmarks.calibration --pairs {options.pairs}",
        seed=SEED,
        data={name: source_text(name) for name in CATALOGUES},
        rows=rows,
        notes=[
            "caught: contradicted or not in the graph; false alarm: a true statement that is not"
            " supported, for whatever reason; both with Wilson's 95% interval",
            "usual: the wordings of reasoning/paraphrases.py, none of which the checker is made"
            " from, but against which it was made better; fresh: written when that was done",
            FIRST_SEEN + "; since then the checker has learnt the two wordings that it missed",
            "statements per second include making them; on a machine that others use",
        ],
    )


def _rate(rate: dict[str, float]) -> dict[str, float]:
    return {"mean": rate["share"], "low": rate["low"], "high": rate["high"]}


if __name__ == "__main__":
    main()
