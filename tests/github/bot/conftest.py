"""A repository of experiments on GitHub whose workflow runs `sameday bot`, in this process or in one of its own."""

from __future__ import annotations

import contextlib
import http.server
import io
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from bot.actions.dispatch import act
from bot.actions.environment import Actions
from bot.cli.backends import Adapters
from bot.cli.known import of_environment
from bot.errors import SamedayError
from bot.github.client import Patience
from bot.report import mask
from bot.report.output import Printer
from tests.conftest import Repo
from tests.far.github import GitHub, payloads
from tests.far.github.faults import Faults
from tests.some import some

ROOT = Path(__file__).parents[3]
SOUND: dict[str, Any] = {
    "name": "reco",
    "schedule": {"cron": "0 4 * * *"},
    "jobs": [{"name": "infer", "command": "true"}],
    "serving": {
        "kind": "ab",
        "arms": [
            {"name": "old", "control": True, "weight": 80, "table": "main.old"},
            {"name": "new", "weight": 20, "table": "main.new"},
        ],
        "period": {"start": "2026-01-01", "end": "2199-01-01"},
    },
}
BROKEN = 'name: reco\njobs:\n  - {name: infer, comand: "true"}\n'


@dataclass
class Ran:
    """What one run of the workflow left."""

    code: int
    out: str
    summary: str
    outputs: dict[str, str]
    requests: list[tuple[str, str]]
    waited: float = 0.0


