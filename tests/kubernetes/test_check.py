"""`sameday check` with a cluster: what it says, where it says it, and its exit code on bad days."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Repo, Said, sameday
from tests.far.cluster import Server, running
from tests.kubernetes.conftest import Space
from tests.kubernetes.test_proof import RIGHTS, quota, schedule

pytestmark = pytest.mark.slow

FOUND = re.compile(r"^experiments/demo\.yaml:(\d+:\d+): error \[manifest\.(\S+)\]", re.MULTILINE)
IMAGE = "registry/reco@sha256:" + "0" * 64
SETTINGS = f"""\
engine: {{kind: argo}}
manifests: {{namespace: NAMESPACE, image: {IMAGE}}}
repos:
  default: {{image: {IMAGE}}}
  reco: {{image: {IMAGE}, service_account: runner, secrets: {{KEY: gone/key}}}}
"""
EXPERIMENT = """\
name: demo
schedule: {cron: "0 4 * * *"}
jobs:
  - {name: small, command: "true", resources: {memory: 1Gi}}
  - name: large
    command: "true"
    resources: {memory: 64Gi}
"""


@dataclass(frozen=True)
class Bench:
    """A repository whose engine is a namespace of a cluster."""

    repo: Repo
    kubeconfig: str

    def check(self, *words: str) -> Said:
        """Run the manifest check as a user does."""
        return sameday("check", "--only", "manifest", *words, cwd=self.repo.root, env={"KUBECONFIG": self.kubeconfig})

    def reason(self) -> str:
        """Why the check could not be made: one line, with exit code 3."""
        said = self.check()
        assert (said.code, said.err) == (3, "")
        (line,) = (line for line in said.out.splitlines() if "errored" in line)
        told = json.loads(self.check("--format", "json").out)
        assert told["verdict"] == "unknown"
        (check,) = (check for check in told["experiments"][0]["checks"] if check["id"] == "manifest")
        assert check["outcome"] == "errored"
        assert check["reason"] in line
        assert "token-of" not in said.out
        return str(check["reason"])


def bench(repo: Repo, server: Server, namespace: str, kubeconfig: str = "", text: str = EXPERIMENT) -> Bench:
    repo.write("sameday.yaml", SETTINGS.replace("NAMESPACE", namespace))
    repo.write("experiments/demo.yaml", text)
    return Bench(repo, kubeconfig or server.kubeconfig())


def findings(said: Said) -> list[tuple[str, str]]:
    """Place and rule of each finding."""
    return FOUND.findall(said.out)


def test_all_is_well(repo: Repo, space: Space) -> None:
    space.server.executor(space.name)
    said = bench(repo, space.server, space.name).check()
    assert (said.code, said.err) == (0, "")
    assert (
        "unproven manifest: dry run, full schema: not that images can be pulled, nor that nodes have room" in said.out
    )
    assert space.cluster.list("Workflow").items == ()


def test_what_is_wrong_stands_at_its_line(repo: Repo, space: Space) -> None:
    space.server.executor(space.name)
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{space.name}/cronworkflows"
    space.server.ask("POST", path, schedule("demo"))
    quota(space, {}, **{"requests.memory": "8Gi"})
    text = EXPERIMENT + '  - {name: other, command: "true", option: {repo: reco}}\n'
    asked = bench(repo, space.server, space.name, text=text)
    said = asked.check()
    for _ in range(4):
        if "manifest.quota" not in said.out:  # admission's cache of quotas is a moment behind
            said = asked.check()
    assert said.code == 1
    assert findings(said) == [
        ("2:18", "taken"), ("7:5", "quota"), ("8:51", "missing"), ("8:51", "account"),
    ]  # fmt: skip


def test_nothing_listens(repo: Repo, apiserver: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{free.getsockname()[1]}"
    file = apiserver.kubeconfig(url=url)
    line = bench(repo, apiserver, "x", file).reason()
    where = f"the cluster {url} (the current context of {file}; check `engine.context`)"
    assert line == f"{where} did not answer: nothing listens there"


def test_credentials_that_have_expired(repo: Repo, apiserver: Server) -> None:
    line = bench(repo, apiserver, "x", apiserver.kubeconfig(token="expired")).reason()
    assert line.endswith("does not know us: our credentials are missing or expired; log in to it again")


def test_no_credentials(repo: Repo, apiserver: Server, tmp_path: Path) -> None:
    line = bench(repo, apiserver, "x", str(tmp_path / "none")).reason()
    assert line.startswith(f"no cluster in {tmp_path / 'none'}: ")
    assert line.endswith("; check `engine.context` and KUBECONFIG")


def test_an_unreachable_cluster_that_may_be_passed_over(repo: Repo, apiserver: Server, tmp_path: Path) -> None:
    asked = bench(repo, apiserver, "x", str(tmp_path / "none"))
    repo.write("sameday.yaml", (repo.root / "sameday.yaml").read_text() + "unreachable: {manifest: warn}\n")
    assert asked.check().code == 0


def test_wrong_namespace(repo: Repo, apiserver: Server) -> None:
    said = bench(repo, apiserver, "nowhere").check()
    assert said.code == 1
    assert "experiments/demo.yaml:1:7: error [manifest.namespace] the cluster has no namespace 'nowhere'\n" in said.out
    assert "check `manifests.namespace` in the settings" in said.out


def test_forbidden(repo: Repo, space: Space) -> None:
    said = bench(repo, space.server, space.name, space.server.kubeconfig("nobody")).check()
    assert said.code == 1
    assert "error [manifest.forbidden] the Workflow demo-" in said.out
    assert f"the account 'nobody' may not create workflows (argoproj.io) in the namespace '{space.name}'" in said.out


def test_cluster_without_argo(repo: Repo) -> None:
    with running(None) as server:
        name = server.namespace()
        server.grant(name, "bot", *RIGHTS)
        said = bench(repo, server, name, server.kubeconfig("bot")).check()
    assert said.code == 1
    place = "experiments/demo.yaml:1:7: error"
    assert f"{place} [manifest.definitions] Argo Workflows is not installed in the cluster\n" in said.out


def told(repo: Repo, settings: str, kubeconfig: Path, *words: str) -> str:
    """The one line with which a command that reads the ledger fails."""
    repo.write("sameday.yaml", settings)
    repo.write("experiments/demo.yaml", "name: demo\njobs: [{name: a, command: 'true'}]\n")
    repo.commit()
    said = sameday(*words, cwd=repo.root, env={"KUBECONFIG": str(kubeconfig)})
    assert said.code == 3, said
    (line,) = said.err.splitlines()
    return line


@pytest.mark.parametrize("words", [("status",), ("plan",), ("release",), ("rollback", "demo")], ids=" ".join)
def test_ledger_that_cannot_be_reached(repo: Repo, words: tuple[str, ...], tmp_path: Path) -> None:
    line = told(repo, "engine: {kind: local}\nledger: {kind: configmap}\n", tmp_path / "none", *words)
    assert line.startswith(f"sameday: no cluster in {tmp_path / 'none'}: ")
    assert line.endswith("; check `ledger.context` and KUBECONFIG")


CHOSEN = {
    "engine: {kind: argo}\nledger: {kind: configmap, context: mine}": "ledger.context",
    "engine: {kind: argo, context: mine}\nledger: {kind: configmap}": "engine.context",
    "engine: {kind: local}\nledger: {kind: configmap}": "ledger.context",
}


@pytest.mark.parametrize(("settings", "setting"), CHOSEN.items())
def test_ledger_is_beside_the_engine(repo: Repo, apiserver: Server, settings: str, setting: str) -> None:
    """Unless it says something else; whatever chose the cluster is what is to be checked."""
    file = Path(apiserver.kubeconfig(token="expired"))
    file.write_text(file.read_text().replace('"test"', '"mine"'))
    line = told(repo, settings, file, "status")
    context = "context 'mine'" if "mine" in settings else "the current context"
    assert line.startswith(
        f"sameday: the cluster {apiserver.url} ({context} of {file}; check `{setting}`) does not know us"
    )


@pytest.mark.parametrize("namespace", [None, "own"])
def test_ledger_is_where_the_manifests_go(repo: Repo, space: Space, namespace: str | None) -> None:
    own = space.server.namespace() if namespace else ""
    ledger = f"{{kind: configmap, namespace: {own}}}" if own else "{kind: configmap}"
    repo.write("sameday.yaml", f"engine: {{kind: local}}\nledger: {ledger}\nmanifests: {{namespace: {space.name}}}\n")
    repo.commit()
    env = {"KUBECONFIG": space.server.kubeconfig()}
    assert sameday("release", cwd=repo.root, env=env).code == 0
    found = {name: space.server.cluster(name).get("ConfigMap", "sameday") for name in (space.name, own) if name}
    assert [name for name, configmap in found.items() if configmap] == [own or space.name]
