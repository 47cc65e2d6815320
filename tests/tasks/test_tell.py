"""What is told of a scheduled run that failed, and what never is."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bot.errors import Refused, Unreachable
from bot.ports import Work
from bot.report.escape import chat
from bot.tasks.tell import SHOWN, message, tell


def listed(*nodes: dict[str, str]) -> str:
    """Failed nodes as `workflow.failures` has them: JSON without spaces, quoted once more."""
    return json.dumps(json.dumps(nodes, separators=(",", ":")))


WORK = Work(experiment="reco", key="0badcafe", date=date(2026, 11, 23), steps=())
FAILED = listed({"displayName": "infer(0)", "message": "main: Error\n (exit code 1)", "phase": "Failed"})


@pytest.fixture
def webhook() -> Iterator[Any]:
    """An address, what it was told, and the status it answers with."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.told, server.status = [], 200
    server.address = f"http://127.0.0.1:{server.server_address[1]}/T0/secret"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_what_is_told(webhook: Any) -> None:
    said = tell(webhook.address, message(WORK, "reco-1795446000", "Failed", FAILED, chat))
    text = (
        "sameday: the scheduled run reco-0badcafe-20261123 failed (infer(0): main: Error (exit code 1)); "
        "what was served is still served"
    )
    assert said == [f"told: {text}"]
    assert webhook.told == [
        {
            "text": text, "experiment": "reco", "run": "reco-0badcafe-20261123", "date": "2026-11-23",
            "workflow": "reco-1795446000", "link": "", "status": "Failed",
            "failures": [{"job": "infer(0)", "reason": "main: Error (exit code 1)"}],
        }
    ]  # fmt: skip


def test_it_leads_to_the_workflow_where_people_can_look_at_it() -> None:
    said = message(WORK, "reco-1795446000", "Failed", "", chat, "https://argo.example.com/workflows/jobs/")
    assert said["link"] == "https://argo.example.com/workflows/jobs/reco-1795446000"
    assert said["text"].endswith(f"what was served is still served: {said['link']}")
    strange = message(WORK, "../../x?y#z <@all>", "Failed", "", chat, "https://argo.example.com/workflows/jobs/")
    assert strange["link"] == "https://argo.example.com/workflows/jobs/..%2F..%2Fx%3Fy%23z%20%3C%40all%3E"


@pytest.mark.parametrize("failures", ["", "null", "{{workflow.failures}}", "[1, null, {}]", '{"a": 1}', "[" * 5_000])
def test_it_is_told_whatever_argo_says_of_the_nodes(failures: str) -> None:
    said = message(WORK, "reco-1", "Error", failures, chat)
    assert "the scheduled run reco-0badcafe-20261123 failed (" in said["text"]
    assert len(said["failures"]) <= SHOWN


def test_many_failures_are_cut() -> None:
    many = listed(*({"displayName": f"job-{n}", "message": "x" * 10_000} for n in range(500)))
    said = message(WORK, "reco-1", "Failed", many, chat)
    assert len(said["failures"]) == SHOWN
    assert len(json.dumps(said)) < 10_000


def test_a_list_that_is_cut_off_tells_what_is_whole() -> None:
    """The program's variable holds the beginning of the list, whatever its length."""
    whole = listed(*({"displayName": f"job-{n}", "message": 'said "no" \u00e9 \\ \x1b'} for n in range(3)))
    seen = set()
    for end in range(len(whole)):
        failures = message(WORK, "reco-1", "Failed", whole[:end], chat)["failures"]
        assert [one["job"] for one in failures] == [f"job-{n}" for n in range(len(failures))]
        assert {one["reason"] for one in failures} <= {chat('said "no" \u00e9 \\ \x1b')}
        seen.add(len(failures))
    assert seen == {0, 1, 2, 3}


def test_what_failed_since_something_else_did_is_not_named() -> None:
    """Argo lists the graph, and a job beside each of its tries."""
    nodes = (
        {"displayName": "reco-1", "message": "child 'reco-1-77' failed"},
        {"displayName": "infer", "message": "No more retries left"},
        {"displayName": "infer(1)", "message": "main: Error (exit code 1)"},
    )
    assert [one["job"] for one in message(WORK, "reco-1", "Failed", listed(*nodes), chat)["failures"]] == ["infer(1)"]


def test_a_no_and_no_answer_never_name_the_address(webhook: Any) -> None:
    webhook.status = 403
    with pytest.raises(Refused, match=r"\Athe webhook answered 403\Z"):
        tell(webhook.address, message(WORK, "reco-1", "Failed", "", chat))
    with pytest.raises(Unreachable, match=r"\Athe webhook did not answer \(URLError\)\Z"):
        tell("http://127.0.0.1:1/T0/secret", message(WORK, "reco-1", "Failed", "", chat))
    with pytest.raises(Refused, match="neither https:// nor http://"):
        tell("file:///etc/passwd", message(WORK, "reco-1", "Failed", "", chat))


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:secret/x", "http://127.0.0.1/T0 secret", "http://[secret/x", "https://127.0.0.1:99999/secret"],
)
def test_an_address_that_is_none_is_not_named_either(address: str) -> None:
    with pytest.raises(Unreachable, match=r"\Athe webhook did not answer \(\w+\)\Z"):
        tell(address, message(WORK, "reco-1", "Failed", "", chat))


def test_an_answer_that_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            there, _ = server.accept()
            with there:
                there.recv(65_536)
                there.sendall(b"220 mail.example.com\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(Unreachable, match=r"\Athe webhook did not answer \(BadStatusLine\)\Z"):
            tell(f"http://127.0.0.1:{server.getsockname()[1]}/secret", message(WORK, "reco-1", "Failed", "", chat))
