"""The runner that GitHub Actions gives us: what it says through the environment, and what it reads from files."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.commands.locate import open_workspace
from bot.errors import UsageError
from bot.git import Git, outermost
from bot.github.client import Patience
from bot.ports.backends import Backends
from bot.report import annotation
from bot.report.escape import Markdown, fill, prose
from bot.report.output import Printer
from bot.workspace import Workspace

SUMMARY = 1_000_000  # bytes that GitHub shows of a job's summary, nearly
LOGIN = "github-actions[bot]"  # whose comments are written with the token of a workflow


@dataclass
class Actions:
    """One step of a workflow. `environment` is the process's; time is that of `patience`."""

    environment: Mapping[str, str]
    out: Printer
    patience: Callable[[float], Patience]
    backends: Backends
    troubles: dict[str, str] = field(default_factory=dict)
    """What could not be shown on GitHub, and why at first."""
    start: Path = field(default_factory=Path.cwd)
    """Where the step started: the checkout, or a folder with checkouts."""

    def word(self, name: str) -> str:
        """A value that the runner always gives."""
        value = self.environment.get(name, "")
        if not value:
            raise UsageError(f"{name} is not set: `sameday bot` is what a workflow of GitHub Actions runs")
        return value

    @cached_property
    def payload(self) -> Mapping[str, Any]:
        """The event's payload."""
        place = self.word("GITHUB_EVENT_PATH")
        try:
            payload = json.loads(Path(place).read_bytes())
        except (OSError, RecursionError, ValueError) as error:
            raise UsageError(f"{place}: is no payload of an event: {error}") from None
        if not isinstance(payload, dict):
            raise UsageError(f"{place}: is no payload of an event")
        return payload

    @property
    def private(self) -> bool:
        """Whether the repository is known to be shown to some people only."""
        repository = self.payload.get("repository")
        return isinstance(repository, dict) and repository.get("private") is True

    @cached_property
    def root(self) -> Path:
        """The folder of `sameday.yaml` in the checkout."""
        here = self.start.resolve()
        named = Path(os.path.normpath(here / self.environment.get("SAMEDAY_PATH", ".")))
        root = named.resolve()
        if root != named or not root.is_relative_to(here) or not root.is_dir():  # a link may lead anywhere
            raise UsageError(f"the input `path` names no folder of the repository: {root.name}")
        return root

    @cached_property
    def git(self) -> Git:
        """The checkout, which may fetch what it lacks with our token; git alone sees it, and keeps it nowhere."""
        token, config = self.environment.get("GITHUB_TOKEN"), []
        if token:
            secret = base64.b64encode(f"x-access-token:{token}".encode()).decode()
            # The empty one takes the place of what a checkout may have left: GitHub refuses two.
            config = [(f"http.{self.site}.extraheader", value) for value in ("", f"Authorization: Basic {secret}")]
        return Git(self.root, outermost(self.root, self.start), self.environment, config)

    @cached_property
    def workspace(self) -> Workspace:
        """The checkout as it is released, with the settings of its own."""
        return open_workspace(self.root, "release", self.backends, git=self.git)

    @property
    def login(self) -> str:
        """Whose comments are ours."""
        return self.environment.get("SAMEDAY_LOGIN") or LOGIN

    @property
    def run(self) -> int:
        """The workflow run: later runs have larger numbers."""
        return int(self.environment.get("GITHUB_RUN_ID") or 0)

    @property
    def attempt(self) -> int:
        """How often the run was started, this time included."""
        return int(self.environment.get("GITHUB_RUN_ATTEMPT") or 1)

    @property
    def source(self) -> str:
        """This attempt of this run."""
        return f"{self.run}-{self.attempt}"

    @property
    def site(self) -> str:
        """Where people look at the repository."""
        return f"{self.environment.get('GITHUB_SERVER_URL') or 'https://github.com'}/{self.word('GITHUB_REPOSITORY')}"

    @property
    def page(self) -> str:
        """Where people look at this run."""
        return f"{self.site}/actions/runs/{self.run}"

    def report(self, verdict: str, report: str, released: list[str]) -> None:
        """The step's outputs, and the report as a file."""
        place = Path(self.environment.get("RUNNER_TEMP") or ".", "sameday-report.json").resolve()
        place.write_text(report, encoding="utf-8")
        values = {"verdict": verdict, "released": json.dumps(released), "report": str(place)}
        mark = f"end-{secrets.token_hex(16)}"
        text = "".join(f"{key}<<{mark}\n{value}\n{mark}\n" for key, value in values.items())
        self._append("GITHUB_OUTPUT", text)

    def summarise(self, text: Markdown) -> None:
        """Show the text on the run's page, with what else could not be shown."""
        self._append("GITHUB_STEP_SUMMARY", text)

    def trouble(self, what: str, cause: str, level: str = "warning") -> None:
        """Say once that something could not be shown; no verdict depends on it."""
        if what in self.troubles:
            return
        self.troubles[what] = cause
        message = f"{what}: {cause}"
        self.out.write(annotation.command(level, message))
        self.summarise(fill("\n> {}\n", prose(message, 500)))

    def _append(self, name: str, text: str) -> None:
        place = self.environment.get(name)
        if place:
            with Path(place).open("a", encoding="utf-8", errors="replace") as file:
                file.write(text)
