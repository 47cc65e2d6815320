"""Names and words that somebody else wrote where sameday reads: in its ledger, a store, a pod, a message of Argo."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.answer import answer
from bot.cli.backends import Adapters
from bot.commands.release import filed
from bot.engines.argo import nodes
from bot.errors import Refused
from bot.git import Git
from bot.ledgers.entries import read, written
from bot.ledgers.sqlite import LedgerFile
from bot.ports import Place, Run, Trial, Version, Work
from bot.release.summary import ReleaseOutcome, ReleaseSummary
from bot.report.escape import chat
from bot.report.progress import progress_lines, run_lines
from bot.report.release import release_markdown
from bot.settings import Settings
from bot.settings.kinds import SqliteLedger, SqliteStore
from bot.stores.sqlite import SqliteTables
from bot.sync.sample import sample
from bot.tasks.tell import message
from bot.workspace import Workspace
from tests.github.bot.test_hostile import harmless, silent
from tests.report import values

EVIL = [
    "@acme/security please look", "[approve](https://evil.example)", "x\n::error::owned", "::set-output name=a::b",
    "##[error]owned", "\x1b[31mred", "../../../etc/passwd", "<!channel>", "reco\u202eoker", "x" * 5_000, "", " ", "-x",
    "--upload-pack=x", "a b\tc", "reco`",
]  # fmt: skip
NAMES = ("experiment", "change", "run", "key", "date", "attempt")
TRIAL = Trial(1, "0badcafe0badcafe", "home", (0, 5_000), date(2026, 11, 30), date(2026, 12, 21))
ENTRY = values.entries(replace(values.item("reco", "reco-99999999-20261101"), trial=TRIAL))[0]


def forged() -> Iterator[tuple[str, Any]]:
    """An entry with one value in the place of each."""
    for evil in EVIL:
        for key in ("version", "commit", "step", "state", "at"):
            yield evil, {**json.loads(written(ENTRY)), key: evil}
        for key in NAMES:
            data = json.loads(written(ENTRY))
            data["item"][key] = evil
            yield evil, data
        for key in ("phase", "salt", "layer", "slots", "start", "end"):
            data = json.loads(written(ENTRY))
            data["item"]["trial"][key] = evil
            yield evil, data
        for where in (0, 1):
            data = json.loads(written(ENTRY))
            data["item"]["serves"][where] = evil
            yield evil, data
        for step in ("apply", evil):
            data = json.loads(written(ENTRY))
            data["item"]["digests"][step] = evil
            yield evil, data


def test_an_entry_says_nothing_but_what_entries_say() -> None:
    assert read(written(ENTRY), "reco") == ENTRY
    for evil, data in forged():
        with pytest.raises((KeyError, TypeError, ValueError)) as caught:
            read(json.dumps(data), "reco")
        assert "evil" not in str(caught.value), evil


@pytest.mark.parametrize(
    "text", ["", "[]", "1", "null", "{}", '{"item": []}', "[" * 100_000, '{"item": {"serves": 1}}']
)
def test_what_is_no_entry_is_none(text: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        read(text, "reco")


def test_an_entry_of_an_earlier_version_is_read() -> None:
    data = json.loads(written(ENTRY))
    del data["item"]["trial"]
    assert read(json.dumps(data), "reco") == replace(ENTRY, item=replace(ENTRY.item, trial=None))


def test_an_entry_of_another_experiment_is_none() -> None:
    with pytest.raises(ValueError, match="another experiment"):
        read(written(ENTRY), "other")


@pytest.mark.parametrize("command", ["status", "release", "plan"])
def test_a_tampered_ledger_is_not_repeated(repo: Any, command: str) -> None:
    """It once mentioned a team, and linked to what it liked."""
    repo.write("experiments/a.yaml", "name: sound\njobs: [{name: j, command: 'true'}]\n")
    repo.commit()
    place = repo.root / ".sameday" / "ledger.sqlite"
    ledger = LedgerFile(SqliteLedger(path=str(place)))
    ledger.begin(repo.git("rev-parse", "HEAD").strip())
    ledger.append(ENTRY)
    data = json.loads(written(ENTRY))
    data["item"]["run"] = "@acme/security [look](https://evil.example)\n::error::owned"
    with sqlite3.connect(place) as connection:
        connection.execute("UPDATE entries SET entry = ?", [json.dumps(data)])
    connection.close()
    said = repo.sameday(command)
    assert said.code == 3
    assert said.err.startswith("sameday: the ledger ")
    assert said.err.count("\n") == 1
    assert not re.search("acme|evil|owned|Traceback", said.out + said.err)


def shown(run: Run) -> str:
    """All that is printed of a run."""
    lines = [*progress_lines("reco", run, set()), *run_lines(run)]
    return "\n".join(line.text for line in lines)


@pytest.mark.parametrize("evil", EVIL)
def test_no_pod_and_no_message_prints_a_command(evil: str) -> None:
    """An annotation of a pod once did."""
    workflow = {"metadata": {"name": "reco-0a1b2c3d-20261124"}, "spec": {}}
    annotations = {"workflows.argoproj.io/node-name": f"reco-0a1b2c3d-20261124.{evil}"}
    status = {"phase": "Failed", "message": evil}
    pod = {"metadata": {"name": "reco-pod", "annotations": annotations}, "status": status}
    node = {
        "displayName": evil or "nothing",  # without a name it is nonsense, and told as that
        "boundaryID": "reco-0a1b2c3d-20261124",
        "phase": "Failed",
        "message": evil,
        "type": "Pod",
    }
    found = (
        nodes.of_pods(workflow, iter([pod])),
        nodes.of_status(workflow, {"a": answer(node | {"id": "a", "templateName": "t"}, "a node")}),
    )
    for one in found:
        run = Run("reco-0a1b2c3d-20261124", "failed", tuple(pod.node for pod in one))
        silent(shown(run))
        assert all(re.fullmatch(r"[\w.() -]{1,253}", node.name) for node in run.nodes)
        harmless(
            release_markdown(
                ReleaseSummary((ReleaseOutcome(ENTRY.item, "failed", run=run, failures=run.nodes),), "c0ffee")
            )
        )


def test_names_of_nodes_stay() -> None:
    for name in ("infer", "sameday-verify", "part-1", "extract_all.v2"):
        pod = {"metadata": {"name": "p", "annotations": {"workflows.argoproj.io/node-name": f"run.{name}"}}}
        assert nodes.of_pods({"metadata": {"name": "run"}}, iter([pod]))[0].node.name == name


@pytest.mark.parametrize("evil", [evil for evil in EVIL if evil])
def test_a_run_that_a_label_names_prints_no_command(evil: str) -> None:
    silent(shown(Run(evil, "failed", (values.node(evil, "failed", evil, evil),))))


@pytest.mark.parametrize("evil", [evil for evil in EVIL if evil not in ("reco`",)] + ["reco`; drop"])
def test_a_version_that_a_store_holds_is_a_name(tmp_path: Path, evil: str) -> None:
    path, begun = tmp_path / "serving.sqlite", datetime(2026, 11, 23, 4, tzinfo=UTC)
    store, place = SqliteTables(SqliteStore(path=str(path))), Place("reco", "reco", "0badcafe", (("id", "INT64"),))
    store.put(place, store.keep(place, Version("reco", "0badcafe", begun.date(), begun), sample(place.columns)))
    store.point([place])
    with sqlite3.connect(path) as connection:
        for table in ("versions", "inside", "places"):
            connection.execute(f"UPDATE sameday_{table} SET experiment = ?", [evil])
    connection.close()
    for look in (store.versions, store.inside, lambda _: store.owner("reco")):
        with pytest.raises(Refused, match="the store's catalogue holds what no run wrote") as caught:
            look(place)
        assert evil.strip() == "" or evil not in str(caught.value)


CALLS = re.compile(r"@\w|<|>|://|\bwww\.|\]\(|[\r\n\x1b\u202e]")


@pytest.mark.parametrize(
    "evil", [*EVIL, "@here @channel", "<https://evil.example|click>", "https://evil.example", "www.evil.example"]
)
def test_a_webhook_calls_nobody_and_links_nowhere(evil: str) -> None:
    work = Work(experiment="reco", key="0badcafe", date=date(2026, 11, 23), steps=())
    failures = json.dumps([{"displayName": evil, "message": f"{evil} password=hunter2"}] * 3)
    said = json.dumps(message(work, evil, evil, failures, chat))
    assert "hunter2" not in said
    assert not CALLS.search(" ".join(str(value) for value in json.loads(said).values()))


@pytest.mark.parametrize("evil", EVIL)
def test_an_announcement_is_harmless(tmp_path: Path, evil: str) -> None:
    settings = Settings.model_validate({"ledger": {"kind": "sqlite", "path": str(tmp_path / "ledger.sqlite")}})
    entry = replace(ENTRY, state="done", reason=f"{evil} token=ghp_{'a1' * 18}")
    workspace = Workspace(tmp_path, settings, Git(tmp_path, None, {}), Adapters({}), declared=True)
    outcome = ReleaseOutcome(ENTRY.item, "live", entries=(entry,))
    filed(workspace)(ReleaseSummary((outcome,), "c0ffee"))
    (file,) = (tmp_path / "announcements").iterdir()
    text = file.read_text(encoding="utf-8")
    harmless(text)
    assert "a1a1" not in text
