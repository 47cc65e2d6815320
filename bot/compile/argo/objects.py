"""What every object says of itself: what it is, what it belongs to, and what it traces to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.ports import Work
from bot.settings import Manifests

API = "argoproj.io/v1alpha1"
WARN_BYTES, MAX_BYTES = 350_000, 700_000  # of JSON: referenced templates are copied into status, etcd takes 1.5 MB
SCHEDULED = "workflows.argoproj.io/scheduled-time"
INSTANCE = "workflows.argoproj.io/controller-instanceid"  # without it such a controller passes a workflow over
MANAGED = {"app.kubernetes.io/managed-by": "sameday"}
EXPERIMENT, KEY, RUN = "sameday/experiment", "sameday/key", "sameday/run"
SPEC, DATA = "sameday/spec", "sameday/data"  # digests: of all that an object says, of what a run's data depends on
TIMEZONE = "sameday/timezone"  # by which a scheduled run, whose name is the schedule's, is known by its date
BACK = "sameday/days-back"  # how many days before its start such a run's date is
TRACED = 500  # characters of one annotation
Manifest = dict[str, Any]

_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")
_PAIR = re.compile(r"\{(?=\{)|\}(?=\})")  # what begins or ends a variable of Argo's
_LABELLED = ("commit", "pull-request")  # by these, too, runs are looked for


def sent(manifest: Mapping[str, Any]) -> str:
    """The manifest as the API server gets it, in ASCII: as many bytes as characters."""
    return json.dumps(manifest, separators=(",", ":"))


def entity(
    kind: str, name: str, work: Work, options: Manifests, spec: Manifest, more: Mapping[str, str] | None = None
) -> Manifest:
    """An object of Argo's."""
    manifest = steady(kind, name, work, options, spec)
    marks = {"labels": labels(work, options) | traced(work), "annotations": trace(work) | dict(more or {})}
    return manifest | {"metadata": manifest["metadata"] | marks}


def steady(kind: str, name: str, work: Work, options: Manifests, spec: Manifest) -> Manifest:
    """An object whose metadata no release changes.

    When a schedule fires, Argo writes back all labels and annotations of its CronWorkflow as it had read them, and owns
    those that a release has changed meanwhile: the API server would refuse every later value of ours.
    """
    marks = {key: value for key, value in labels(work, options).items() if key != KEY}
    meta = {"name": name, "namespace": options.namespace, "labels": marks}
    return {"apiVersion": API, "kind": kind, "metadata": meta, "spec": spec}


def labels(work: Work, options: Manifests) -> dict[str, str]:
    """By what an experiment's objects are found."""
    instance = {INSTANCE: options.instance} if options.instance else {}
    return {**MANAGED, EXPERIMENT: work.experiment, KEY: work.key, **instance}


def traced(work: Work) -> dict[str, str]:
    """The part of the trace that can be looked for."""
    labels = {key: work.labels.get(key, "") for key in _LABELLED}
    return {f"sameday/{key}": value for key, value in labels.items() if _LABEL.match(value)}


def trace(work: Work) -> dict[str, str]:
    """Where the work comes from: repository, pull request, commit, path, actor. No text of it is Argo's."""
    return {
        f"sameday/{key}": _PAIR.sub(r"\g<0> ", value[:TRACED]) for key, value in sorted(work.labels.items()) if value
    }
