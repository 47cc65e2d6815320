"""What a real cluster says of a run before the merge, and that nothing of it is there afterwards."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest

from bot.cluster import Access, Cluster
from bot.engines.argo import Argo
from bot.experiment.model import Output
from bot.experiment.schedule import Schedule
from bot.finding import Unproven
from bot.ports import Objection, Scheduled, Step, Work
from bot.settings import Manifests
from tests.far.cluster import Server, running
from tests.far.cluster_proxy import Proxy
from tests.kubernetes.conftest import Space

pytestmark = pytest.mark.slow

DEEP = Unproven("dry run, full schema: not that images can be pulled, nor that nodes have room")
DAY = date(2026, 11, 25)
KINDS = ("Workflow", "WorkflowTemplate", "CronWorkflow", "Pod")
RIGHTS = (
    ("get list watch create patch delete", "argoproj.io", "workflows"),
    ("get create patch", "argoproj.io", "workflowtemplates cronworkflows"),
    ("list create", "", "pods"),
    ("get", "", "pods/log serviceaccounts secrets namespaces"),
    ("create", "authorization.k8s.io", "localsubjectaccessreviews"),
)


def step(name: str = "one", **values: Any) -> Step:
    plain = {"argv": ("true",), "image": "registry/reco@sha256:" + "0" * 64, "timeout": 60}
    return Step(name=name, **{**plain, **values})


def work(*steps: Step, **values: Any) -> Work:
    plain = {"experiment": "demo", "key": "0badcafe", "date": DAY, "schedule": Schedule(cron="0 4 * * *")}
    return Work(**{**plain, "steps": steps or (step(),), **values})


def engine(cluster: Cluster, **options: Any) -> Argo:
    chosen = Manifests(**{"namespace": cluster.namespace, "image": "registry/sameday", **options})
    return Argo(cluster, chosen, partial(datetime.now, UTC), time.sleep)


def prove(space: Space, *steps: Step, user: str = "admin", **values: Any) -> list[Objection | Unproven]:
    """What is said, after making sure that nothing is there."""
    before = {kind: space.cluster.list(kind).items for kind in KINDS}
    said = list(engine(space.server.cluster(space.name, user)).prove(work(*steps, **values)))
    assert {kind: space.cluster.list(kind).items for kind in KINDS} == before
    return said


@pytest.fixture
def ready(space: Space) -> Space:
    """A namespace in which runs can run."""
    space.server.executor(space.name)
    return space


def test_all_is_well(ready: Space) -> None:
    assert prove(ready) == [DEEP]


def test_rights_within_the_namespace_are_enough(ready: Space) -> None:
    """Whoever may not read definitions, which belong to the whole cluster, learns the depth by trying."""
    ready.server.grant(ready.name, "bot", *RIGHTS)
    assert prove(ready, user="bot") == [DEEP]


def test_what_is_not_allowed_is_not_proven(ready: Space) -> None:
    """The credentials of a check need not be those of a release."""
    ready.server.grant(ready.name, "reader", ("create", "argoproj.io", "workflows"))
    ready.server.grant(ready.name, "reader", ("get create patch", "argoproj.io", "workflowtemplates cronworkflows"))
    assert prove(ready, step(secrets={"KEY": "reco/key"}), user="reader") == [
        DEEP,
        Unproven(
            "these credentials may not get workflows, list workflows, watch workflows, patch workflows, "
            f"delete workflows, list pods, get pods/log in the namespace '{ready.name}'; those of a release must"
        ),
        Unproven("whether the Secret 'reco' is there: these credentials may not look"),
        Unproven("whether the service account 'default' is there: these credentials may not look"),
        Unproven("whether the service account 'sameday-executor' is there: these credentials may not look"),
        Unproven("what the service account 'sameday-executor' may do: these credentials may not ask"),
        Unproven("what quotas and admission say of the pods: these credentials may not create Pods"),
    ]


def test_nothing_is_allowed(ready: Space) -> None:
    said = prove(ready, user="nobody")
    assert said[0] == Unproven("no dry run: these credentials may not create Workflows")
    forbidden = [one for one in said if isinstance(one, Objection)]
    assert {one.kind for one in forbidden} == {"forbidden"}
    assert "the account 'nobody' may not create workflows (argoproj.io) in the namespace" in forbidden[-1].message
    assert "check `engine.context` and `manifests.namespace`" in forbidden[0].hint


def test_namespace_that_is_not_there(apiserver: Server) -> None:
    said = list(engine(apiserver.cluster("nowhere")).prove(work()))
    message = "the cluster has no namespace 'nowhere'"
    assert said == [Objection("namespace", message, "check `manifests.namespace` in the settings")]


def test_service_account_that_is_not_there(ready: Space) -> None:
    said = prove(ready, step("one"), step("two", service_account="runner"), step("three", service_account="runner"))
    assert said == [
        DEEP,
        Objection(
            "account", f"the service account 'runner' is not in the namespace '{ready.name}'",
            "create it, or change `service_account` in the settings (`repos`)", "two", "repo",
        ),
    ]  # fmt: skip


def test_executor_that_may_not_report(space: Space) -> None:
    space.server.executor(space.name, "create")
    message = "the service account 'sameday-executor' may not patch WorkflowTaskResults"
    hint = "Argo's part of every pod needs it: bind a role with it to the account"
    assert prove(space) == [DEEP, Objection("account", message, hint)]


def test_executor_that_is_not_there(space: Space) -> None:
    """Without one, Argo would want a token in the reach of every job."""
    message = f"the service account 'sameday-executor' is not in the namespace '{space.name}'"
    hint = "create it, or change `executor` in the settings (`manifests`)"
    assert prove(space) == [DEEP, Objection("account", message, hint)]


@pytest.mark.parametrize("way", ["name", "annotation", "list"])
def test_executor_without_a_token(space: Space, way: str) -> None:
    """Argo looks for the token's Secret in three places, in this order backwards."""
    space.server.executor(space.name)
    there = f"/api/v1/namespaces/{space.name}"
    if way == "name":
        space.server.ask("DELETE", f"{there}/secrets/sameday-executor.service-account-token")
        wanted = "sameday-executor.service-account-token"
    else:
        wanted = "gone"
        named = {"metadata": {"annotations": {"workflows.argoproj.io/service-account-token.name": wanted}}}
        change = named if way == "annotation" else {"secrets": [{"name": wanted}]}
        path = f"{there}/serviceaccounts/sameday-executor"
        space.server.ask("PATCH", path, change, "application/merge-patch+json")
    message = f"the Secret '{wanted}' is not in the namespace '{space.name}'"
    hint = "create it, or change what the settings refer to"
    assert prove(space) == [DEEP, Objection("missing", message, hint, about="repo")]


