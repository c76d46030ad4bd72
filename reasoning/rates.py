"""A share with the interval in which it lies: Wilson's, which also holds for none of a few."""

from dataclasses import dataclass
from math import sqrt

_Z = 1.959963984540054  # 95%


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `of`."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share lies with 95% confidence (Wilson 1927); of nothing, anywhere."""
        if not self.of:
            return (0.0, 1.0)
        share, over = self.count / self.of, _Z * _Z / self.of
        middle = (share + over / 2) / (1 + over)
        half = _Z * sqrt(share * (1 - share) / self.of + over / (4 * self.of)) / (1 + over)
        return (max(0.0, middle - half), min(1.0, middle + half))

    def __str__(self) -> str:
        if not self.of:
            return "- (0)"
        low, high = self.interval
        return f"{self.count / self.of:.1%} ({low:.1%} to {high:.1%}, {self.count} of {self.of})"

    def to_json(self) -> dict[str, object]:
        """Count, of, share and the interval's ends."""
        low, high = self.interval
        return {"count": self.count, "of": self.of, "share": self.share, "low": low, "high": high}


def change(before: Rate, after: Rate) -> tuple[float, float, float]:
    """How much a share has changed, and the ends of the interval (Newcombe 1998, method 10)."""
    one, two = before.share or 0.0, after.share or 0.0
    (low1, high1), (low2, high2) = before.interval, after.interval
    moved = two - one
    down = sqrt((two - low2) ** 2 + (high1 - one) ** 2)
    up = sqrt((high2 - two) ** 2 + (one - low1) ** 2)
    return moved, moved - down, moved + up
