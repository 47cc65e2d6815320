"""The identities of examples/kubernetes.yaml, in their owners' hands and in a stranger's."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
import yaml

from bot.cluster import Access, Cluster
from bot.engines.argo import Argo
from bot.finding import Unproven
from bot.flags.configmap import ConfigMap
from bot.ledgers.configmap import ConfigMaps
from bot.ports import Scheduled
from bot.settings import Manifests
from bot.settings.kinds import ConfigMapFlags
from tests.conftest import EXAMPLES, Repo, sameday
from tests.docs.rights import ACCOUNTS
from tests.far.cluster import Server
from tests.kubernetes.test_check import IMAGE, bench
from tests.kubernetes.test_proof import DEEP, step, work

pytestmark = pytest.mark.slow

SHIPPED = [one for one in yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text(encoding="utf-8")) if one]
SPACE = "experiments"
ARGO = f"/apis/argoproj.io/v1alpha1/namespaces/{SPACE}"
CORE = f"/api/v1/namespaces/{SPACE}"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
MERGE, PATCH, APPLY = "application/merge-patch+json", "application/json-patch+json", "application/apply-patch+yaml"
POLICY = "sameday-check-tries-only"
PLURALS = {
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}


@dataclass(frozen=True)
class Identity:
    """Somebody with a token of a service account."""

    server: Server
    token: str

    @property
    def kubeconfig(self) -> str:
        """How a command becomes it."""
        return self.server.kubeconfig(token=self.token)

    @property
    def cluster(self) -> Cluster:
        """The namespace as it sees it."""
        return Cluster(Access(kubeconfig=self.kubeconfig), SPACE)

    def ask(self, method: str, path: str, body: Any = None, content: str = "application/json") -> tuple[int, str]:
        """What it is answered."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content}
        request = urllib.request.Request(self.server.url + path, data, headers, method=method)
        context = ssl.create_default_context(cafile=str(self.server.authority))
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def path_of(one: dict[str, Any]) -> str:
    """Where an object is kept."""
    group, _, version = one["apiVersion"].rpartition("/")
    base = f"/apis/{group}/{version}" if group else f"/api/{version}"
    below = f"/namespaces/{one['metadata']['namespace']}" if "namespace" in one["metadata"] else ""
    return f"{base}{below}/{PLURALS.get(one['kind'], one['kind'].lower() + 's')}/{one['metadata']['name']}"


def identity(server: Server, name: str, namespace: str = "sameday") -> Identity:
    """Whoever has a token of this account."""
    made = server.ask("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", {"spec": {}})
    return Identity(server, made["status"]["token"])


@pytest.fixture(scope="module")
def applied(apiserver: Server) -> Server:
    """A cluster to which the file was applied, with a few things of others in it."""
    for one in SHIPPED:
        apiserver.ask("PATCH", f"{path_of(one)}?fieldManager=kubectl", one, APPLY)
    apiserver.ask("POST", f"{CORE}/serviceaccounts", {"metadata": {"name": "default"}})  # a controller would
    for path, body in THEIRS.items():
        apiserver.ask("POST", path, {**body, "metadata": {"name": "theirs"}})
    check = identity(apiserver, "sameday-check")
    end = time.monotonic() + 30
    while POLICY not in check.ask("POST", f"{ARGO}/workflowtemplates", TEMPLATE)[1]:  # made by whoever makes it first
        apiserver.ask("DELETE", f"{ARGO}/workflowtemplates")
        assert time.monotonic() < end, "the policy is not in force"
        time.sleep(0.1)
    apiserver.ask("DELETE", f"{ARGO}/workflowtemplates")
    apiserver.ask("POST", f"{ARGO}/workflowtemplates", {**TEMPLATE, "metadata": {"name": "theirs"}})
    return apiserver


SPEC: dict[str, Any] = {"entrypoint": "x", "templates": [{"name": "x", "suspend": {}}]}
TEMPLATE: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate", "metadata": {"name": "mine"}, "spec": SPEC,
}  # fmt: skip
POD: dict[str, Any] = {"containers": [{"name": "main", "image": IMAGE}]}
RUNNING: dict[str, Any] = {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
                                                                                   "spec": POD}}  # fmt: skip