@dataclass
class Hosted:
    """The repository, the fake, and a clock that only sleeping moves."""

    repo: Repo
    github: GitHub
    temp: Path
    token: str = ""
    run: int = 100
    now: float = 1_790_000_000.0
    environment: dict[str, str] = field(default_factory=dict)

    def put(self, name: str = "reco", message: str = "a change", **changed: Any) -> str:
        """Commit an experiment on the branch that is checked out."""
        spec = SOUND | {"name": name} | changed
        self.repo.write(f"experiments/{name}.yaml", yaml.safe_dump(spec, sort_keys=False))
        return str(self.repo.commit(message))

    def write(self, text: str, name: str = "reco") -> str:
        """Commit an experiment's file as it is."""
        self.repo.write(f"experiments/{name}.yaml", text)
        return str(self.repo.commit())

    def branch(self, name: str = "change") -> None:
        """Start a branch, or go back to it."""
        there = name in self.repo.git("branch", "--format=%(refname:short)").split()
        self.repo.git("checkout", "-q", *([] if there else ["-b"]), name)

    def head(self, name: str = "HEAD") -> str:
        """A commit's id."""
        return str(self.repo.git("rev-parse", name).strip())

    def proposed(
        self, action: str = "synchronize", number: int = 7, source: str | None = payloads.NAME, sender: str = "ada"
    ) -> dict[str, Any]:
        """The event of a pull request from the branch that is checked out; GitHub knows it and its difference."""
        head, base = self.head(), self.head("main")
        self.github.pull(number, head, base, lines=self.difference(base, head), source=source)
        return payloads.pull_request(action, number=number, head=head, base=base, source=source, sender=sender)

    def difference(self, base: str, head: str) -> set[tuple[str, int]]:
        """The lines that GitHub shows of a pull request: what changed, and three around it."""
        found, path = set(), ""
        for line in self.repo.git("diff", "--no-renames", f"{base}...{head}").splitlines():
            if line.startswith("+++ "):
                path = line.removeprefix("+++ ").removeprefix("b/")
            elif hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))?", line):
                start = int(hunk[1])
                found |= {(path, number) for number in range(start, start + int(hunk[2] or 1))}
        return found

    def merge(self, name: str = "change", number: int = 7) -> dict[str, Any]:
        """Merge a branch; the event of the push."""
        before, head = self.head("main"), self.head(name)
        self.repo.git("checkout", "-q", "main")
        self.repo.git("merge", "-q", "--no-ff", "-m", f"Merge pull request #{number}", name)
        self.github.pull(number, head, before, merged=self.head())
        self.github.brought(self.head(), number)
        return payloads.push(before=before, after=self.head())

    def env(self, name: str, payload: dict[str, Any]) -> dict[str, str]:
        """What the runner gives a step."""
        self.run += 1
        for file in ("summary", "outputs"):
            (self.temp / file).write_text("", encoding="utf-8")
        (self.temp / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        return {
            "PATH": os.environ["PATH"], "HOME": str(self.temp),
            "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(self.temp / "event.json"),
            "GITHUB_REPOSITORY": "acme/experiments", "GITHUB_API_URL": self.github.url,
            "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": str(self.run), "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"), "GITHUB_OUTPUT": str(self.temp / "outputs"),
            "GITHUB_ACTOR": "ada", "RUNNER_TEMP": str(self.temp), "GITHUB_TOKEN": self.token, **self.environment,
        }  # fmt: skip

    def sleep(self, seconds: float) -> None:
        """Time passes at once, once GitHub is done with what was begun before."""
        self.github.settle()
        self.now += seconds

    def bot(self, name: str, payload: dict[str, Any], *, again: bool = False) -> Ran:
        """Run the workflow in this process; `again`: as another attempt of the run before.

        Requests are counted from 1 for every run, unless faults were set for it before.
        """
        self.run -= again
        env, started = self.env(name, payload), self.now
        env["GITHUB_RUN_ATTEMPT"] = "2" if again else "1"
        if self.github.faults == Faults():
            self.github.begin()
        out = io.TextIOWrapper(io.BytesIO(), write_through=True)
        with contextlib.chdir(self.repo.root), contextlib.redirect_stdout(out):
            patience = lambda left: Patience(left, lambda: self.now, self.sleep, timeout=1)  # noqa: E731
            actions = Actions(env, Printer(), patience, Adapters(env))
            try:
                with mask.knowing(of_environment(env)):
                    code = act(actions)
            except SamedayError as error:
                code = error.code
                out.write(f"sameday: {error}\n")
        return self.ran(code, out.buffer.getvalue().decode(), self.now - started)

    def start(self, name: str, payload: dict[str, Any]) -> subprocess.Popen[bytes]:
        """Run the workflow as a process."""
        env = {**os.environ, **self.env(name, payload), "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [sys.executable, "-m", "bot", "bot"], cwd=self.repo.root, env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def ran(self, code: int, out: str, waited: float = 0.0) -> Ran:
        """What the run that is over left."""
        self.github.settle()
        return Ran(
            code, out, (self.temp / "summary").read_text(encoding="utf-8"), self._outputs(),
            [(r.method, r.path.removeprefix("/repos/acme/experiments/")) for r in self.github.requests], waited,
        )  # fmt: skip

    def _outputs(self) -> dict[str, str]:
        lines = (self.temp / "outputs").read_text(encoding="utf-8").splitlines()
        found = {}
        while lines:
            key, _, mark = lines.pop(0).partition("<<")
            end = lines.index(mark)
            found[key] = "\n".join(lines[:end])
            del lines[: end + 1]
        return found

    def ours(self, number: int = 7) -> list[str]:
        """Our comments on a pull request."""
        return [c["body"] for c in self.github.comments(number) if c["user"]["login"] == "github-actions[bot]"]


@pytest.fixture
def hosted(repo: Repo, github: GitHub, tmp_path: Path) -> Hosted:
    """A repository with settings and no experiment, whose first release is yet to come."""
    warehouse = repo.root / ".sameday" / "warehouse"
    warehouse.mkdir(parents=True)
    for table in ("old", "new"):
        some(duckdb.sql("select 1 as id")).write_parquet(str(warehouse / f"main.{table}.parquet"))
    temp = tmp_path / "runner"
    temp.mkdir()
    found = Hosted(repo, github, temp, github.token("write"))
    github.clock = lambda: found.now
    return found


@pytest.fixture
def until() -> Any:
    """Wait for something to be true."""

    def wait(true: Any) -> None:
        end = time.monotonic() + 60
        while not true():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.005)

    return wait


@pytest.fixture
def chat() -> Iterator[tuple[str, list[Any]]]:
    """A webhook, and what it was sent."""
    messages: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook", messages
        server.shutdown()
