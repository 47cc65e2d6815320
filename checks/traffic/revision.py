"""A running test beside what it was: what decides who is in which arm stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import gcd
from typing import Any

from bot.check import Context, Experiment, Problem, Unproven
from bot.compile import conditions, traffic
from bot.compile.conditions import moment
from bot.errors import Refused
from bot.experiment.arms import Serving
from bot.experiment.model import Spec
from bot.experiment.traffic import SLOTS
from bot.settings import Settings
from checks.traffic import treatment
from checks.traffic.before import Before, was
from checks.traffic.moves import IDS, moved

ALL = 1.0


@dataclass(frozen=True, slots=True)
class Trait:
    """Something of a test that must not change while it runs: how it is called, and its keys of `serving`.

    `differs` compares it; `shown` tells it. `share`: of users who move, where no flag has to be asked. `entering`: who
    comes in is moved, too.
    """

    what: str
    keys: tuple[str, ...]
    differs: Callable[[Spec, Spec, Settings], bool]
    shown: Callable[[Serving], str]
    share: float | None = None
    entering: bool = False


def _serving(spec: Spec) -> Serving:
    assert spec.serving is not None
    return spec.serving


def _start(spec: Spec) -> int:
    period = _serving(spec).period
    assert period is not None
    return moment(period.start, period.timezone)


def _first_day(serving: Serving) -> str:
    return f"{serving.period.start} ({serving.period.timezone})" if serving.period is not None else ""


def _weights(spec: Spec) -> list[tuple[str, int]]:
    """The arms in order with their weights, cut down as far as they go."""
    arms = _serving(spec).arms
    common = gcd(*(arm.weight for arm in arms))
    return [(arm.name, arm.weight // common) for arm in arms]


def _surfaces(spec: Spec) -> list[str]:
    return sorted({_text(surface) for surface in _serving(spec).surfaces})


def _met(spec: Spec) -> list[Any]:
    return list(conditions.met(_serving(spec).conditions, _serving(spec).period))


def _is_left(old: Spec, new: Spec, settings: Settings) -> bool:
    """Whether somebody who has one of the slots would lose it."""
    before, after = _serving(old).slots, _serving(new).slots
    inside = after.start <= before.start and before.end <= after.end
    layers = [traffic.layer(_serving(one), settings) for one in (old, new)]
    return not inside or (layers[0] != layers[1] and (after.start, after.end) != (0, SLOTS))


def _slots(serving: Serving) -> str:
    layer = f" of {serving.layer}" if serving.layer else ""
    return f"{serving.slots.start:,} to {serving.slots.end:,}{layer}"


def _text(trait: Any) -> str:
    """A part of the file on one line, as one would write it there."""
    said = trait.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(said, ensure_ascii=False).replace('"', "")


def _arms(serving: Serving) -> str:
    return ", ".join(f"{arm.name} {arm.weight}" for arm in serving.arms) or "interleaved"


TRAITS = (
    Trait("unit is", ("unit",), lambda a, b, _: _serving(a).unit != _serving(b).unit, lambda s: s.unit, ALL),
    Trait("salt is", ("salt",), lambda a, b, _: traffic.salt(a) != traffic.salt(b), lambda s: s.salt or "its name"),
    Trait("start is", ("period",), lambda a, b, _: _start(a) != _start(b), _first_day, ALL),
    Trait(
        "arms are", ("arms", "kind", "rankers", "draft"), lambda a, b, _: _weights(a) != _weights(b), _arms
    ),
    Trait("slots are", ("slots", "layer"), _is_left, _slots),
    Trait(
        "surfaces are", ("surfaces",), lambda a, b, _: _surfaces(a) != _surfaces(b),
        lambda s: " and ".join(map(_text, s.surfaces)) or "all", entering=True,
    ),
    Trait(
        "conditions are", ("conditions",), lambda a, b, _: _met(a) != _met(b), lambda s: _text(s.conditions),
        entering=True,
    ),
    Trait(
        "testers are", ("testers",), lambda a, b, _: _serving(a).testers != _serving(b).testers,
        lambda s: s.testers.attribute if s.testers else "nobody", entering=True,
    ),
)  # fmt: skip


def check(experiment: Experiment, context: Context) -> Iterator[Problem | Unproven]:
    """Every change that a running test does not stand; nothing where it ends, or the next phase begins."""
    serving = experiment.spec.serving
    before, now = was(experiment, context), context.now.timestamp()
    if serving is None or serving.period is None or not serving.is_test:
        return
    if before is None and not context.history and _is_live(experiment, context):
        yield Unproven("it is live; with `--base`, the check says whether a running test is changed")
    if before is None or not before.runs(now):
        return
    if serving.phase != before.phase:
        yield from _phase(experiment.spec, before)
        return
    try:
        yield from _split(experiment.spec, before, context)
    except Refused as error:  # of the layer, which other rules tell of
        yield Unproven(f"whether users would move was not asked: {error}")
    yield from treatment.check(experiment, before, context)


def _is_live(experiment: Experiment, context: Context) -> bool:
    """Whether the ledger has a test of this name that has begun and is not over."""
    today = context.now.date()
    return any(trial.start <= today < trial.end for trial in context.trials.get(experiment.name, ()))


def _phase(spec: Spec, before: Before) -> Iterator[Problem]:
    """The next phase begins on a day of its own."""
    serving = _serving(spec)
    if serving.phase < before.phase:
        message = f"the test is in phase {before.phase} (line {before.line('phase')} before); no phase comes back"
        hint = f"write `phase: {before.phase}`, or the next"
        yield Problem("running-test", ("serving", "phase"), message, hint)
    elif _start(spec) <= _start(before.spec):
        message = f"phase {serving.phase} begins on {_first_day(serving)}, not after phase {before.phase}"
        yield Problem("running-test", ("serving", "period", "start"), message, "give it a start of its own")


def _split(spec: Spec, before: Before, context: Context) -> Iterator[Problem | Unproven]:
    """Each trait that is changed, with what it was, is, and would do to users."""
    changed = [trait for trait in TRAITS if trait.differs(before.spec, spec, context.settings)]
    yield from (_refused(trait, _serving(spec), before, context) for trait in changed)
    if context.evaluator is None and any(trait.share is None for trait in changed):
        yield Unproven("the flag client was not asked: how many users would move is not known")


def _refused(trait: Trait, serving: Serving, before: Before, context: Context) -> Problem:
    share = trait.share
    if share is None and context.evaluator is not None:
        changed = before.serving.model_copy(update={key: getattr(serving, key) for key in trait.keys})
        after = before.spec.model_copy(update={"serving": changed})
        share = moved(before.spec, after, context.evaluator, context.settings, entering=trait.entering)
    key = next((key for key in trait.keys if getattr(before.serving, key) != getattr(serving, key)), trait.keys[0])
    old, new = trait.shown(before.serving), trait.shown(serving)
    whom = (
        f"{IDS:,} users made for both sides of it would come in or leave" if trait.entering else "its users would move"
    )
    users = f": {share:.1%} of {whom}" if share is not None else ""
    message = (
        f"the test runs since {before.start}, and its {trait.what} changed from {old} (line {before.line(key)} before) "
        f"to {new}{users}"
    )
    hint = f"put it back, or write `phase: {before.phase + 1}` with a start of its own"
    return Problem("running-test", ("serving", key), message, hint, "key")