def test_account_of_its_own_tasks(ready: Space) -> None:
    output = Output.model_validate({"table": "main.a", "job": "one", "columns": {"id": "INT64"}})
    message = f"the service account 'sameday-run' is not in the namespace '{ready.name}'"
    hint = "create it, or change `service_account` in the settings (`manifests`)"
    assert prove(ready, outputs={"a": output}) == [DEEP, Objection("account", message, hint)]


def test_secrets(ready: Space) -> None:
    ready.put("Secret", "there", stringData={"key": "s3cret"})
    said = prove(
        ready, step("one", secrets={"A": "there/key", "B": "gone/key"}), step("two", secrets={"B": "gone/key"})
    )
    message = f"the Secret 'gone' is not in the namespace '{ready.name}'"
    hint = "create it, or change what the settings refer to"
    assert said == [DEEP, Objection("missing", message, hint, "one", "repo")]


def test_object_that_the_schema_refuses(ready: Space) -> None:
    said = [one for one in prove(ready, step("one"), step("no name")) if isinstance(one, Objection)]
    assert [(one.kind, one.step, one.about) for one in said] == [("refused", "no name", "name")]
    where = "spec.templates[0].dag.tasks[1].name"
    assert said[0].message.startswith(f"the cluster does not take the WorkflowTemplate demo-0badcafe: {where}: ")


def test_more_kinds_of_jobs_than_the_schema_takes(ready: Space) -> None:
    """Argo's full definitions hold 200 templates, its minimal ones any number."""
    many = [step(f"job-{i}", argv=("echo", str(i))) for i in range(200)]
    said = [one for one in prove(ready, *many) if isinstance(one, Objection)]
    assert [(one.kind, one.step, one.about) for one in said] == [("refused", None, "jobs")]
    assert said[0].message.endswith(": spec.templates: Too many: 201: must have at most 200 items")


