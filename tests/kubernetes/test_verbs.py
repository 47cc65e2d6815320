"""What each verb does to a real API server, and what it says no with."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cluster import Rejected
from bot.errors import Conflict
from tests.kubernetes.conftest import Space
from tests.some import some

pytestmark = pytest.mark.slow


def configmap(name: str, version: str | None = None, **data: str) -> dict[str, Any]:
    meta = {"name": name} | ({"resourceVersion": version} if version else {})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def workflow(name: str, **spec: Any) -> dict[str, Any]:
    plain = {"entrypoint": "run", "templates": [{"name": "run", "container": {"image": "busybox"}}]}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": name}, "spec": plain | spec}


def test_get_and_exists(space: Space) -> None:
    space.put("Secret", "dsn", stringData={"value": "s3cret"})
    assert space.cluster.get("ConfigMap", "none") is None
    assert some(space.cluster.get("Secret", "dsn"))["data"] == {"value": "czNjcmV0"}
    assert (space.cluster.exists("Secret", "dsn"), space.cluster.exists("Secret", "none")) == (True, False)
    assert space.cluster.exists("Namespace", space.name)


def test_list_goes_through_all_pages(space: Space) -> None:
    for i in range(7):
        space.cluster.create(configmap(f"c{i}") | {"metadata": {"name": f"c{i}", "labels": {"odd": str(i % 2)}}})
    names = [item["metadata"]["name"] for item in space.cluster.list("ConfigMap", page=3).items]
    assert sorted(names) == [f"c{i}" for i in range(7)]
    assert len(space.cluster.list("ConfigMap", "odd=1").items) == 3
    assert space.cluster.list("Secret").items == ()


def test_create_what_is_there(space: Space) -> None:
    space.cluster.create(configmap("one", a="1"))
    with pytest.raises(Conflict, match=r'\Aconfigmaps "one" already exists\Z'):
        space.cluster.create(configmap("one", a="2"))
    assert some(space.cluster.get("ConfigMap", "one"))["data"] == {"a": "1"}


def test_replace_needs_the_version_that_was_read(space: Space) -> None:
    first = space.cluster.create(configmap("one", a="1"))["metadata"]["resourceVersion"]
    space.cluster.replace(configmap("one", first, a="2"))
    with pytest.raises(Conflict, match="has been modified"):
        space.cluster.replace(configmap("one", first, a="3"))
    with pytest.raises(Conflict, match="has been modified"):
        space.cluster.patch("ConfigMap", "one", {"metadata": {"resourceVersion": first}, "data": {"a": "4"}})
    assert some(space.cluster.get("ConfigMap", "one"))["data"] == {"a": "2"}
    assert space.cluster.patch("ConfigMap", "one", {"data": {"a": None, "b": "5"}})["data"] == {"b": "5"}


def test_apply_owns_its_fields_and_takes_none(space: Space) -> None:
    path = f"/api/v1/namespaces/{space.name}/configmaps/one?fieldManager=kubectl"
    space.server.ask("PATCH", path, configmap("one", a="theirs", b="theirs"), "application/apply-patch+yaml")
    assert space.cluster.apply(configmap("one", c="ours"))["data"] == {"a": "theirs", "b": "theirs", "c": "ours"}
    with pytest.raises(Conflict, match=r'conflict with "kubectl": \.data\.a'):
        space.cluster.apply(configmap("one", a="ours", c="ours"))
    assert space.cluster.apply(configmap("one", a="ours"), force=True)["data"] == {"a": "ours", "b": "theirs"}


def test_delete(space: Space) -> None:
    uid = space.cluster.create(configmap("one"))["metadata"]["uid"]
    with pytest.raises(Conflict, match="UID in the precondition"):
        space.cluster.delete("ConfigMap", "one", "00000000-0000-0000-0000-000000000000")
    assert space.cluster.delete("ConfigMap", "one", uid)
    assert not space.cluster.delete("ConfigMap", "one", uid)


@pytest.mark.parametrize("verb", ["create", "apply"])
def test_a_dry_run_leaves_nothing(space: Space, verb: str) -> None:
    assert getattr(space.cluster, verb)(workflow("dry"), dry=True)["metadata"]["uid"]
    assert space.cluster.get("Workflow", "dry") is None


STRICT = {
    "an unknown field": (workflow("w", entrypont="x"), "spec.entrypont"),
    "one deep below": (
        workflow("w", templates=[{"name": "run", "container": {"image": "x", "imagePolicy": "y"}}]),
        "spec.templates[0].container.imagePolicy",
    ),
    "a wrong type": (workflow("w", parallelism="many"), "spec.parallelism"),
    "a wrong name": (workflow("Upper"), "metadata.name"),
    "a rule of Argo's": (workflow("w", templates=[{"name": "run", "container": {"image": "x"}, "suspend": {}}]),
                         "spec.templates"),
}  # fmt: skip


@pytest.mark.parametrize(("manifest", "field"), STRICT.values(), ids=list(STRICT))
@pytest.mark.parametrize("verb", ["create", "apply"])
def test_a_dry_run_is_strict(space: Space, manifest: dict[str, Any], field: str, verb: str) -> None:
    with pytest.raises(Rejected) as caught:
        getattr(space.cluster, verb)(manifest, dry=True)
    assert [cause.field for cause in caught.value.causes] == [field]


def test_what_we_may_do(space: Space) -> None:
    space.server.grant(space.name, "bot", ("create get", "argoproj.io", "workflows"))
    space.server.grant(space.name, "serviceaccount:runner", ("create patch", "argoproj.io", "workflowtaskresults"))
    ours = space.server.cluster(space.name, "bot")
    assert (ours.may("create", "Workflow"), ours.may("delete", "Workflow")) == (True, False)
    assert not ours.may("get", "Pod", below="log")
    assert space.cluster.may("delete", "CustomResourceDefinition")
    assert space.cluster.may("create", "WorkflowTaskResult", account="runner")
    assert not space.cluster.may("create", "WorkflowTaskResult", account="default")
    with pytest.raises(Rejected, match=r"account 'bot' may not create localsubjectaccessreviews \(auth"):
        ours.may("get", "Pod", account="runner")


def test_forbidden(space: Space) -> None:
    with pytest.raises(Rejected) as caught:
        space.server.cluster(space.name, "nobody").list("Workflow")
    assert (caught.value.status, caught.value.reason) == (403, "Forbidden")
    assert str(caught.value) == (
        f"the account 'nobody' may not list workflows (argoproj.io) in the namespace '{space.name}': "
        "bind a role with that right to it"
    )
    with pytest.raises(Rejected, match=r"'nobody' may not list customresourcedefinitions \(.*\) in the whole cluster:"):
        space.server.cluster(space.name, "nobody").list("CustomResourceDefinition")


def test_a_namespace_that_is_not_there(space: Space) -> None:
    with pytest.raises(Rejected, match=r"\Athe cluster has no namespace 'nowhere': check `manifests.namespace`"):
        space.server.cluster("nowhere").create(configmap("one"))


def test_release(space: Space) -> None:
    assert space.cluster.release() == (1, 34)


def test_watch(space: Space) -> None:
    space.cluster.create(configmap("before"))
    version = space.cluster.list("ConfigMap").version
    space.cluster.create(configmap("one") | {"metadata": {"name": "one", "labels": {"mine": "yes"}}})
    space.cluster.create(configmap("another"))
    space.cluster.patch("ConfigMap", "one", {"data": {"a": "1"}})
    space.cluster.delete("ConfigMap", "one")
    seen = [(kind, found["metadata"]["name"]) for kind, found in space.cluster.watch("ConfigMap", version, 1)]
    assert seen == [("ADDED", "one"), ("ADDED", "another"), ("MODIFIED", "one"), ("DELETED", "one")]
    mine = [kind for kind, _ in space.cluster.watch("ConfigMap", version, 1, labels="mine=yes")]
    assert mine == ["ADDED", "MODIFIED", "DELETED"]
