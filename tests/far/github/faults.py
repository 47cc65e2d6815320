"""What goes wrong on purpose: each fault strikes the n-th request, or every one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.far.github.refusal import Refused

Kind = Literal[
    "502", "429", "403-secondary", "403-secondary-bare", "403-primary",
    "drop-before", "drop-after", "slow", "html", "html-after",
]  # fmt: skip
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]
LIMITS: tuple[Kind, ...] = ("429", "403-secondary", "403-secondary-bare", "403-primary")
BARE = 60  # seconds that GitHub means where it names none
HTML = "<html><body><h1>Sign in to the network</h1></body></html>"
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
PRIMARY = "API rate limit exceeded for installation ID 1001."


@dataclass
class Faults:
    """Faults by the number of the request, counted from 1."""

    at: dict[int, Kind] = field(default_factory=dict)
    every: Kind | None = None
    before: dict[int, Callable[[], object]] = field(default_factory=dict)
    after: dict[int, Callable[[], object]] = field(default_factory=dict)

    def of(self, number: int) -> Kind | None:
        """The fault that strikes a request."""
        return self.at.get(number, self.every)


@dataclass(frozen=True)
class Closed:
    """A rate limit in force: requests before its end are refused, too."""

    kind: Kind
    end: float

    def refusal(self, now: float) -> Refused:
        """What GitHub answers meanwhile."""
        after = {"retry-after": str(math.ceil(self.end - now))}
        if self.kind == "403-primary":
            return Refused(403, PRIMARY, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{self.end:.0f}"})
        if self.kind == "403-secondary-bare":
            return Refused(403, SECONDARY)
        return Refused(429 if self.kind == "429" else 403, SECONDARY, headers=after)


def close(kind: Kind, now: float, pause: int) -> Closed:
    """A limit that begins now; a reset is told in whole seconds."""
    if kind == "403-primary":
        return Closed(kind, math.ceil(now + pause))
    return Closed(kind, now + (BARE if kind == "403-secondary-bare" else pause))
