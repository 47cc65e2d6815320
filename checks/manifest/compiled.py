"""The compiled objects: their size, Argo's rules, and the cluster's own verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.check import Context, Experiment, Problem, Route, Unproven
from bot.compile import argo
from bot.compile.work import data_date, work
from checks.manifest import cluster


def check(experiment: Experiment, context: Context) -> Iterator[Problem | Unproven]:
    """Compile the experiment for today, and check all that comes of it."""
    day = data_date(experiment.spec, context.now)
    compiled = work(experiment, context.repository, context.settings, day)
    template, written = argo.written(compiled, context.settings.manifests)
    yield from _size(template, len(written))
    if argo.foreign(written) or any(job.name[0].isdigit() for job in experiment.spec.jobs):
        yield from _lint(experiment, argo.manifests(compiled, context.settings.manifests))
    yield from cluster.check(experiment, context, compiled)


def _size(template: argo.Manifest, size: int) -> Iterator[Problem]:
    """Problems of the template's size; no other object grows with the experiment."""
    message = f"the {template['kind']} has {size:,} bytes"
    if size > argo.MAX_BYTES:
        hint = f"at most {argo.MAX_BYTES:,} fit; split the experiment in two"
        yield Problem("size", ("jobs",), message, hint, "key")
    elif size > argo.WARN_BYTES:
        hint = f"above {argo.WARN_BYTES:,} its status becomes slow to update"
        yield Problem("large", ("jobs",), message, hint, "key")
    count = len(template["spec"]["templates"])
    if count > argo.MOST:
        hint = f"at most {argo.MOST} fit; all jobs of a repo that have a `command` share one"
        yield Problem("size", ("jobs",), f"the {template['kind']} has {count:,} templates", hint, "key")


def _lint(experiment: Experiment, manifests: Sequence[argo.Manifest]) -> Iterator[Problem]:
    """Argo's rules over the compiled objects, for an experiment that brings text of its own into them.

    We do not check their structure here: tests prove it once for all experiments.
    """
    from bot.lint import lint  # few files need it, and its import takes long

    jobs = {job.name: i for i, job in enumerate(experiment.spec.jobs)}
    for fault in lint.lint([lint.Manifest(experiment.path, manifest) for manifest in manifests]):
        problem, route = fault.problem, fault.problem.route
        at: Route = ("jobs",)
        if route[:2] == ("spec", "templates") and route[3:5] == ("dag", "tasks") and len(route) > 5:
            task = fault.manifest.data["spec"]["templates"][route[2]]["dag"]["tasks"][route[5]]["name"]
            at = ("jobs", jobs[task], "name") if task in jobs else at
        if problem.rule not in ("image", "unresolved"):
            message = f"in the compiled {fault.manifest.kind}: {problem.message}"
            yield Problem(problem.rule, at, message, problem.hint, "value" if len(at) > 1 else "key")
