"""Every production backend away at once: each is told for itself, and nothing crashes."""

from __future__ import annotations

import pytest

from tests.conftest import Repo

pytestmark = pytest.mark.slow

DIGEST = "sha256:" + "1" * 64
SETTINGS = f"""\
engine: {{kind: argo}}
warehouse: {{kind: bigquery, project: acme-data, dataset: reco}}
stores: {{serving: {{kind: postgresql}}}}
flags: {{kind: configmap}}
ledger: {{kind: configmap}}
repos: {{default: {{image: "registry/reco@{DIGEST}"}}}}
"""
EXPERIMENT = """\
name: reco
jobs: [{name: infer, command: infer}]
outputs:
  scores: {table: reco.a, job: infer, columns: {user_id: STRING}, sync: {store: serving, table: a}}
"""


@pytest.fixture
def away(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository with one experiment, and nothing that answers."""
    values = {
        "KUBECONFIG": str(repo.root / "none"), "SAMEDAY_POSTGRESQL_DSN": "host=127.0.0.1 port=1 password=secret",
        "NO_GCE_CHECK": "true", "CLOUDSDK_CONFIG": str(repo.root / "none"), "HOME": str(repo.root),
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    repo.write("sameday.yaml", SETTINGS)
    repo.write("experiments/reco.yaml", EXPERIMENT)
    repo.commit("all of it elsewhere")
    return repo


def test_check(away: Repo) -> None:
    said = away.sameday("check")
    lines = {line.split(":")[0].split()[1]: line for line in said.out.splitlines() if line.startswith("  errored")}
    assert (said.code, said.err, sorted(lines)) == (3, "", ["manifest", "sync", "tables"])
    assert "PostgreSQL did not answer" in lines["sync"]
    assert "gcloud auth application-default login" in lines["tables"]
    assert "engine.context" in lines["manifest"]
    assert "secret" not in said.out


@pytest.mark.parametrize("command", [["release"], ["status"], ["run", "reco"], ["rollback", "reco"]])
def test_what_needs_the_cluster(away: Repo, command: list[str]) -> None:
    said = away.sameday(*command)
    assert said.code == 3
    assert said.err.startswith("sameday: no cluster in ")
    assert said.err.count("\n") == 1


def test_what_cannot_be_opened_is_told_and_the_rest_is_checked(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop without the production's connection string: the other checks say what they have to say."""
    monkeypatch.delenv("SAMEDAY_POSTGRESQL_DSN", raising=False)
    repo.write("sameday.yaml", "warehouse: {kind: folder}\nstores: {serving: {kind: postgresql}}\n")
    repo.write("experiments/reco.yaml", EXPERIMENT)
    said = repo.sameday("check")
    assert (said.code, said.err) == (3, "")
    assert "passed   schema code dag dates flags" in said.out
    assert "  errored  sync: SAMEDAY_POSTGRESQL_DSN is not set: it holds the connection string" in said.out
    assert said.out.endswith("1 experiment: unknown: not every check could be made\n")
    repo.write("experiments/reco.yaml", EXPERIMENT.replace("job: infer", "job: infr"))
    assert repo.sameday("check").code == 1, "a fault is a fault"
