"""The auditor audited: true statements from the graph and twins with one fault, then checked.

Labels hold by construction, over every node that has the name. A fault is caught when the verdict
is contradicted or not in the graph. A true statement that is not supported is a false alarm, also
where it was merely not understood.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from graph.errors import InputError
from graph.names import NameIndex
from graph.types import VerdictKind
from reasoning.check import Checked, check
from reasoning.drawing import Pair, Wordings
from reasoning.lexicon import lexicon
from reasoning.paraphrases import paraphrases
from reasoning.rates import Rate
from reasoning.trust import FLAGGED, Precision
from reasoning.twins import FAULTS, Source

Form = dict[str, object]
_WORST = (*FLAGGED, VerdictKind.NOT_CHECKABLE, VerdictKind.SUPPORTED)
SHOWN = 10


@dataclass
class Tally:
    """What became of the pairs of one fault."""

    pairs: int = 0
    caught: int = 0
    contradicted: int = 0
    alarms: int = 0
    not_understood: int = 0
    wordings: dict[str, list[int]] = field(default_factory=dict)
    failures: list[Form] = field(default_factory=list)

    def to_json(self) -> Form:
        """Rates with their intervals; wordings with pairs, misses and alarms; some failures."""
        return {
            "pairs": self.pairs,
            "caught": Rate(self.caught, self.pairs).to_json(),
            "contradicted": Rate(self.contradicted, self.pairs).to_json(),
            "false_alarms": Rate(self.alarms, self.pairs).to_json(),
            "not_understood": self.not_understood,
            "wordings": {
                name: {"pairs": pairs, "missed": missed, "alarms": alarms}
                for name, (pairs, missed, alarms) in sorted(self.wordings.items())
            },
            "failures": self.failures,
        }


Progress = Callable[[str, int, int | None], None]


def calibrate(
    names: NameIndex,
    *,
    pairs: int = 300,
    seed: int = 0,
    progress: Progress | None = None,
    wordings: Wordings = paraphrases,
) -> Form:
    """Rates per fault on `pairs` pairs each; what the schema cannot have wrong is left out.

    `wordings` gives the ways to state a relation, other than the usual ones.

    InputError where nothing can be said of the graph, as no relation has English words.
    """
    known = lexicon(names)
    tallies: dict[str, Tally] = {}
    left_out: dict[str, str] = {}
    precision = Precision()
    for at, fault in enumerate(FAULTS):
        source = Source(known, np.random.default_rng([seed, at]), wordings)
        tally = Tally()
        for pair in source.pairs(fault, pairs):
            _count(names, pair, tally, precision)
            if progress is not None:
                progress(fault, tally.pairs, pairs)
        if tally.pairs:
            tallies[fault] = tally
        else:
            left_out[fault] = source.why_none(fault)
    if not tallies:
        raise InputError(
            "nothing can be said of this graph",
            hint="words.en of the mapping's relations say how they read",
        )
    total = sum(tally.pairs for tally in tallies.values())
    alarms = sum(tally.alarms for tally in tallies.values())
    return {
        "seed": seed,
        "pairs": total,
        "snapshot": names.snapshot.version,
        "faults": {fault: tally.to_json() for fault, tally in tallies.items()},
        "false_alarms": Rate(alarms, total).to_json(),
        "precision": precision.to_json(),
        "left_out": left_out,
    }


def outcome(checked: Checked) -> VerdictKind:
    """The worst verdict on what was understood of a statement; not checkable when nothing was."""
    kinds = {verdict.kind for verdict in checked.verdicts if verdict.claim.relation}
    return next((kind for kind in _WORST if kind in kinds), VerdictKind.NOT_CHECKABLE)


def _count(names: NameIndex, pair: Pair, tally: Tally, precision: Precision) -> None:
    checked = check(names, pair.right, pair.asker), check(names, pair.wrong, pair.asker)
    precision.add(*checked)
    right, wrong = map(outcome, checked)
    missed, alarm = wrong not in FLAGGED, right != VerdictKind.SUPPORTED
    tally.pairs += 1
    tally.caught += not missed
    tally.contradicted += wrong == VerdictKind.CONTRADICTED
    tally.alarms += alarm
    tally.not_understood += right == VerdictKind.NOT_CHECKABLE
    counts = tally.wordings.setdefault(pair.wording, [0, 0, 0])
    for at, add in enumerate((1, missed, alarm)):
        counts[at] += add
    for bad, text, kind, label in (
        (missed, pair.wrong, wrong, "wrong"), (alarm, pair.right, right, "right"),
    ):  # fmt: skip
        if bad and len(tally.failures) < SHOWN:
            tally.failures.append({"text": text, "is": label, "verdict": kind.value})


def lines(form: Form) -> Iterator[tuple[str, ...]]:
    """The calibration as a table: fault, pairs, caught, contradicted, false alarms."""
    faults = form["faults"]
    assert isinstance(faults, dict)
    for fault, tally in faults.items():
        rates = (Rate(tally[name]["count"], tally[name]["of"]) for name in _RATES)
        yield fault, str(tally["pairs"]), *(str(rate) for rate in rates)


_RATES = ("caught", "contradicted", "false_alarms")
