"""Tests do not spoil each other, and a revision does not spoil a test that runs.

The check looks at all experiments at the head, at those of the base, and at the tests that were ever released. Tests of
one layer must not share slots while their days overlap. What decides who is in which arm of a running test stays as it
is: a change is refused, with the share of its users who would move, as the flag itself says for 10,000 ids. More slots
around those that it has, an earlier or later end, and stopping the test (`kind: all`, or no `serving`) are fine.

To change a running test honestly, write the next `phase` with a start of its own: all users are split anew, and the
phases are read one by one.

``overlap``
    Two tests of a layer have slots in common on the same days. Where nothing says the layer or slots of either,
    `unlayered` tells of it instead.
``unlayered``
    Two tests split the same users on the same days, and nothing says their layer, slots or surfaces. That is fine where
    the application shows them in different places.
``mixed-units``
    Tests of one layer count by different units on the same days: the same person has another slot in each.
``other-layer``
    A test of another layer is shown on the same surface on the same days.
``unknown-layer``
    The settings have no such layer.
``several-layers``
    The settings have the test's surfaces in several layers, and the file names none.
``reused-salt``
    Another test, or an earlier one of this name, split users with this salt: the same users would be in the same arms
    again, with what they have seen there.
``one-table``
    Two arms of an A/B test, or two rankers, serve the same table.
``unit``
    The unit is not known where the test is shown: a push or a mail has no session, a mail no device.
``unknown-event``
    The settings have no such event, for which a ranker would get credit.
``unknown-experiment``
    `after` names an experiment that is not there.
``circle``
    Experiments come `after` each other in a circle, so that no user ever gets there.
``unknown-metric``
    The settings have no such metric.
``metric-unit``
    A metric counts by another unit than the test splits by.
``unmeasured``
    The primary metric, or this text of its query, was never measured, so that nothing is known of the test's power.
``underpowered``
    The smallest arm gets fewer units than it needs to find the `effect` that the test looks for (two-sided, at a
    significance of 5% and a power of 80%), as the primary metric was when it was measured. Nothing is blocked by it.
``part-week``
    The test does not last whole weeks, so that some weekdays count more than others.
``long``
    The test lasts longer than eight weeks: cookies and devices change, and so do users.
``late``
    The test is new, and should have begun before it can be live.
``freeze``
    The test begins on days that the settings keep free of new tests.
``running-test``
    The unit, salt, start, arms, weights, slots, surfaces, conditions or testers of a running test are changed.
``treatment``
    What an arm or ranker of a running test serves is changed: its table, the jobs, inputs, columns or sources that make
    it, or how lists are drafted.
    `fix: <reason>` beside it says that this one change puts right what the arm should have served from the start.
``fixed``
    It is changed so, and the file says why.

**Passes**::

    name: newest-first
    jobs: [{name: infer, command: python -m reco.infer}]
    serving:
      kind: ab
      arms: [{name: control, control: true, table: reco.v3}, {name: newest, table: reco.v4}]
      period: {start: 2026-11-30, end: 2026-12-21}

**Fails**::

    name: newest-first
    jobs: [{name: infer, command: python -m reco.infer}]
    serving:
      kind: ab
      layer: hoem  # <- traffic.unknown-layer
      arms:
        - {name: control, control: true, table: reco.v3}
        - {name: newest, table: reco.v3}  # <- traffic.one-table
      period: {start: 2026-11-30, end: 2026-12-21}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.check import Context, Experiment, Level, Port, Problem, Unproven
from checks.traffic import metrics, others, own, revision

ID = "traffic"
RULES: Mapping[str, Level] = {
    "circle": "error",
    "fixed": "notice",
    "freeze": "warning",
    "late": "warning",
    "long": "notice",
    "metric-unit": "error",
    "mixed-units": "warning",
    "one-table": "error",
    "other-layer": "warning",
    "overlap": "error",
    "part-week": "warning",
    "reused-salt": "error",
    "running-test": "error",
    "several-layers": "error",
    "treatment": "error",
    "underpowered": "notice",
    "unit": "error",
    "unknown-event": "error",
    "unknown-experiment": "error",
    "unknown-layer": "error",
    "unknown-metric": "error",
    "unlayered": "warning",
    "unmeasured": "notice",
}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset()
WANTS: frozenset[Port] = frozenset({"evaluator"})


def check(experiment: Experiment, context: Context) -> Iterable[Problem | Unproven]:
    """The test by itself, beside all others, and beside what it was."""
    yield from declared(experiment, context)
    yield from revision.check(experiment, context)


def declared(experiment: Experiment, context: Context) -> Iterable[Problem]:
    """What needs neither the base nor the flag client."""
    if experiment.spec.serving is not None:
        yield from own.check(experiment, context)
        yield from others.check(experiment, context)
        yield from metrics.check(experiment, context)
