"""The one repository: what is in it, and how a test puts something there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.far.github.refusal import Refused, malformed, missing
from tests.far.github.shapes import Pull, user

NAME = "acme/experiments"
SHA = re.compile(r"[0-9a-f]{40}\Z")
BODY = 65_536  # characters of a comment


@dataclass(frozen=True)
class Call:
    """A request that is let through: who asks for what."""

    login: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]

    def number(self, name: str) -> int:
        """An id in the path."""
        if not self.path[name].isdigit():
            raise missing()
        return int(self.path[name])

    def sha(self, name: str) -> str:
        """A commit in the path."""
        return commit(self.path[name])

    def text(self, name: str, default: str | None = None) -> str:
        """A string in the body."""
        found = self.body.get(name, default)
        if name not in self.body and default is None:
            raise malformed(f'"{name}" wasn\'t supplied.')
        if not isinstance(found, str):
            raise malformed(f"For 'properties/{name}', {found!r} is not a string.")
        return found


def commit(sha: object) -> str:
    """A commit's id; every one that looks like one is there."""
    if not isinstance(sha, str) or not SHA.match(sha):
        raise Refused(422, f"No commit found for SHA: {sha}")
    return sha


@dataclass(frozen=True)
class Listed:
    """A list within an object."""

    key: str
    elements: list[Any]


Act = Callable[["Repository", Call], tuple[int, Any]]


@dataclass(frozen=True)
class Route:
    """One of GitHub's operations; `needs` is the permission to write, `query` what a list can be narrowed by."""

    method: str
    template: str
    act: Act
    needs: str = ""
    query: tuple[str, ...] = ()

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """What the path says, if it is this operation."""
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.template), path)
        return found.groupdict() if found and method == self.method else None


@dataclass
class Repository:
    """What GitHub keeps; the values are its own JSON."""

    base: str
    clock: Callable[[], float]
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1_001))
    pulls: dict[int, Pull] = field(default_factory=dict)
    issues: set[int] = field(default_factory=set)
    """The numbers of everything that can be commented on."""
    opened: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    reactions: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    check_runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    annotations: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    deployments: dict[int, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    review_comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    brought: dict[str, list[int]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The repository's own address."""
        return f"{self.base}/repos/{NAME}"

    def now(self) -> str:
        """The moment as GitHub writes it."""
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def user(self, login: str) -> dict[str, Any]:
        """Whoever asks."""
        return user(self.base, login)

    def add_pull(
        self, number: int, head: str, base: str, lines: Collection[tuple[str, int]], author: str, source: str | None,
        merged: str | None, state: str, draft: bool,
    ) -> None:  # fmt: skip
        """A pull request, or its new state; commits stay."""
        before = self.pulls[number].commits if number in self.pulls else []
        state = "closed" if merged else state
        self.issues.add(number)
        self.pulls[number] = Pull(
            number, commit(head), commit(base), author, f"change-{number}", source, frozenset(lines), merged, state,
            draft, self.now(), [*before, head],
        )  # fmt: skip
        self.roles.setdefault(author, "read")
