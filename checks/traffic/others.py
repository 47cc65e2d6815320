"""The test beside all others: slots, layers and salts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bot.check import Context, Experiment, Problem, Route
from bot.compile import traffic
from bot.experiment.arms import Serving
from bot.ports import Trial
from checks.traffic.before import was
from checks.traffic.claims import Claim, Claims, claim, claims, free

MOST = 5  # findings of one kind: a test that overlaps more is told of them one after the other


def check(experiment: Experiment, context: Context) -> Iterator[Problem]:
    """Every such problem."""
    spec = experiment.spec
    one = claim(experiment.name, spec.serving, context.settings)
    if spec.serving is None or one is None:
        return
    all_claims = claims(context)
    yield from _slots(one, all_claims, spec.serving)
    for other in islice((o for o in all_claims.on_surfaces(one) if o.layer != one.layer), MOST):
        message = f"{other.name} is on the same surface on the same days, in the layer '{other.layer}'"
        yield Problem("other-layer", _written(spec.serving), message, "put both into one layer", "key")
    yield from _salt(experiment, all_claims, context)


def _written(serving: Serving) -> Route:
    """Where the test says in which layer it is."""
    return ("serving", "surfaces" if serving.layer is None else "layer")


def _slots(one: Claim, all_claims: Claims, serving: Serving) -> Iterator[Problem]:
    beside = list(all_claims.in_layer(one))
    route: Route = ("serving", "slots")
    overlapping = [other for other in beside if one.meets(other) and (one.is_said or other.is_said)]
    for other in overlapping[:MOST]:
        shared = _range(max(one.start, other.start), min(one.end, other.end))
        message = f"{other.name} has the slots {shared} of the layer '{one.layer}' on the same days"
        yield Problem("overlap", route, message, _advice(one, beside, serving), "key")
    loose = (o for o in beside if not one.is_said and not o.is_said and one.shares_a_surface(o))
    for other in islice(loose, MOST):
        message = f"{other.name} splits the same users on the same days, and neither names a layer"
        hint = "name `layer` and `slots` if users should be in one of them only, else the `surfaces` of both"
        yield Problem("unlayered", ("serving",), message, hint, "key")
    for other in islice((o for o in beside if o.unit != one.unit and (one.is_said or o.is_said)), MOST):
        message = f"{other.name} of the same layer splits by {other.unit}: a person has other slots there"
        yield Problem("mixed-units", ("serving", "unit"), message, "split both by one unit", "key")


def _advice(one: Claim, beside: list[Claim], serving: Serving) -> str:
    """The slots that are free for as long as the test lasts."""
    ranges = free(beside)
    if ranges:
        return "free on all these days: " + ", ".join(_range(*each) for each in ranges)
    assert serving.period is not None
    return f"nothing of the layer '{one.layer}' is free on all these days: begin later, or take another layer"


def _range(start: int, end: int) -> str:
    return f"{start:,} to {end:,}"


def _salt(experiment: Experiment, all_claims: Claims, context: Context) -> Iterator[Problem]:
    """Another test that splits, or did split, with this salt."""
    spec = experiment.spec
    assert spec.serving is not None
    salt, mine = traffic.salt(spec), {spec.name, spec.renamed_from}
    hint = "choose another salt" if spec.serving.salt else "choose another name, or the next `phase`"
    now = [name for name in all_claims.by_salt[salt] if name not in mine]
    then = [words for words in _earlier(salt, experiment, context) if words]
    for who in (*(f"{name} splits" for name in now), *(f"{words} split" for words in then)):
        yield Problem("reused-salt", ("serving", "salt"), f"{who} users with the same salt '{salt}'", hint, "key")
        return


def _earlier(salt: str, experiment: Experiment, context: Context) -> Iterator[str]:
    """Tests that split with this salt and are another test than the experiment's, in words."""
    spec, today = experiment.spec, context.now.date()
    before = was(experiment, context)
    assert spec.serving is not None
    assert spec.serving.period is not None
    known = traffic.salt_digest(salt)
    tests = [(name, test) for name, each in context.trials.items() for test in each if test.salt == known]
    if before is not None and before.end is not None and traffic.salt(before.spec) == salt:
        tests.append((before.spec.name, Trial(before.phase, known, "", (0, 0), before.start, before.end)))
    for name, test in tests:
        is_own = name in (spec.name, spec.renamed_from)
        same = (test.phase, test.start) == (spec.serving.phase, spec.serving.period.start)
        # Of a test that runs on, `running-test` tells what is changed.
        runs = test.phase == spec.serving.phase and test.end > today and (before is not None or not context.history)
        if test.start <= today and not (is_own and (same or runs)):
            yield f"phase {test.phase} of {name}, from {test.start} to {test.end}," if is_own else name
