"""The Argo manifests that the experiment compiles to are ones the cluster can take.

Without a cluster: the experiment compiles, every job has an image, its options are allowed, no manifest is larger than
etcd and Argo's status take, and each keeps the rules of Argo's own lint. `sameday lint` holds any manifest to the same
rules; what they say of keys and kinds of values needs the extra `argo` to be installed. With a cluster, every object
goes through a strict dry run, of which nothing is left; the report says how deep that went, since minimal resource
definitions let nearly everything pass. A pod of each shape is shown to quotas and admission, and what the run refers to
is looked for.

``argument``
    A workflow, step or task gives an argument without a value, from a source that arguments do not have, outside of
    its choices, or an artifact that is nowhere.
``container-set``
    A container set is empty, waits for a container that it does not have, or has no `main` for inputs and outputs.
``cron``
    A schedule, a time zone, a policy or a deadline of a CronWorkflow is none.
``cycle``
    Tasks or containers wait for each other, so that none of them ever starts.
``deadline``
    A timeout without a unit, or a deadline that is no whole number or below zero.
``deep``
    Templates call each other more than 100 levels deep, where Argo's controller gives up.
``depends``
    A graph without tasks, `depends` beside `dependencies` or `continueOn`, or a result that no task has.
``duplicate-key``
    A key stands twice in one mapping.
``duplicate-name``
    Two templates, tasks, steps, containers, parameters, artifacts or files' templates have one name.
``entrypoint``
    A workflow does not say where it starts, or starts or ends with a template that it does not have.
``hook``
    A hook other than `exit` does not say when it runs.
``ignored-key``
    A key within a step that Argo does not know and, there, passes over in silence.
``image``
    A job's `option.repo` has no image in the settings, or a template has none, so that nothing could run it on the
    cluster. With the local engine a job's is only noted, since jobs run on the machine itself.
``input``
    An input artifact lands nowhere, out of its folder or in a template without files, or is not described in full.
``kind``
    The object is none of Argo's workflows and templates, and not looked at.
``large``
    A manifest is larger than 350,000 bytes; above that, status updates become slow.
``loop``
    A step or task has more than one of `withItems`, `withParam` and `withSequence`, or a sequence with both ends.
``metric``
    A metric without help or value, or with a name that Prometheus does not take.
``misplaced``
    A field that means nothing in a template of this type, such as `parallelism` in a container's.
``missing-dependency``
    An argument comes from a task that the task does not wait for.
``mount``
    Two volumes, or a volume and an artifact, have one place.
``name``
    A name has characters that it may not have, is too long, or missing. Names are refused, never changed.
``not-supplied``
    A template needs a parameter or an artifact that its caller does not give.
``nothing``
    None of the files has a workflow or a template in it.
``option``
    An option has a value that the settings do not allow, or a job asks for more than they do.
``output``
    An output has no source, several, or one that its type of template does not have.
``plugin``
    A plugin template names no plugin or several, or a workflow's own plugin has no name or no port.
``pod-gc``
    The pods' garbage collection has an unknown strategy, or a selector that selects nothing.
``pod-resources``
    Resources or claims of whole pods that a pod cannot have, or in a template without a pod of its own.
``resource``
    A resource template has an unknown action, no manifest or two, or one that is not YAML.
``retry``
    An unknown retry policy.
``size``
    A manifest is larger than 700,000 bytes or has more than 200 templates; one written by hand is larger than
    1,500,000, or its file than 8 MiB.
``syntax``
    The text cannot be read as YAML.
``template-ref``
    A step or task names no template or two, half of one, or a workflow has templates beside the one it refers to.
``template-text``
    A command holds `{{`, which Argo would take for a variable of its own.
``template-type``
    A template has no type, or several.
``unknown-key``
    A key that Argo does not know there, most often a typing error.
``unknown-task``
    A task waits for a task that the graph does not have, or the graph has such a target.
``unknown-template``
    A step or task names a template that is not there.
``unresolved``
    A template is in none of the files, so that nothing was followed into it; `--with FILE` gives its file.
``variable``
    A variable means nothing where it stands: Argo refuses to run it.
``version``
    A field that not every version of Argo from 3.6 to 4.1 knows; `--argo VERSION` says which one is meant.
``wrong-type``
    A value of another kind than Argo takes there.
``namespace``
    The cluster has no such namespace.
``definitions``
    Argo Workflows is not installed in the cluster, or older than the settings say.
``repo``
    A job names an `option.repo` that the settings keep for experiments at other paths (`repos.X.experiments`).
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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import get_args

from bot.check import Context, Experiment, Level, Port, Problem, Route, Unproven
from bot.compile import argo, repos
from bot.compile.work import data_date, work
from bot.document.nearest import nearest
from bot.document.quantity import above
from bot.lint.rules import RULES as LINT
from bot.ports import ObjectionKind
from bot.settings import DEFAULT_REPO
from checks.manifest import cluster

ID = "manifest"
CLUSTER: Mapping[str, Level] = dict.fromkeys(get_args(ObjectionKind), "error")
OWN: Mapping[str, Level] = {"option": "error", "repo": "error", "template-text": "error"}
RULES: Mapping[str, Level] = dict(sorted({**LINT, **CLUSTER, **OWN}.items()))
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
    strangers = tuple(_strangers(experiment, context))
    if strangers:
        yield from strangers
        return
    day = data_date(experiment.spec, context.now)
    compiled = work(experiment, context.repository, context.settings, day)
    template, written = argo.written(compiled, context.settings.manifests)
    yield from _size(template, len(written))
    if argo.foreign(written) or any(job.name[0].isdigit() for job in experiment.spec.jobs):
        yield from _lint(experiment, argo.manifests(compiled, context.settings.manifests))
    yield from cluster.check(experiment, context, compiled)


def _size(template: argo.Manifest, size: int) -> Iterator[Problem]:
    """Of the template, which alone grows with the experiment."""
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
    local = context.settings.engine is None or context.settings.engine.place is not None
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


def _strangers(experiment: Experiment, context: Context) -> Iterator[Problem]:
    """Jobs that no release would run, so that nothing is compiled of them either."""
    for i, why in repos.refused(experiment, context.settings):
        repo = experiment.spec.jobs[i].option.get("repo") or DEFAULT_REPO
        globs = ", ".join(context.settings.repo(repo).experiments or ()) or "none"
        hint = f"it is for {globs} (`repos.{repo}.experiments` in the settings)"
        yield Problem("repo", ("jobs", i, "option", "repo"), why, hint)


def _lint(experiment: Experiment, manifests: Sequence[argo.Manifest]) -> Iterator[Problem]:
    """Argo's rules over what was compiled, where there is more in it than the compiler puts there each time.

    That its structure is sound, tests prove once for all experiments.
    """
    from bot.lint import lint  # few files take it, and it takes a while

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
