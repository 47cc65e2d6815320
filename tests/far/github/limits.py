"""Who may ask, and how often."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from tests.far.github.faults import Closed, close
from tests.far.github.refusal import Refused

HOURLY = 1_000  # requests in an hour with the token of a workflow
CREATING = ((60, 80), (3_600, 500))  # requests that create content: so many in so many seconds
POINTS = 900  # in a minute: a request that reads is one, another one five
PERMISSIONS = frozenset(
    {"checks", "deployments", "issues", "pull-requests"}
)  # what the workflow of the README asks for


@dataclass(frozen=True)
class Token:
    """What a token stands for."""

    login: str
    permissions: frozenset[str]

    def check(self, needed: str) -> None:
        """Refuse what the token may not write."""
        if needed not in self.permissions:
            raise Refused(403, "Resource not accessible by integration")


Write = Literal["write", "read"]


def token(kind: Write, login: str, deny: frozenset[str]) -> Token:
    """A token that writes everything but what is denied, or nothing, as on a fork's pull request."""
    assert deny <= PERMISSIONS, f"there is no permission {deny - PERMISSIONS}"
    return Token(login, PERMISSIONS - deny if kind == "write" else frozenset())


@dataclass
class Rates:
    """The requests of the last hour."""

    hourly: int = HOURLY
    start: float = -math.inf
    used: int = 0
    created: deque[float] = field(default_factory=deque)
    points: deque[tuple[float, int]] = field(default_factory=deque)

    def count(self, method: str, now: float) -> Closed | None:
        """Count a request; the limit that it breaks, if any."""
        if now >= self.start + 3_600:
            self.start, self.used = now, 0
        if self.used >= self.hourly:
            return Closed("403-primary", math.ceil(self.start + 3_600))
        self.used += 1
        self.points.append((now, 1 if method == "GET" else 5))
        if sum(points for at, points in self.points if at > now - 60) > POINTS:
            return close("403-secondary", now, 60)
        if method in ("POST", "PATCH"):
            if any(sum(at > now - seconds for at in self.created) >= most for seconds, most in CREATING):
                return close("403-secondary", now, 60)
            self.created.append(now)
        return None

    def headers(self) -> dict[str, str]:
        """What GitHub tells with every answer."""
        return {
            "x-ratelimit-limit": str(self.hourly),
            "x-ratelimit-remaining": str(self.hourly - self.used),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(math.ceil(self.start + 3_600)) if self.used else "0",
            "x-ratelimit-resource": "core",
        }