THEIRS: dict[str, dict[str, Any]] = {
    f"{ARGO}/workflows": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "spec": SPEC},
    f"{ARGO}/cronworkflows": {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow",
        "spec": {"schedules": ["0 4 * * *"], "workflowSpec": SPEC},
    },
    "/apis/argoproj.io/v1alpha1/clusterworkflowtemplates": {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "ClusterWorkflowTemplate", "spec": SPEC},
    f"{CORE}/pods": {"apiVersion": "v1", "kind": "Pod", "spec": POD},
    f"{CORE}/configmaps": {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}},
    f"{CORE}/secrets": {"apiVersion": "v1", "kind": "Secret", "stringData": {"key": "s3cret"}},
    f"{CORE}/serviceaccounts": {"apiVersion": "v1", "kind": "ServiceAccount"},
    f"/apis/coordination.k8s.io/v1/namespaces/{SPACE}/leases": {
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {"holderIdentity": "us"}},
    f"/apis/apps/v1/namespaces/{SPACE}/deployments": {
        "apiVersion": "apps/v1", "kind": "Deployment", "spec": RUNNING},
    f"/apis/batch/v1/namespaces/{SPACE}/jobs": {
        "apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {**POD, "restartPolicy": "Never"}}}},
    f"{RBAC}/namespaces/{SPACE}/roles": {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]},
    f"{RBAC}/clusterroles": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": []},
    "/api/v1/namespaces": {"apiVersion": "v1", "kind": "Namespace"},
}  # fmt: skip
KINDS = {**THEIRS, f"{ARGO}/workflowtemplates": {key: TEMPLATE[key] for key in ("apiVersion", "kind", "spec")}}
Tried = tuple[str, str, Any, str]


def attempts(path: str, body: dict[str, Any], dry: str = "") -> Iterator[Tried]:
    """Every way to make, change or remove objects of a kind; `dry` goes into each request."""
    label = {"metadata": {"labels": {"mine": "yes"}}}
    plain = "application/json"
    also, only = f"&{dry}" if dry else "", {"dryRun": ["All"]} if dry == "dryRun=All" else {}
    yield "POST", f"{path}?{dry}", {**body, "metadata": {"name": "mine"}}, plain
    yield "POST", f"{path}?{dry}", {**body, "metadata": {"generateName": "mine-"}}, plain
    yield "PATCH", f"{path}/mine?fieldManager=me{also}", {**body, "metadata": {"name": "mine"}}, APPLY
    yield "PATCH", f"{path}/theirs?fieldManager=me&force=true{also}", {**body, **label}, APPLY
    yield "PATCH", f"{path}/theirs?{dry}", label, MERGE
    yield "PATCH", f"{path}/theirs?{dry}", [{"op": "add", "path": "/metadata/labels", "value": {"mine": "yes"}}], PATCH
    yield "DELETE", f"{path}/theirs?{dry}", None, plain
    yield "DELETE", f"{path}/theirs?{dry}", {"gracePeriodSeconds": 0, **only}, plain
    if path != "/api/v1/namespaces":
        yield "DELETE", f"{path}?{dry}", None, plain


def below(dry: str) -> Iterator[Tried]:
    """What is asked of a part of an object, or done to what it stands for."""
    plain = "application/json"
    for account in ("default", "sameday-run", "sameday-executor", "theirs"):
        yield "POST", f"{CORE}/serviceaccounts/{account}/token?{dry}", {"spec": {}}, plain
    yield "POST", f"/api/v1/namespaces/sameday/serviceaccounts/sameday-release/token?{dry}", {"spec": {}}, plain
    for way in ("exec?command=id&container=main", "attach?container=main", "portforward?ports=80", "proxy/?"):
        for method in ("GET", "POST"):
            yield method, f"{CORE}/pods/theirs/{way}&{dry}", None, plain
    target = {"kind": "Node", "name": "n"}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "theirs"}, "target": target}
    yield "POST", f"{CORE}/pods/theirs/binding?{dry}", binding, plain
    if not dry:  # this one is an object by itself, of which a dry run leaves nothing
        yield "POST", f"{CORE}/bindings", binding, plain
    gone = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "theirs"}}
    yield "POST", f"{CORE}/pods/theirs/eviction?{dry}", gone, plain
    more = {"spec": {"ephemeralContainers": [{"name": "e", "image": IMAGE, "targetContainerName": "main"}]}}
    yield "PATCH", f"{CORE}/pods/theirs/ephemeralcontainers?{dry}", more, MERGE
    yield "PATCH", f"{CORE}/pods/theirs/status?{dry}", {"status": {"phase": "Failed"}}, MERGE
    scale = f"/apis/apps/v1/namespaces/{SPACE}/deployments/theirs/scale?{dry}"
    yield "PATCH", scale, {"spec": {"replicas": 9}}, MERGE


