"""The Argo manifests that the experiment compiles to are ones the cluster accepts.

Without a cluster: the experiment compiles, every job has an image, its options are allowed, no manifest is larger than
etcd and Argo's status accept, and each keeps the rules of Argo's own lint. `sameday lint` has the same rules for any
manifest; unknown keys and wrong types need the extra `argo`. With a cluster, every object and a pod of each shape goes
through a strict dry run, and we look up what the run refers to; the report says how deep the dry run went, since
minimal resource definitions accept nearly everything.

``argument``
    An argument has no value, a wrong source, a value outside of its choices, or is an artifact without a location.
``container-set``
    A container set is empty, waits for a container that it does not have, or has no `main` for inputs and outputs.
``cron``
    A CronWorkflow has an invalid schedule, time zone, policy or deadline.
``cycle``
    Tasks or containers wait for each other, so none of them ever starts.
``deadline``
    A timeout has no unit, or a deadline is negative or not a whole number.
``deep``
    Templates call each other more than 100 levels deep, where Argo's controller gives up.
``depends``
    A graph has no tasks, `depends` beside `dependencies` or `continueOn`, or a result that no task has.
``duplicate-key``
    A mapping has a key twice.
``duplicate-name``
    Two templates, tasks, steps, containers, parameters, artifacts or template objects have the same name.
``entrypoint``
    A workflow has no entrypoint, or starts or ends with a template that it does not have.
``hook``
    A hook other than `exit` has no expression.
``ignored-key``
    A step has an unknown key in a place where Argo silently ignores it.
``image``
    A job's `option.repo` has no image in the settings, or a template has none, so the cluster could not run it. With
    the local engine a job needs none; the report notes it.
``image-tag``
    The settings name a job's image by a tag, which may be another image tomorrow: nobody would know what ran.
``input``
    An input artifact has no path, one that leaves its folder or one in a template without files, or lacks a field.
``kind``
    Not an Argo object; skipped.
``large``
    A manifest is larger than 350,000 bytes; its status becomes slow to update.
``loop``
    A step or task has more than one of `withItems`, `withParam` and `withSequence`, or a sequence with both ends.
``metric``
    A metric has no help or value, or a name that Prometheus rejects.
``misplaced``
    A field means nothing in a template of this type, such as `parallelism` in a container's.
``missing-dependency``
    An argument comes from a task that the task does not wait for.
``mount``
    Two volumes, or a volume and an artifact, have the same path.
``name``
    A name is missing, too long, or has characters that it may not have. Names are refused, never changed.
``not-supplied``
    A template needs a parameter or an artifact that its caller does not give.
``nothing``
    The files hold no workflow and no template.
``option``
    An option has a value that the settings do not allow, or a job asks for more than they allow.
``output``
    An output has no source, several, or one that its type of template does not have.
``plugin``
    A plugin template names no plugin or several, or a workflow's own plugin has no name or no port.
``pod-gc``
    The pods' garbage collection has an unknown strategy, or a selector that selects nothing.
``pod-resources``
    Resources or claims that a whole pod cannot have, or in a template without a pod of its own.
``resource``
    A resource template has an unknown action, no manifest or two, or one that is not YAML.
``retry``
    A template has an unknown retry policy.
``size``
    A manifest has over 700,000 bytes or 200 templates; one written by hand over 1,500,000 bytes, its file over 8 MiB.
``syntax``
    The text is not YAML.
``template-ref``
    A step or task names no template or two, half of one, or a workflow has templates beside the one it refers to.
``template-text``
    A command holds `{{`, which Argo would read as a variable of its own.
``template-type``
    A template has no type, or several.
``unknown-key``
    Argo does not have this key here, most often because of a typing error.
``unknown-task``
    A task waits for a task that the graph does not have, or the graph has such a target.
``unknown-template``
    A step or task names a template that does not exist.
``unresolved``
    A template is in none of the files, so it was not checked; `--with FILE` gives its file.
``unused-argument``
    A step or task gives a template what it does not have, most often because of a typing error; Argo drops it.
``variable``
    A variable means nothing in this place; Argo would not run it.
``version``
    Not every version of Argo from 3.6 to 4.1 has this field; `--argo VERSION` names the one you use.
``wrong-type``
    A value has another type than Argo expects.
``namespace``
    The cluster has no such namespace.
``definitions``
    The cluster has no Argo Workflows, or an older one than the settings say.
``repo``
    A job names an `option.repo` that the settings keep for experiments at other paths (`repos.X.experiments`).
``refused``
    The cluster rejects an object or a job's pod, by its schema, its pod security or a webhook.
``quota``
    A job asks for more than the namespace's quota can ever give.
``taken``
    An object of that name belongs to others, or others have changed it.
``missing``
    The run refers to an object that does not exist, such as a Secret.
``account``
    A service account does not exist, or lacks a right that every pod of a run needs.
``forbidden``
    The credentials that we use may not create the run's objects.

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

from collections.abc import Iterable, Mapping
from typing import get_args

from bot.check import Context, Experiment, Level, Port, Problem, Unproven
from bot.lint.rules import ARGO_RULES
from bot.ports import ObjectionKind
from checks.manifest import compiled, declared

ID = "manifest"
CLUSTER: Mapping[str, Level] = dict.fromkeys(get_args(ObjectionKind), "error")
OWN: Mapping[str, Level] = {"image-tag": "warning", "option": "error", "repo": "error", "template-text": "error"}
RULES: Mapping[str, Level] = dict(sorted({**ARGO_RULES, **CLUSTER, **OWN}.items()))
REQUIRES: tuple[str, ...] = ("schema", "dag")
NEEDS: frozenset[Port] = frozenset()
WANTS: frozenset[Port] = frozenset({"engine"})


def check(experiment: Experiment, context: Context) -> Iterable[Problem | Unproven]:
    """The jobs as declared, then the compiled objects."""
    yield from declared.check(experiment, context)
    yield from tuple(declared.refused(experiment, context)) or compiled.check(experiment, context)
