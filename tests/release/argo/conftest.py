"""The same small experiment on a cluster with Argo."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from bot.ledgers.configmap import ConfigMaps
from bot.ledgers.sqlite import LedgerFile
from bot.ports import STEPS, Entry
from bot.settings.kinds import SqliteLedger
from tests.clock import steady_date
from tests.far.argo.real import Real
from tests.far.argo.stack import Stack
from tests.release.conftest import Site

SETTINGS = """\
engine: {{kind: argo, context: test}}
warehouse: {{kind: folder, dataset: main}}
stores: {{serving: {{kind: sqlite}}}}
flags: {{kind: folder}}
ledger: {{kind: {ledger}}}
manifests:
  {{namespace: {namespace}, image: "registry/sameday@sha256:{digits}", webhook: alarm/address, retry: {{wait: 1s}}}}
repos: {{default: {{image: "registry/reco@sha256:{digits}", secrets: {{API_KEY: reco/key}}}}}}
ignorable: [flags.small-arm]
"""
WAITING = "timeout 60 sh -c 'while [ ! -e gate ]; do sleep 0.02; done'"  # a job's command, or the first part of it
RELEASED = [(step, state) for step in STEPS for state in ("started", "done")]
NOTHING = "nothing differs from what is released\n"
IN_SQLITE = pytest.mark.parametrize("ledger_kind", ["sqlite"])
"""For tests that tell nothing of the ledger: one kind of it is enough."""
Start = Callable[..., subprocess.Popen[bytes]]
Until = Callable[[Callable[[], object]], None]


@dataclass(frozen=True)
class ArgoSite:
    """A repository whose engine is a cluster. What it shares with one of the embedded stack is the plain one's."""

    plain_site: Any
    controller: Real
    ledger_port: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain_site, name)

    def ledger(self, name: str = "reco") -> Sequence[Entry]:
        """All entries of an experiment."""
        entries: Mapping[str, Sequence[Entry]] = self.ledger_port.entries()
        return entries.get(name, ())

    def steps(self, name: str = "reco") -> list[tuple[str, str]]:
        """Each entry's step and state."""
        return [(entry.step, entry.state) for entry in self.ledger(name)]

    def workflows(self) -> list[dict[str, Any]]:
        """What Argo knows."""
        return self.controller.all("workflows")

    def runs(self) -> list[str]:
        """The names of the workflows."""
        return sorted(workflow["metadata"]["name"] for workflow in self.workflows())

    def cron(self, name: str = "reco") -> Any:
        """The schedule."""
        return self.controller.get("cronworkflows", name)

    def scheduled(self, name: str = "reco") -> str | None:
        """The spec key that the schedule starts."""
        cron = self.cron(name)
        if cron is None or cron["spec"]["suspend"]:
            return None
        return str(cron["spec"]["workflowSpec"]["workflowTemplateRef"]["name"].rpartition("-")[2])

    def published(self, name: str = "reco") -> Any:
        """The flag, where the set is in the cluster."""
        kept = self.controller.api.call("GET", f"/api/v1/namespaces/{self.controller.namespace}/configmaps/experiments")
        return json.loads(kept["data"]["experiments.flagd.json"])["flags"].get(name)

    def give_back(self) -> None:
        """End the right to release, as its time does when whoever has it is killed."""
        place = f"/apis/coordination.k8s.io/v1/namespaces/{self.controller.namespace}/leases"
        for lease in self.controller.api.call("GET", place)["items"]:
            self.controller.api.call("DELETE", f"{place}/{lease['metadata']['name']}")

    def fire(self, day: date, name: str = "reco") -> str | None:
        """What the schedule does on a day, at four in the morning."""
        return self.controller.fire(name, datetime(day.year, day.month, day.day, 4, tzinfo=UTC))

    def phase(self, name: str) -> str:
        """How a workflow stands."""
        workflow = self.controller.get("workflows", name)
        return str((workflow or {}).get("status", {}).get("phase", ""))

    def output(self) -> str:
        """What the commands that were started have said."""
        return str((self.repo.root.parent / "output").read_text(encoding="utf-8"))

    def delete(self, name: str) -> None:
        """Remove a workflow, as its time to live does."""
        self.controller.api.call("DELETE", self.controller.path("workflows", name))


def at_work(site: ArgoSite, until: Until) -> str:
    """The release's run, once its job is at work."""
    until(lambda: [pod["status"]["phase"] for pod in site.controller.pods("infer")] == ["Running"])
    (run,) = site.runs()
    return run


def settings(site: ArgoSite, old: str, new: str) -> None:
    """Change the settings."""
    text = (site.repo.root / "sameday.yaml").read_text()
    assert old in text
    site.repo.write("sameday.yaml", text.replace(old, new))
    site.repo.commit("other settings")


@pytest.fixture(params=["sqlite", "configmap"])
def ledger_kind(request: pytest.FixtureRequest) -> str:
    """Where the ledger is."""
    return str(request.param)


@pytest.fixture
def on_argo(ledger_kind: str, site: Site, real_argo: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[ArgoSite]:
    """A repository whose baseline was recorded while it was empty."""
    controller = Real.begin(real_argo, site.repo.root)
    server, namespace = controller.server, controller.namespace
    monkeypatch.setenv("KUBECONFIG", server.kubeconfig("bot"))
    settings = SETTINGS.format(ledger=ledger_kind, namespace=namespace, digits="1" * 64)
    site.repo.write("sameday.yaml", settings)
    (site.kept / "warehouse").mkdir(parents=True)
    commit = site.repo.commit("on a cluster")
    ledger: Any = LedgerFile(SqliteLedger(path=str(site.kept / "ledger.sqlite")))
    if ledger_kind == "configmap":
        ledger = ConfigMaps(server.cluster(namespace, "bot"), "sameday", partial(datetime.now, UTC))
        ledger.begin(commit)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "reco"}, "stringData": {"key": "a-secret"}}
    server.ask("POST", f"/api/v1/namespaces/{namespace}/secrets", secret)
    with closing(controller):
        yield ArgoSite(site, controller, ledger)


@pytest.fixture
def today() -> date:
    """The date of a first run."""
    return steady_date(timedelta(minutes=1))


@pytest.fixture
def tomorrow(today: date) -> date:
    """The date of the schedule's first run."""
    return today + timedelta(days=1)


@pytest.fixture
def over(on_argo: ArgoSite, until: Until) -> Callable[[str], str]:
    """Wait for a workflow's end; its phase."""

    def wait(name: str) -> str:
        until(lambda: on_argo.phase(name) in ("Succeeded", "Failed", "Error"))
        return on_argo.phase(name)

    return wait
