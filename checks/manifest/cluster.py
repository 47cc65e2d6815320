"""What the cluster has against an experiment, each where the experiment's file says it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.check import Context, Experiment, Problem, Route, Unproven
from bot.ports import Objection, Work


def check(experiment: Experiment, context: Context, compiled: Work) -> Iterator[Problem | Unproven]:
    """By asking the engine to prove the work."""
    if context.engine is None:
        yield Unproven("no cluster was asked: manifests are proven by rules, not by a dry run")
        return
    for said in context.engine.prove(compiled):
        if isinstance(said, Unproven):
            yield said
        else:
            yield Problem(said.kind, _route(said, experiment), said.message, said.hint)


def _route(said: Objection, experiment: Experiment) -> Route:
    for i, job in enumerate(experiment.spec.jobs):
        if job.name == said.step:
            if said.about == "repo":
                return ("jobs", i, "option", "repo")
            return ("jobs", i, "commands" if said.about == "command" and job.commands else said.about)
    if said.about in ("cron", "timezone"):
        return ("schedule", said.about)
    return ("jobs",) if said.about == "jobs" else ("name",)
