"""How far a verdict can be trusted: how often calibration found one of its kind to be right.

A claim of a true statement should be supported. In a twin with one fault the claims that are
flagged are right to be; where none is, the supported ones hide the fault. What a verdict says of a
true claim beside a fault that was found cannot be told, and does not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.types import VerdictKind
from reasoning.check import Checked
from reasoning.rates import Rate

LEAST_CASES = 20
FLAGGED = (VerdictKind.CONTRADICTED, VerdictKind.NOT_IN_GRAPH)

# By relation and verdict, the least share of right ones that calibration leaves room for.
Trust = Mapping[tuple[str, str], float]


@dataclass
class Precision:
    """How many verdicts on claims of a relation were right: right ones, and all."""

    counts: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def add(self, right: Checked, wrong: Checked) -> None:
        """Count the verdicts on a true statement and on its twin."""
        for verdict in right.verdicts:
            self._count(verdict.claim.relation, verdict.kind, verdict.kind == VerdictKind.SUPPORTED)
        caught = any(one.claim.relation and one.kind in FLAGGED for one in wrong.verdicts)
        for verdict in wrong.verdicts:
            flagged = verdict.kind in FLAGGED
            if flagged == caught:
                self._count(verdict.claim.relation, verdict.kind, flagged)

    def to_json(self) -> dict[str, object]:
        """Rates by relation and verdict."""
        return {
            relation: {kind: Rate(*count).to_json() for kind, count in sorted(kinds.items())}
            for relation, kinds in sorted(self.counts.items())
        }

    def _count(self, relation: str, kind: VerdictKind, right: bool) -> None:
        if relation and kind != VerdictKind.NOT_CHECKABLE:
            count = self.counts.setdefault(relation, {}).setdefault(kind.value, [0, 0])
            count[0] += right
            count[1] += 1


def trust_of(calibration: Mapping[str, object] | None) -> Trust:
    """The confidences that a calibration gives; kinds of claims with too few cases have none.

    A confidence is the lower end of Wilson's 95% interval, so that it is more than chance's word.
    """
    precision = (calibration or {}).get("precision")
    found: dict[tuple[str, str], float] = {}
    for relation, kinds in precision.items() if isinstance(precision, Mapping) else ():
        for kind, rate in kinds.items():
            if rate["of"] >= LEAST_CASES:
                found[relation, kind] = round(float(rate["low"]), 3)
    return found
