"""What a metric was, and what that means for the tests that are read by it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from bot.compile.metric import WEEK
from bot.compile.power import Power, lasting, units
from bot.ports import Measurement
from bot.report.json import FORMAT
from bot.report.line import Line
from bot.report.mask import masked


@dataclass(frozen=True, slots=True)
class Reader:
    """A test that is read by a metric: what it looks for, and its power.

    `counted` says whether the units that it gets are those that its flag lets in, else they are shares of all.
    `narrows` are the keys of its file that let in fewer, which nothing measured tells.
    """

    experiment: str
    effect: str
    power: Power
    counted: bool
    narrows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric as it was measured, with the tests that are read by it, or why it was not.

    `last` is the newest day of which there are rows, `kept` whether the ledger has the measurement.
    """

    name: str
    unit: str
    measurement: Measurement | None = None
    why: str = ""
    readers: tuple[Reader, ...] = ()
    last: date | None = None
    kept: bool = False


def measure_lines(measured: Measured) -> Iterator[Line]:
    """A head, a line for each number of weeks, and one for each test."""
    found = measured.measurement
    if found is None:
        yield Line(f"{measured.name} was not measured: {measured.why}", "error")
        return
    until = found.since + timedelta(len(found.new))
    yield Line(f"{measured.name}, from {found.since} until {until}", "head")
    yield Line(f"  {'':9}{units(measured.unit):>12}  {'mean':>12}  {'deviation':>12}", "faint")
    for week, one in enumerate(found.baselines, 1):
        yield Line(f"  {lasting(week * WEEK):9}{one.units:>12,}  {one.mean:>12.6g}  {one.deviation:>12.6g}")
    if measured.last is not None and measured.last < until - timedelta(1):
        yield Line(f"  there are no rows after {measured.last}: the last days count as if nothing happened", "warning")
    for reader in measured.readers:
        yield _reader(reader, measured)
    if not measured.kept:
        yield Line("  not kept: the settings name no ledger, so checks know nothing of it", "warning")


def _reader(reader: Reader, measured: Measured) -> Line:
    power, whom = reader.power, units(measured.unit)
    if power.needs is None:
        return Line(f"  {reader.experiment}: no change can be found, since the metric is 0 for all", "warning")
    most = f"at most {power.gets:,}" if reader.narrows else f"{power.gets:,}"
    needs = f"'{power.arm}' needs {power.needs:,} {whom} to find {reader.effect}"
    gets = f"gets {most} in {lasting(power.days)}"
    rest = f"enough after {power.takes}" if power.is_enough else f"too few; it would take {power.takes}"
    return Line(f"  {reader.experiment}: {needs}, and {gets}: {rest}", "good" if power.is_enough else "warning")


def measure_json(found: Sequence[Measured]) -> str:
    """The metrics, one a line."""
    lines = ",\n".join(masked(json.dumps(_metric(one), ensure_ascii=False)) for one in found)
    return f'{{"format": {FORMAT}, "metrics": [\n{lines}\n]}}\n'


def _metric(measured: Measured) -> dict[str, object]:
    found = measured.measurement
    head: dict[str, object] = {"name": measured.name, "unit": measured.unit, "why": measured.why, "kept": measured.kept}
    if found is None:
        return {**head, "since": None, "until": None, "at": None, "weeks": [], "new": [], "tests": []}
    return {
        **head,
        "since": found.since.isoformat(),
        "until": (found.since + timedelta(len(found.new))).isoformat(),
        "at": found.at.isoformat(timespec="seconds"),
        "weeks": [asdict(one) for one in found.baselines],
        "new": list(found.new),
        "tests": [_test(one) for one in measured.readers],
    }


def _test(reader: Reader) -> dict[str, object]:
    counted, narrows = reader.counted, list(reader.narrows)
    about = {"experiment": reader.experiment, "effect": reader.effect, "counted": counted, "narrows": narrows}
    return {**about, **asdict(reader.power), "enough": reader.power.is_enough}
