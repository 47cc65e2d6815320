"""What of a day's counts is not as usual, judged by those of the dates before.

Some rules hold from the first day on that they can be asked. Others learn what is usual: from the same weekday of four
weeks, or until then, and only as a warning, from all days of the two weeks before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import median

from bot.experiment.model import Expect, Output, Then
from bot.ports import DayCounts, Remark, Watched
from bot.watch.measures import Measure, measures
from bot.watch.query import Subject

SMALL = 100  # rows: fewer change by chance, and a person sees them all
FELL = 0.6  # of what is usual: a weekend is three quarters, a failed join or a lost partition half or less
ALIKE = 0.9  # of the lists
KNOWN = 0.05  # of those who were there: their ids have another form
RECENT = 7  # dates before that say what is usual until weekdays do: a week
WEEK, WEEKDAYS = timedelta(days=7), 4  # so many of the same weekday before say what is usual
WINDOW = timedelta(days=14)  # in which all days are usual until then
NOISE = (timedelta(days=7), timedelta(days=35))  # how long ago: what changes slowly is not yet taken for noise
SPREAD = 3.5 * 1.4826 / 2**0.5  # of the median change within a week: three and a half standard deviations of a day


def judged(output: Output, day: DayCounts, before: Sequence[DayCounts], let: frozenset[str] = frozenset()) -> Watched:
    """The counts with what is not as usual, by the dates `before`, the newest first.

    What the rules `let` find, which would hold, a person has let through.
    """
    warned, held = [], []
    for then, remark in _found(output, day, before):
        if then == "hold" and remark.rule not in let:
            held.append(remark)
        elif then != "off":
            through = "; let through by a person" if then == "hold" else ""
            warned.append(Remark(rule=remark.rule, message=remark.message + through))
    return Watched(day=day, warned=tuple(warned), held=tuple(held))


def _found(output: Output, day: DayCounts, before: Sequence[DayCounts]) -> Iterator[tuple[Then, Remark]]:
    expect, subject = output.expect, Subject.of(output)
    unit = ", ".join(subject.units) or "units"
    item = subject.item or "items"
    fewer = list(_fewer(day, before, unit))
    yield from ((expect.fewer, Remark(rule="fewer", message=message)) for message in fewer)
    if message := _same_lists(day, unit):
        yield expect.same_lists, Remark(rule="same_lists", message=message)
    if message := _same_rows(day, before):
        yield expect.same_rows, Remark(rule="same_rows", message=message)
    if message := _strangers(day, unit):
        yield expect.strangers, Remark(rule="strangers", message=message)
    if not fewer:  # which says it better
        yield from _unusual(expect, list(measures(day.counts, unit, item)), day, before)


def _fewer(day: DayCounts, before: Sequence[DayCounts], unit: str) -> Iterator[str]:
    for name, shown in (("units", unit), ("rows", "rows")):
        usual = median([one.counts.get(name, 0) for one in before[:RECENT]] or [0])
        now = day.counts.get(name, 0)
        if usual >= SMALL and now < FELL * usual:
            yield f"{now:,.0f} {shown}, {usual:,.0f} are usual"
            return


def _same_lists(day: DayCounts, unit: str) -> str:
    units, alike = day.counts.get("units", 0), day.counts.get("alike", 0)
    rows = day.counts["rows"]
    lists = "items" in day.counts and rows >= SMALL and units >= SMALL / 10 and rows >= 2 * units
    return f"{alike / units:.1%} of {unit} have the same list" if lists and alike >= ALIKE * units else ""


def _same_rows(day: DayCounts, before: Sequence[DayCounts]) -> str:
    """Only where rows were never the same: some data changes once a month."""
    known = [one for one in before[:RECENT] if one.content]
    if not day.content or day.counts["rows"] < SMALL or len(known) < 2:
        return ""
    if len({one.content for one in known}) < len(known):
        return ""
    same = next((one for one in known if one.content == day.content), None)
    return f"the rows are those of {same.date}" if same is not None else ""


def _strangers(day: DayCounts, unit: str) -> str:
    chosen, stayed = day.counts.get("chosen", 0), day.counts.get("stayed", 0)
    if chosen < SMALL or stayed >= KNOWN * chosen:
        return ""
    return f"{stayed / chosen:.1%} of the {unit} of the date before are there"


def _unusual(
    expect: Expect, found: Sequence[Measure], day: DayCounts, before: Sequence[DayCounts]
) -> Iterator[tuple[Then, Remark]]:
    """What learned rules say: a mean by `shifted`, everything else by `unusual`."""
    if day.counts["rows"] < SMALL:
        return
    history = [(one.date, {each.name: each.value for each in measures(one.counts)}) for one in before]
    for measure in found:
        rule = "shifted" if measure.kind == "deviations" else "unusual"
        then: Then = expect.shifted if rule == "shifted" else expect.unusual
        values = [(when, known[measure.name]) for when, known in history if measure.name in known]
        learned, message = _against(measure, day.date, values)
        if message:
            yield ("warn" if then == "hold" and not learned else then), Remark(rule=rule, message=message)


def _against(measure: Measure, day: date, values: Sequence[tuple[date, float]]) -> tuple[bool, str]:
    """Whether weekdays say what is usual, and what is not as usual, or ''."""
    same = [value for when, value in values if (day - when) % WEEK == timedelta()][:WEEKDAYS]
    if len(same) == WEEKDAYS:
        usual = median(same)
        if abs(measure.value - usual) <= max(measure.allowed(usual), SPREAD * _change(day, dict(values))):
            return True, ""
        return True, f"{measure.shown}: {measure.text(measure.value)}, {measure.text(usual)} is usual on this weekday"
    near = [value for when, value in values if day - when <= WINDOW]
    if len(near) < RECENT:
        return False, ""
    low, high = min(near), max(near)
    if low - measure.allowed(low) <= measure.value <= high + measure.allowed(high):
        return False, ""
    return (
        False,
        f"{measure.shown}: {measure.text(measure.value)}, {measure.text(low)} to {measure.text(high)} is usual",
    )


def _change(day: date, values: Mapping[date, float]) -> float:
    """How much a day usually differs from the one a week before, whatever the weekday."""
    least, most = NOISE
    changes = [
        abs(value - values[when - WEEK])
        for when, value in values.items()
        if least < day - when <= most and when - WEEK in values
    ]
    return median(changes) if changes else 0.0
