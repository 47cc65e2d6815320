"""The test by itself, and beside the settings: its arms or rankers, unit, days, and what it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.check import Context, Experiment, Problem, Route
from bot.document.faults import shown
from bot.document.nearest import nearest
from bot.experiment.arms import Contender, Serving
from bot.experiment.traffic import Period
from bot.graph import shortest
from bot.settings.traffic import DEFAULT_LAYER, layers_of

WEEK = timedelta(weeks=1)
LONGEST = timedelta(weeks=8)
UNKNOWN = {"session_id": ("push", "mail"), "device_id": ("mail",)}
"""The channels in which a unit is not known."""


def check(experiment: Experiment, context: Context) -> Iterator[Problem]:
    """Every such problem."""
    serving = experiment.spec.serving
    assert serving is not None
    yield from _layer(serving, context)
    if serving.kind == "ab":
        hint = "name another one; `kind: aa` tests the split itself"
        yield from _alike("arm", "arms", serving.arms, hint)
    yield from _alike("ranker", "rankers", serving.rankers, "name another one")
    yield from _credit(serving, context)
    yield from _unit(serving)
    yield from _after(experiment, serving, context)
    if serving.is_test and serving.period is not None:
        yield from _period(experiment, serving.period, context)


def _layer(serving: Serving, context: Context) -> Iterator[Problem]:
    layers = context.settings.layers
    route: Route = ("serving", "layer")
    if serving.layer is None:
        found = layers_of(serving.surface_names, layers)
        if len(found) > 1:
            message = f"the settings have these surfaces in the layers {' and '.join(found)}"
            yield Problem("several-layers", ("serving", "surfaces"), message, "name one of them as `layer`", "key")
    elif serving.layer != DEFAULT_LAYER and serving.layer not in layers:
        known = dict.fromkeys((*layers, DEFAULT_LAYER))
        close = nearest(serving.layer, known)
        hint = f"did you mean '{close}'?" if close else f"known: {', '.join(known)}; the settings declare `layers`"
        yield Problem("unknown-layer", route, f"there is no layer {shown(serving.layer)}", hint, replace=close)


def _alike(noun: str, key: str, contenders: Sequence[Contender], hint: str) -> Iterator[Problem]:
    """Arms or rankers that serve what an earlier one serves."""
    first: dict[tuple[str | None, str | None], int] = {}
    for i, one in enumerate(contenders):
        source = (one.table, one.output)
        if source in first:
            served = "table" if one.output is None else "output"
            earlier = contenders[first[source]].name
            message = f"the {noun} '{one.name}' serves what '{earlier}' serves: there is nothing to compare"
            related = ((f"'{earlier}'", ("serving", key, first[source], served)),)
            yield Problem("one-table", ("serving", key, i, served), message, hint, related=related)
        first.setdefault(source, i)


def _credit(serving: Serving, context: Context) -> Iterator[Problem]:
    if serving.credit is None or serving.credit.event in context.settings.events:
        return
    event, known = serving.credit.event, context.settings.events
    close = nearest(event, known)
    hint = (
        f"did you mean '{close}'?" if close else f"known: {', '.join(known) or 'none'}; the settings declare `events`"
    )
    yield Problem(
        "unknown-event", ("serving", "credit", "event"), f"there is no event {shown(event)}", hint, replace=close
    )


def _unit(serving: Serving) -> Iterator[Problem]:
    for i, surface in enumerate(serving.surfaces):
        if surface.channel in UNKNOWN.get(serving.unit, ()):
            message = f"a {surface.channel} has no {serving.unit}, by which the test splits"
            hint = "split by user_id, or leave the surface out"
            yield Problem("unit", ("serving", "surfaces", i, "channel"), message, hint)


def _after(experiment: Experiment, serving: Serving, context: Context) -> Iterator[Problem]:
    after = serving.conditions.after
    if after is None:
        return
    route: Route = ("serving", "conditions", "after", "experiment")
    if after.experiment not in context.repository.named:
        close = nearest(after.experiment, context.repository.by_name)
        message = f"there is no experiment '{after.experiment}'"
        hint = f"did you mean '{close}'?" if close else ""
        yield Problem("unknown-experiment", route, message, hint, replace=close)
        return
    ring = shortest(experiment.name, context.once("traffic.after", lambda: _order(context)))
    if ring:
        message = f"experiments come after each other: {' -> '.join([*ring, ring[0]])}"
        yield Problem("circle", route, message, "one of them must not wait for another")


def _order(context: Context) -> dict[str, tuple[str, ...]]:
    """The experiment that each one comes after."""
    order: dict[str, tuple[str, ...]] = {}
    for one in context.repository.declared.values():
        after = serving.conditions.after if (serving := one.served) is not None else None
        order[one.name] = (after.experiment,) if after is not None else ()
    return order


def _period(experiment: Experiment, period: Period, context: Context) -> Iterator[Problem]:
    if period.end is None:
        return
    lasts, route = period.end - period.start, ("serving", "period")
    if lasts % WEEK:
        nearby = period.start + max(1, round(lasts / WEEK)) * WEEK
        message = f"the test lasts {lasts.days} days, which is not whole weeks"
        yield Problem("part-week", (*route, "end"), message, f"let it end on {nearby}")
    if lasts > LONGEST:
        message = f"the test lasts {lasts.days // 7} weeks"
        yield Problem("long", (*route, "end"), message, "two to four weeks are enough for most")
    today = context.now.astimezone(ZoneInfo(period.timezone)).date()
    if context.history and period.start <= today and _is_new(experiment, context):
        message = f"the test should begin on {period.start}, and is not live yet"
        yield Problem("late", (*route, "start"), message, f"let it begin on {today + timedelta(days=1)} or later")
    for name, freeze in context.settings.freezes.items():
        if freeze.start <= period.start < freeze.end:
            message = f"the test begins in '{name}', from {freeze.start} to before {freeze.end}"
            yield Problem("freeze", (*route, "start"), message, f"let it begin on {freeze.end} or later")


def _is_new(experiment: Experiment, context: Context) -> bool:
    """Whether the base has no such test, by this name or the one before, in this phase or a later one."""
    spec, before = experiment.spec, context.before
    known = (before.by_name.get(spec.renamed_from or "") or before.by_name.get(spec.name)) if before else None
    serving = known.spec.serving if known is not None else None
    assert spec.serving is not None
    return serving is None or not serving.is_test or serving.phase < spec.serving.phase