def everything(server: Server) -> dict[str, list[dict[str, Any]]]:
    """All objects of the kinds that are tried."""
    return {path: server.ask("GET", path)["items"] for path in KINDS}


@pytest.fixture
def stranger(applied: Server) -> Iterator[Identity]:
    """Whoever got hold of the check's token in a cluster that grants it everything: the policy stands alone."""
    who = identity(applied, "sameday-check")
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    subject = {"kind": "ServiceAccount", "name": "sameday-check", "namespace": "sameday"}
    binding = {"metadata": {"name": "too-much"}, "roleRef": role, "subjects": [subject]}
    applied.ask("POST", f"{RBAC}/clusterrolebindings", binding)
    end = time.monotonic() + 30
    while who.ask("GET", "/api/v1/nodes")[0] != 200:
        assert time.monotonic() < end, "the binding is not in force"
        time.sleep(0.1)
    yield who
    applied.ask("DELETE", f"{RBAC}/clusterrolebindings/too-much")


def test_a_stranger_with_every_right_does_nothing(stranger: Identity) -> None:
    before = everything(stranger.server)
    for path, body in KINDS.items():
        for tried in attempts(path, body):
            status, said = stranger.ask(*tried)
            assert status in (403, 422), (tried, said)
            assert POLICY in said, (tried, said)
    assert everything(stranger.server) == before


@pytest.mark.parametrize("dry", ["", "dryRun=All"])
def test_a_stranger_with_every_right_reaches_no_pod_and_gets_no_token(stranger: Identity, dry: str) -> None:
    """Whoever may make a token gets one by a dry run, too."""
    made = stranger.server.ask("POST", f"{CORE}/serviceaccounts/default/token?dryRun=All", {"spec": {}})
    assert made["status"]["token"], "which the policy is there for"
    before = everything(stranger.server)
    for tried in below(dry):
        status, said = stranger.ask(*tried)
        assert status >= 400, (tried, said)
        assert POLICY in said or "dryRun is not supported" in said, (tried, said)
    assert everything(stranger.server) == before


def test_a_dry_run_is_let_through(stranger: Identity) -> None:
    before = everything(stranger.server)
    for path, body in KINDS.items():
        for tried in attempts(path, body, "dryRun=All"):
            assert POLICY not in stranger.ask(*tried)[1], tried
    assert everything(stranger.server) == before


@pytest.mark.parametrize(
    "dry", ["dryRun=", "dryRun=None", "dryRun=all", "dryrun=All", "dryRun=All&dryRun=", "dryRun=false"]
)
def test_a_dry_run_that_is_none(stranger: Identity, dry: str) -> None:
    before = everything(stranger.server)
    for tried in attempts(f"{CORE}/configmaps", KINDS[f"{CORE}/configmaps"], dry):
        assert stranger.ask(*tried)[0] >= 400, tried
    assert everything(stranger.server) == before


def test_others_are_not_kept_from_anything(applied: Server) -> None:
    path = f"{CORE}/configmaps"
    applied.ask("POST", path, {"metadata": {"name": "ours"}})
    applied.ask("DELETE", f"{path}/ours")


def test_the_check_reads_no_secret_and_no_log(applied: Server) -> None:
    check = identity(applied, "sameday-check")
    for path in (f"{CORE}/secrets", f"{CORE}/secrets/theirs", f"{CORE}/pods/theirs/log", f"{CORE}/pods",
                 f"{ARGO}/workflows", "/api/v1/secrets", "/api/v1/namespaces/sameday/secrets"):  # fmt: skip
        status, said = check.ask("GET", path)
        assert status == 403, (path, said)
        assert "s3cret" not in said


def test_the_check_does_nothing_with_its_own_rights_either(applied: Server) -> None:
    check, before = identity(applied, "sameday-check"), everything(applied)
    for path, body in KINDS.items():
        for tried in attempts(path, body):
            assert check.ask(*tried)[0] in (403, 422), tried
    for dry in ("", "dryRun=All"):
        for tried in below(dry):
            assert check.ask(*tried)[0] >= 400, tried
    assert everything(applied) == before


