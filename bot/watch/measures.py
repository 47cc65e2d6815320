"""What a count means: shares and means that can be held against those of other days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Unit = Literal["number", "share", "deviations"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a day, and how far from usual it may be: as a share of the usual, or so much more or less.

    `shown` is what it is called to a person. With `share` and `deviations` the `slack` is in these units.
    """

    name: str
    shown: str
    value: float
    slack: float
    kind: Unit

    def allowed(self, usual: float) -> float:
        """How far from the usual value is still as usual."""
        return self.slack * abs(usual) if self.kind == "number" else self.slack

    def text(self, value: float) -> str:
        """The value for a person."""
        return f"{value:.1%}" if self.kind == "share" else f"{value:,.0f}" if self.kind == "number" else f"{value:.4g}"


SHARES: Mapping[str, tuple[str, str, str, float]] = {
    "short": ("short", "units", "short lists", 0.05),
    "top": ("top", "rows", "the top 100's share", 0.05),
    "kept": ("kept", "listed", "overlap with the date before", 0.15),
}  # by name: what is divided by what, in words, and the slack


def measures(counts: Mapping[str, float], unit: str = "units", item: str = "items") -> Iterator[Measure]:
    """What the counts of a day say; `unit` and `item` are the columns' names."""
    numbers: Mapping[str, str] = {"rows": "rows", "units": unit, "items": item}
    for name, shown in numbers.items():
        if name in counts:
            yield Measure(name, shown, counts[name], 0.06, "number")
    for name, (part, whole, shown, slack) in SHARES.items():
        if part in counts and counts.get(whole):
            yield Measure(name, shown, counts[part] / counts[whole], slack, "share")
    for name, value in counts.items():
        kind, _, column = name.partition("_")
        if kind == "nulls" and counts.get("rows"):
            yield Measure(name, f"NULL in {column}", value / counts["rows"], 0.02, "share")
        elif kind == "mean" and counts.get(f"deviation_{column}"):
            slack = 0.1 * counts[f"deviation_{column}"]
            yield Measure(name, f"the mean of {column}", value, slack, "deviations")
