"""The WorkflowTemplate of an experiment's spec: the graph of a run, by a release, a schedule or a person."""

from __future__ import annotations

from collections.abc import Iterator

from bot.compile.argo import confined, tasks
from bot.compile.argo.graph import ENTRY, graph
from bot.compile.argo.leaves import Leaves
from bot.compile.argo.moment import expressions
from bot.compile.argo.objects import SPEC, Manifest, entity, labels, trace, traced
from bot.compile.names import Moment, canonical, digest_of, template_name
from bot.compile.work import document, environment, seconds
from bot.ports import Work
from bot.settings import Manifests


def template(work: Work, options: Manifests) -> Manifest:
    """The template `<name>-<spec key>`: nothing runs it until something refers to it.

    Its digest is over all that it says but where it comes from, so that equal templates are known as such.
    """
    return written(work, options)[0]


def written(work: Work, options: Manifests) -> tuple[Manifest, str]:
    """The template, and as JSON, for its size, all that it says but where it comes from."""
    spec = _spec(work, options)
    text = canonical(spec)
    where = {"annotations": trace(work)} if trace(work) else {}  # an empty mapping becomes null when it is applied
    spec["workflowMetadata"] = {"labels": labels(work, options) | traced(work), **where}
    spec["podMetadata"] = {"labels": labels(work, options), **where}
    more = {SPEC: digest_of(text, 16)}
    return entity("WorkflowTemplate", template_name(work.experiment, work.key), work, options, spec, more), text


def _spec(work: Work, options: Manifests) -> Manifest:
    when, data = expressions(work), document(work)
    leaves = Leaves(environment(work, when), options)
    first = [{"name": tasks.BEGIN, "template": tasks.BEGIN}] if "begin" in work.tasks else []
    parts = graph(list(_tasks(work, leaves)), first=first, when=tasks.GOES)
    exit_handler = tasks.telling(data, work.page, options, when)
    spec: Manifest = {
        "entrypoint": ENTRY,
        "arguments": {"parameters": [{"name": "attempt", "value": "1"}, {"name": "scheduled", "value": "no"}]},
        **confined.run(options),
        "parallelism": options.parallelism,
        "podGC": {"strategy": options.pods},
        "ttlStrategy": {
            "secondsAfterSuccess": seconds(options.succeeded),
            "secondsAfterFailure": seconds(options.failed),
        },
        "activeDeadlineSeconds": seconds(options.timeout),
        "synchronization": {"mutexes": [{"name": f"sameday-{work.experiment}"}]},
        "templates": [
            *parts,
            *leaves.templates.values(),
            *_own(work, data, options, when),
            *exit_handler,
        ],
    }
    if exit_handler:
        spec["onExit"] = tasks.TELL
    return spec


def _tasks(work: Work, leaves: Leaves) -> Iterator[Manifest]:
    """The jobs, then sameday's own tasks one by one."""
    needed = {name for step in work.steps for name in step.dependencies}
    for step in work.steps:
        yield leaves.task(step, list(step.dependencies))
    before = [step.name for step in work.steps if step.name not in needed]
    for task in work.tasks:
        if task != "begin":
            name = f"sameday-{task}"
            yield {"name": name, "template": name} | ({"dependencies": before} if before else {})
            before = [name]


def _own(work: Work, data: str, options: Manifests, when: Moment) -> list[Manifest]:
    return [tasks.leaf(data, task, options, when) for task in work.tasks]
