"""What a test puts into the repository, and what people would see of it in the end."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Any

from tests.far.github import checks, comments, deployments, pulls
from tests.far.github.faults import Faults, Kind
from tests.far.github.limits import Token, Write, token
from tests.far.github.state import NAME, Repository

BOT = "github-actions[bot]"
PATIENCE = 20  # seconds for what is still being worked on


class Shown:
    """The test's side of the fake; the views wait until no request is being worked on."""

    faults: Faults
    requests: list[Any]
    earlier: list[Any]

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.lock = threading.RLock()
        self.tokens: dict[str, Token] = {}
        self._names = itertools.count(1)
        self._busy = 0
        self._idle = threading.Condition()

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """While a request is being worked on."""
        with self._idle:
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def settle(self) -> None:
        """Wait until every request is done, also those whose client has gone."""
        with self._idle:
            assert self._idle.wait_for(lambda: not self._busy, PATIENCE), "a request is never done"

    def token(self, kind: Write = "write", login: str = BOT, deny: Collection[str] = ()) -> str:
        """A new token: `write`, but not what is denied (checks, deployments, pull-requests), or `read`."""
        made = f"{kind}-{next(self._names)}"
        self.tokens[made] = token(kind, login, frozenset(deny))
        return made

    def fault(self, kind: Kind, *at: int) -> None:
        """Let a fault strike the requests of these numbers, counted from 1, or every one."""
        self.faults.at |= dict.fromkeys(at, kind)
        if not at:
            self.faults.every = kind

    def kill_at(self, number: int, act: Callable[[], object], *, after: bool = False) -> None:
        """Call `act` when a request comes in, which is not executed, or once it is executed; no answer is given."""
        (self.faults.after if after else self.faults.before)[number] = act

    def begin(self) -> None:
        """Count from 1 for another process of the client, without faults; what is in the repository stays."""
        self.settle()
        self.earlier += self.requests
        self.requests.clear()
        self.faults = Faults()

    def pull(
        self, number: int, head: str, base: str, *, lines: Collection[tuple[str, int]] = (), author: str = "ada",
        source: str | None = NAME, merged: str | None = None, state: str = "open", draft: bool = False,
    ) -> None:  # fmt: skip
        """Open a pull request, or change it: `lines` (path, line) are its difference, `source` its repository.

        `source` is a fork's name, or None for a fork that is gone; `merged` is the commit that brought it.
        """
        with self.lock:
            self.repository.add_pull(number, head, base, lines, author, source, merged, state, draft)

    def issue(self, number: int) -> None:
        """Open an issue that is no pull request."""
        self.repository.issues.add(number)

    def alarms(self) -> list[dict[str, Any]]:
        """The issues that are no pull request, oldest first."""
        self.settle()
        return list(self.repository.opened.values())

    def comment(self, number: int, login: str, body: str) -> int:
        """Let somebody comment; the comment's id."""
        with self.lock:
            self.repository.roles.setdefault(login, "read")
            return int(comments.add(self.repository, number, login, body)["id"])

    def brought(self, commit: str, *numbers: int) -> None:
        """Say which pull requests brought a commit."""
        self.repository.brought[commit] = list(numbers)

    def collaborator(self, login: str, role: str) -> None:
        """Give somebody a role: admin, maintain, write, triage, read or none."""
        assert role in pulls.OLD
        self.repository.roles[login] = role

    def comments(self, number: int) -> list[dict[str, Any]]:
        """The comments on an issue or pull request, oldest first."""
        self.settle()
        return comments.of(self.repository, number)

    def check_runs(self, sha: str) -> list[dict[str, Any]]:
        """The check runs that a commit shows, the newest of each name, with all their annotations."""
        self.settle()
        runs = checks.of(self.repository, sha)
        return [run | {"annotations": self.repository.annotations[run["id"]]} for run in runs]

    def deployments(self, environment: str | None = None) -> list[dict[str, Any]]:
        """The deployments, oldest first, each with its latest `state` and its `statuses`, newest first."""
        self.settle()
        inside = self.repository
        return [
            d | {"state": deployments.state(inside, d), "statuses": inside.statuses[d["id"]]}
            for d in inside.deployments.values()
            if environment in (None, d["environment"])
        ]

    def review_comments(self, number: int) -> list[dict[str, Any]]:
        """The comments on the lines of a pull request, oldest first."""
        self.settle()
        return pulls.of(self.repository, number)

    def reactions(self, comment: int) -> list[tuple[str, str]]:
        """Who reacted how."""
        self.settle()
        return [(r["user"]["login"], r["content"]) for r in self.repository.reactions.get(comment, [])]
