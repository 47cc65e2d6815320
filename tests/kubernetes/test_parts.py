"""What a manifest refers to, and which job a field of it comes from."""

from __future__ import annotations

from typing import Any

import pytest

from bot.compile import argo
from bot.engines.argo.proof.parts import Parts, references
from bot.settings import Manifests
from tests.kubernetes.test_proof import step, work

REFERENCES: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "a variable": ({"env": [{"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}, [("Secret", "s")]),
    "an optional one": ({"valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}}, []),
    "one that the run names": ({"valueFrom": {"configMapKeyRef": {"name": "{{inputs.parameters.x}}", "key": "k"}}}, []),
    "many variables": ({"envFrom": [{"configMapRef": {"name": "c"}}, {"secretRef": {"name": "s"}}]},
                       [("ConfigMap", "c"), ("Secret", "s")]),
    "volumes": ({"volumes": [{"name": "a", "secret": {"secretName": "s"}},
                             {"name": "b", "persistentVolumeClaim": {"claimName": "p"}}]},
                [("Secret", "s"), ("PersistentVolumeClaim", "p")]),
    "templates": ([{"templateRef": {"name": "t", "template": "x"}},
                   {"templateRef": {"name": "u", "template": "x", "clusterScope": True}}],
                  [("WorkflowTemplate", "t"), ("ClusterWorkflowTemplate", "u")]),
    "nothing": ({"args": ["secretKeyRef"], "env": [{"name": "secretName", "value": "x"}]}, []),
}  # fmt: skip


@pytest.mark.parametrize(("part", "wanted"), REFERENCES.values(), ids=list(REFERENCES))
def test_references(part: Any, wanted: list[tuple[str, str]]) -> None:
    assert list(references(part)) == wanted


PLACES = {
    "spec.templates[0].dag.tasks[0].name": (None, "name"),
    "spec.templates[1].dag.tasks[1].name": ("two", "name"),
    "spec.templates[0].dag.tasks": (None, "jobs"),
    "spec.templates": (None, "jobs"),
    "spec.templates[2].container.image": ("one", "repo"),
    "spec.templates[3].container.resources.requests": ("two", "resources"),
    "spec.templates[3].container.args[0]": ("two", "command"),
    "spec.templates[3].activeDeadlineSeconds": ("two", "timeout"),
    "spec.templates[4].container.image": (None, "name"),
    "spec.schedules[0]": (None, "cron"),
    "spec.timezone": (None, "timezone"),
    "metadata.name": (None, "name"),
    "": (None, "name"),
}


@pytest.mark.parametrize(("field", "wanted"), PLACES.items())
def test_place(field: str, wanted: tuple[str | None, str]) -> None:
    read = {"t": {"table": "a.b", "address": "a.b"}}
    made = work(step("one"), step("two", cpu="2"), step("three"), inputs=read)
    template = argo.template(made, Manifests(image="registry/sameday"))
    parts = Parts(template, frozenset({"one", "two", "three"}))
    assert [leaf["name"][:3] for leaf, _ in parts.leaves()] == ["job", "job", "sam"], "one and three have one shape"
    assert parts.place(field) == wanted


def test_jobs_of_a_graph_in_parts() -> None:
    """A large graph is cut; what becomes a pod still belongs to the first job of its shape."""
    steps = [step(f"job-{n}", cpu="1" if n < 250 else "2") for n in range(300)]
    template = argo.template(work(*steps), Manifests())
    parts = Parts(template, frozenset(one.name for one in steps))
    (_, first), (other, second) = parts.leaves()
    assert (first, second) == ("job-0", "job-250")
    field = f"spec.templates[{parts.templates.index(other)}].container.resources"
    assert parts.place(field) == ("job-250", "resources")
