"""The Argo manifests that the experiment compiles to are ones the cluster can take.

Without a cluster: the experiment compiles, every job has an image, its options are allowed, and no manifest is
larger than etcd and Argo's status take. With one, every object goes through a strict dry run, of which nothing is left;
the report says how deep that went, since minimal resource definitions let nearly everything pass. A pod of each shape
is shown to quotas and admission, and what the run refers to is looked for.

``image``
    A job's `option.repo` has no image in the settings, so that nothing could run it on the cluster. With the local
    engine this is only noted, since jobs run on the machine itself.
``option``
    An option has a value that the settings do not allow, or a job asks for more than they do.
``template-text``
    A command holds `{{`, which Argo would take for a variable of its own.
``size``
    A manifest is larger than 700,000 bytes.
``large``
    A manifest is larger than 350,000 bytes; above that, status updates become slow.
``namespace``
    The cluster has no such namespace.
``definitions``
    Argo Workflows is not installed in the cluster, or older than the settings say.
``refused``
    The cluster does not take an object or a job's pod: its schema, its pod security or a webhook says no.
``quota``
    A job asks for more than the namespace's quota can ever give.
``taken``
    Somebody else has an object of that name, or has changed it.
``missing``
    Something that the run refers to, such as a Secret, is not there.
``account``
    A service account is not there, or may not do what every pod of a run does.
``forbidden``
    The credentials that asked may not create the run's objects.

**Passes**::

    name: job-reco-als-v4
    jobs:
      - {name: extract, command: python -m reco.extract, option: {repo: reco-batch}}

**Fails**::

    name: job-reco-als-v4
    jobs:
      - {name: extract, command: "echo {{workflow.name}}"}  # <- manifest.template-text
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.check import Context, Experiment, Level, Port, Problem, Route, Unproven
from bot.compile import argo
from bot.compile.work import data_date, work
from bot.document.nearest import nearest
from bot.document.quantity import above
from bot.ports import Objection, Work
from bot.settings import DEFAULT_REPO

ID = "manifest"
RULES: Mapping[str, Level] = {
    "account": "error",
    "definitions": "error",
    "forbidden": "error",
    "image": "error",
    "large": "warning",
    "missing": "error",
    "namespace": "error",
    "option": "error",
    "quota": "error",
    "refused": "error",
    "size": "error",
    "taken": "error",
    "template-text": "error",
}
REQUIRES: tuple[str, ...] = ("schema", "dag")
NEEDS: frozenset[Port] = frozenset()
WANTS: frozenset[Port] = frozenset({"engine"})


def check(experiment: Experiment, context: Context) -> Iterable[Problem | Unproven]:
    """Options and images as written, then the compiled objects."""
    yield from _options(experiment, context)
    yield from _amounts(experiment, context)
    yield from _images(experiment, context)
    for i, job in enumerate(experiment.spec.jobs):
        if any("{{" in word for word in job.argv):
            route: Route = ("jobs", i, "commands" if job.commands else "command")
            message = f"the command of '{job.name}' holds '{{{{', which Argo takes for a variable"
            yield Problem("template-text", route, message, "put the text into a file of the image")
    day = data_date(experiment.spec, context.now)
    compiled = work(experiment, context.repository, context.settings, day)
    for manifest in argo.manifests(compiled, context.settings.manifests):
        size = argo.size(manifest)
        message = f"the {manifest['kind']} has {size:,} bytes"
        if size > argo.MAX_BYTES:
            hint = f"at most {argo.MAX_BYTES:,} fit; split the experiment in two"
            yield Problem("size", ("jobs",), message, hint, "key")
        elif size > argo.WARN_BYTES:
            hint = f"above {argo.WARN_BYTES:,} its status becomes slow to update"
            yield Problem("large", ("jobs",), message, hint, "key")
    yield from _cluster(experiment, context, compiled)


def _options(experiment: Experiment, context: Context) -> Iterator[Problem]:
    places: list[tuple[Route, Mapping[str, str]]] = [(("option",), experiment.spec.option)]
    places += [(("jobs", i, "option"), job.option) for i, job in enumerate(experiment.spec.jobs)]
    for route, options in places:
        for key, value in options.items():
            allowed = context.settings.options.get(key)
            if allowed is not None and value not in allowed:
                close = nearest(value, allowed)
                hint = f"did you mean '{close}'?" if close else f"allowed: {', '.join(allowed[:10])}"
                message = f"the option {key} is '{value}', which the settings do not allow"
                yield Problem("option", (*route, key), message, hint, replace=close)


def _amounts(experiment: Experiment, context: Context) -> Iterator[Problem]:
    for i, job in enumerate(experiment.spec.jobs):
        for key, asked, allowed in above(job.resources, context.settings.manifests.most):
            message = f"the job '{job.name}' asks for {key} {asked}; the settings allow at most {allowed}"
            yield Problem("option", ("jobs", i, "resources", key), message)


def _images(experiment: Experiment, context: Context) -> Iterator[Problem | Unproven]:
    local = context.settings.engine is None or context.settings.engine.kind == "local"
    missing: dict[str, int] = {}
    for i, job in enumerate(experiment.spec.jobs):
        if context.settings.repo(job.option.get("repo")).image is None:
            missing.setdefault(job.option.get("repo", DEFAULT_REPO), i)
    for repo, i in missing.items():
        message = f"the settings name no image for `repo: {repo}`"
        if local:
            yield Unproven(f"{message}; the local engine needs none")
        else:
            route: Route = ("jobs", i, "option", "repo")
            yield Problem("image", route, message, f"add `repos: {{{repo}: {{image: …}}}}` to the settings")


def _cluster(experiment: Experiment, context: Context, compiled: Work) -> Iterator[Problem | Unproven]:
    """What the engine has against the work, each where the experiment's file says it."""
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
