"""The cluster's objections to an experiment, each at the line of the experiment's file that causes it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.check import Context, Experiment, Problem, Route, Unproven
from bot.ports import Objection, Work


def check(experiment: Experiment, context: Context, compiled: Work) -> Iterator[Problem | Unproven]:
    """Ask the engine to prove the work."""
    if context.engine is None:
        yield Unproven("no cluster was asked: manifests are proven by rules, not by a dry run")
        return
    for answer in context.engine.prove(compiled):
        if isinstance(answer, Unproven):
            yield answer
        else:
            yield Problem(answer.kind, _route(answer, experiment), answer.message, answer.hint)


def _route(objection: Objection, experiment: Experiment) -> Route:
    for i, job in enumerate(experiment.spec.jobs):
        if job.name == objection.step:
            if objection.about == "repo":
                return ("jobs", i, "option", "repo")
            return ("jobs", i, "commands" if objection.about == "command" and job.commands else objection.about)
    if objection.about in ("cron", "timezone"):
        return ("schedule", objection.about)
    return ("jobs",) if objection.about == "jobs" else ("name",)