SETTINGS = f"""\
engine: {{kind: argo}}
ledger: {{kind: configmap}}
manifests: {{image: {IMAGE}}}
repos: {{default: {{image: {IMAGE}}}}}
"""


def test_these_rights_are_enough_for_a_check(applied: Server, repo: Repo) -> None:
    """With a plan, which reads the ledger."""
    asked = bench(repo, applied, SPACE, identity(applied, "sameday-check").kubeconfig)
    repo.write("sameday.yaml", SETTINGS)
    repo.commit()
    repo.git("checkout", "-q", "-b", "mine")
    repo.write("experiments/other.yaml", "name: other\njobs: [{name: a, command: 'true'}]\n")
    repo.commit()
    said = asked.check("--base", "main")
    assert (said.code, said.err) == (0, ""), said.out
    assert "unproven manifest: dry run, full schema" in said.out
    planned = sameday("plan", "--base", "main", cwd=repo.root, env={"KUBECONFIG": asked.kubeconfig})
    assert (planned.code, planned.err) == (0, "")


def test_what_a_check_with_these_rights_leaves_unproven(applied: Server) -> None:
    check = identity(applied, "sameday-check").cluster
    said = list(engine(check).prove(work(step("one", secrets={"KEY": "theirs/key"}))))
    look = "is there: these credentials may not look"
    assert said == [
        DEEP,
        Unproven(
            "these credentials may not get workflows, list workflows, watch workflows, patch workflows, "
            "delete workflows, get workflowtemplates, list pods, get pods/log in the namespace 'experiments'; "
            "those of a release must"
        ),
        Unproven(f"whether the Secret 'theirs' {look}"),
        Unproven(f"whether the Secret 'sameday-executor.service-account-token' {look}"),
    ]


def engine(cluster: Cluster) -> Argo:
    return Argo(cluster, Manifests(image=IMAGE), partial(datetime.now, UTC), time.sleep)


def test_these_rights_are_enough_for_a_release(applied: Server) -> None:
    release = identity(applied, "sameday-release").cluster
    argo, wanted = engine(release), work(experiment="released")
    argo.apply(wanted)
    assert argo.applied(wanted)
    assert argo.submit(wanted).state == "running"
    argo.schedule(wanted, on=True)
    assert argo.scheduled("released") == Scheduled(wanted.key)
    assert list(argo.cancel("released", ())) == [wanted.run]
    ledger = ConfigMaps(release, "sameday", partial(datetime.now, UTC))
    with ledger.lease("us"):
        ledger.begin("a" * 40)
    assert ledger.baseline() == "a" * 40
    ConfigMap(release, ConfigMapFlags(kind="configmap")).publish({"released": None})
    for kind, below in (("Pod", ""), ("Pod", "log")):
        assert release.may("get" if below else "list", kind, below=below)
    assert identity(applied, "sameday-release").ask("GET", f"{CORE}/secrets/theirs")[0] == 403


@pytest.mark.parametrize("name", ["sameday-run", "sameday-executor"])
def test_what_runs_in_the_cluster_may_hardly_do_anything(applied: Server, name: str) -> None:
    """Neither its Secrets nor its pods, nor the objects of runs; the executor reports, and that is all."""
    who = identity(applied, name, SPACE)
    for path, body in KINDS.items():
        assert who.ask("GET", path)[0] == 403
        assert who.ask("POST", path, {**body, "metadata": {"name": "mine"}})[0] == 403
    result = {"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTaskResult", "metadata": {"name": name}}
    assert who.ask("POST", f"{ARGO}/workflowtaskresults", result)[0] == (201 if name == "sameday-executor" else 403)


@pytest.mark.parametrize("name", ACCOUNTS)
def test_what_is_shipped_is_what_is_asked_for(name: str) -> None:
    asked = {(one.verb, one.group, one.resource) for rights in ACCOUNTS[name].values() for one in rights}
    (role,) = (one for one in SHIPPED if one["kind"] == "Role" and one["metadata"]["name"] == name)
    shipped = {
        (verb, group, what)
        for rule in role["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for what in rule["resources"]
    }
    assert shipped == asked