def test_pod_security(ready: Space) -> None:
    label = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    ready.server.ask("PATCH", f"/api/v1/namespaces/{ready.name}", label, "application/merge-patch+json")
    (_, said) = prove(ready, step("one"))
    assert isinstance(said, Objection)
    assert (said.kind, said.step, said.about) == ("refused", "one", "repo")
    assert said.message.startswith("the cluster does not take the pod of the job 'one': pods \"sameday-trial-")
    assert 'violates PodSecurity "restricted:latest"' in said.message
    assert "runAsNonRoot" in said.message, "what the image's user is, nobody but its maker knows"
    assert not any(word in said.message for word in ("allowPrivilegeEscalation", "capabilities", "seccomp"))


def quota(space: Space, used: dict[str, str], **hard: str) -> None:
    """A quota as the controller, which does not run here, would keep it."""
    made = space.put("ResourceQuota", "team", spec={"hard": hard})
    made["status"] = {"hard": hard, "used": {name: used.get(name, "0") for name in hard}}
    path = f"/api/v1/namespaces/{space.name}/resourcequotas/team"
    space.server.ask("PUT", f"{path}/status", made)
    end = time.monotonic() + 10
    while "status" not in space.server.ask("GET", path) and time.monotonic() < end:
        time.sleep(0.05)


def settled(space: Space, *steps: Step) -> list[Objection | Unproven]:
    """The proof once admission knows of the quota: its cache is a moment behind."""
    end = time.monotonic() + 10
    while len(said := prove(space, *steps)) == 1 and time.monotonic() < end:
        time.sleep(0.1)
    return said


def test_job_that_is_larger_than_the_quota(ready: Space) -> None:
    quota(ready, {}, **{"requests.memory": "8Gi"})
    said = settled(ready, step("small", memory="1Gi"), step("large", memory="64Gi"))
    (objection,) = (one for one in said if isinstance(one, Objection))
    assert (objection.kind, objection.step, objection.about) == ("quota", "large", "resources")
    assert objection.message.startswith("the pod of the job 'large' never fits into the quota: ")
    assert "requested: requests.memory=64Gi, used: requests.memory=0, limited: requests.memory=8Gi" in objection.message


def test_quota_that_is_used_up_now(ready: Space) -> None:
    """Argo waits until there is room."""
    quota(ready, {"requests.cpu": "9500m"}, **{"requests.cpu": "10"})
    (_, said) = settled(ready, step(cpu="1"))
    assert isinstance(said, Unproven)
    assert said.reason.startswith("the pod of the job 'one' fits into the quota 'team', but not now: ")


def test_quota_that_wants_every_pod_to_ask(ready: Space) -> None:
    quota(ready, {}, **{"requests.cpu": "10"})
    (_, said) = settled(ready)
    assert isinstance(said, Objection)
    assert (said.kind, said.step, said.about) == ("refused", "one", "resources")
    assert "must specify requests.cpu" in said.message


def test_quota_of_workflows(ready: Space) -> None:
    quota(ready, {"count/workflows.argoproj.io": "5"}, **{"count/workflows.argoproj.io": "5"})
    (_, said) = settled(ready)
    assert isinstance(said, Unproven)
    assert said.reason.startswith("the Workflow demo-0badcafe-20261125 fits into the quota 'team', but not now: ")


def schedule(name: str, **meta: Any) -> dict[str, Any]:
    spec = {
        "schedules": ["0 1 * * *"],
        "workflowSpec": {"entrypoint": "x", "templates": [{"name": "x", "suspend": {}}]},
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": name, **meta},
        "spec": spec,
    }


@pytest.mark.parametrize("adopt", [False, True])
def test_schedule_of_somebody_else(ready: Space, adopt: bool) -> None:
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{ready.name}/cronworkflows"
    ready.server.ask("POST", path, schedule("demo"))
    said = prove(ready, schedule=Schedule(cron="0 4 * * *", adopt=adopt))
    message = "a CronWorkflow demo is there that sameday did not make"
    taken = Objection("taken", message, "`schedule: {adopt: true}` takes it over", about="cron")
    assert said == ([DEEP] if adopt else [DEEP, taken])


def test_object_that_somebody_changed(ready: Space) -> None:
    argo = engine(ready.cluster)
    argo.apply(work())
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{ready.name}/workflowtemplates/demo-0badcafe?fieldManager=kubectl"
    ready.server.ask("PATCH", path, {"spec": {"parallelism": 1}}, "application/merge-patch+json")
    (_, said) = prove(ready)
    assert isinstance(said, Objection)
    assert said.kind == "taken"
    assert 'conflict with "kubectl"' in said.message
    assert "spec.parallelism" in said.message


