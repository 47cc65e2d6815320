"""What the arms of a running test serve: where it changes, the days before and after are two tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.check import Context, Experiment, Problem, Route
from bot.experiment.arms import Contender
from bot.experiment.interleaving import Draft
from bot.experiment.model import Job, Spec
from checks.traffic.before import Before

Made = Mapping[str, tuple[Route, Any]]
"""What makes what is served, by what it is called: where the file says it, and what."""


def check(experiment: Experiment, before: Before, context: Context) -> Iterator[Problem]:
    """Every change of what is served; one notice where the file says that the change puts something right."""
    serving = experiment.spec.serving
    assert serving is not None
    changed = _changed(experiment, before, context)
    if changed and serving.fix is not None and serving.fix != before.serving.fix:
        message = f"{next(iter(changed))} of a running test is changed: {serving.fix}"
        yield Problem("fixed", ("serving", "fix"), message, "the test is read from its start all the same")
        return
    for what, (now, then) in changed.items():
        where = f" (line {before.experiment.tree.span(then).line} before)" if then else ""
        other = "users see another list" if serving.rankers else "an arm serves something else"
        message = f"the test runs since {before.start}, and {what}{where} is changed, so that {other}"
        hint = (
            f"write `phase: {before.phase + 1}` with a start of its own, or to repair it, `fix: <reason>` in `serving`"
        )
        yield Problem("treatment", now, message, hint, "key")


def _changed(experiment: Experiment, before: Before, context: Context) -> dict[str, tuple[Route, Route]]:
    """What is changed, by what it is called, with the routes now and before; () where it was not there."""
    old, new = _made(before.spec), _made(experiment.spec)
    found: dict[str, tuple[Route, Route]] = {}
    serving = experiment.spec.serving
    other_kind = serving is not None and serving.kind != before.serving.kind
    for what in (*new, *(what for what in old if what not in new)):
        (now, said), (then, was) = new.get(what, ((), None)), old.get(what, ((), None))
        is_arm = (now or then)[:2] == ("serving", "arms")
        if said != was and not (() in (now, then) and (is_arm or other_kind)):  # an arm more or less moves users
            found[what] = (now or ("serving",), then)
    reads = any(arm.output is not None for arm in experiment.spec.arms)
    if reads and context.before is not None:
        digests = context.before.sources(before.experiment), context.repository.sources(experiment)
        if digests[0] != digests[1]:
            found["the code of `sources`"] = (("sources",), ("sources",))
    return found


def _made(spec: Spec) -> Made:
    """What each arm serves, and for those that serve an output all that makes it."""
    serving = spec.serving
    assert serving is not None
    made: dict[str, tuple[Route, Any]] = {}
    for i, arm in enumerate(serving.arms):
        made[f"the arm '{arm.name}'"] = ("serving", "arms", i), _source(arm)
    for i, ranker in enumerate(serving.rankers):
        made[f"the ranker '{ranker.name}'"] = ("serving", "rankers", i), _source(ranker)
    if serving.rankers:
        made["the draft"] = ("serving", "draft"), serving.draft or Draft()
    if serving.fallback is not None:
        made["the fallback"] = ("serving", "fallback"), serving.fallback
    outputs = sorted({arm.output for arm in (*serving.arms, *serving.rankers) if arm.output is not None})
    for name in outputs:
        output = spec.outputs[name]
        made[f"the output '{name}'"] = ("outputs", name), (output.job, output.columns, output.key, output.partition)
    if outputs:
        made["`option`"] = ("option",), spec.option
        for name, read in spec.inputs.items():
            made[f"the input '{name}'"] = ("inputs", name), (read.table, read.experiment, read.output)
        needed = _needed(spec, {spec.outputs[name].job for name in outputs})
        for i, job in enumerate(spec.jobs):
            if job.name in needed:
                made[f"the job '{job.name}'"] = ("jobs", i), _does(job)
    return made


def _source(arm: Contender) -> tuple[Any, ...]:
    return arm.table, arm.output, arm.control


def _does(job: Job) -> tuple[Any, ...]:
    return job.argv, sorted(job.dependencies), job.option


def _needed(spec: Spec, jobs: set[str]) -> set[str]:
    """These jobs, and all that they wait for."""
    before = {job.name: job.dependencies for job in spec.jobs}
    found, todo = set[str](), sorted(jobs)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += before.get(name, ())
    return found