def test_what_is_released_already_is_no_fault(ready: Space) -> None:
    argo = engine(ready.cluster)
    argo.apply(work())
    argo.submit(work())
    argo.schedule(work(), on=True)
    assert prove(ready) == [DEEP]


def test_cluster_that_does_not_hear_of_the_dry_run(ready: Space, proxy: Proxy) -> None:
    """A proxy that drops what it does not know from requests: the run must not start."""
    proxy.drops = "dryRun"
    cluster = Cluster(Access(kubeconfig=ready.server.kubeconfig(url=proxy.url)), ready.name)
    live = engine(ready.cluster)
    live.apply(work())
    live.schedule(work(), on=True)
    before = {kind: ready.cluster.list(kind).items for kind in KINDS}
    (said,) = engine(cluster).prove(work(key="feedbeef"))
    assert isinstance(said, Objection)
    made = r"the cluster made the Workflow sameday-trial-\w+ though it was asked for a dry run; it is removed again"
    assert re.fullmatch(made, said.message)
    assert said.hint == "look for a proxy or a webhook that drops `dryRun` from requests"
    assert {kind: ready.cluster.list(kind).items for kind in KINDS} == before
    assert live.scheduled("demo") == Scheduled("0badcafe"), "what is live still is"


def test_cluster_that_does_not_hear_of_the_dry_run_nor_lets_us_delete(ready: Space, proxy: Proxy) -> None:
    proxy.drops = "dryRun"
    ready.server.grant(ready.name, "reader", ("create", "argoproj.io", "workflows"))
    cluster = Cluster(Access(kubeconfig=ready.server.kubeconfig("reader", url=proxy.url)), ready.name)
    (said,) = engine(cluster).prove(work())
    assert isinstance(said, Objection)
    (left,) = ready.cluster.list("Workflow").items
    assert f"made the Workflow {left['metadata']['name']} though" in said.message
    assert "remove it, which these credentials cannot: " in said.message


@pytest.fixture(scope="module")
def minimal() -> Iterator[Server]:
    """A cluster with Argo as it is installed by default before 4.0."""
    with running("minimal") as started:
        yield started


def test_minimal_definitions(minimal: Server) -> None:
    name = minimal.namespace()
    minimal.executor(name)
    minimal.grant(name, "bot", *RIGHTS)
    shallow = Unproven("dry run, minimal schema: the installed resource definitions let nearly everything pass")
    for user in ("admin", "bot"):
        assert list(engine(minimal.cluster(name, user)).prove(work(step("no name")))) == [shallow]


def test_older_definitions(minimal: Server) -> None:
    """As of 3.7, in full: with `schedule`, without what 4.1 brought."""
    spec = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    template = {**spec, "properties": {"annotations": spec}}
    fields = {
        "workflows": {"templates": {"type": "array", "items": template}},
        "cronworkflows": {"schedule": {"type": "string"}, "schedules": {"type": "array", "items": {"type": "string"}}},
    }
    for plural, properties in fields.items():
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.argoproj.io"
        where = "/spec/versions/0/schema/openAPIV3Schema/properties/spec"
        change = [{"op": "replace", "path": where, "value": {**spec, "properties": properties}}]
        minimal.ask("PATCH", path, change, "application/json-patch+json")
    said = next(engine(minimal.cluster(minimal.namespace())).prove(work()))
    message = "the installed resource definitions are of Argo 3.7; the settings say 4.1"
    hint = "upgrade Argo with its resource definitions, or set `engine.version`"
    assert said == Objection("definitions", message, hint)


def test_cluster_without_argo() -> None:
    with running(None) as server:
        name = server.namespace()
        server.grant(name, "bot", *RIGHTS)
        wanted = [Objection("definitions", "Argo Workflows is not installed in the cluster", "check `engine.context`")]
        for user in ("admin", "bot"):
            assert list(engine(server.cluster(name, user)).prove(work())) == wanted


def test_two_thousand_jobs_are_taken(ready: Space) -> None:
    """Argo's definitions take 200 tasks in a graph, and 200 templates."""
    steps = [step(f"shard-{n}", argv=("sh", "-c", f"echo {n}"), dependencies=(f"shard-{n // 2}",) if n else ())
             for n in range(2_000)]  # fmt: skip
    assert prove(ready, *steps) == [DEEP]
