"""The ports to the flags that serving reads, and to what evaluates them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Flag = Mapping[str, Any]
"""One flag in flagd's JSON form."""


class Flags(Protocol):
    """The published flag set: one flag per experiment. Every method raises Unreachable if it cannot be asked."""

    def publish(self, flags: Mapping[str, Flag | None]) -> None:
        """Put each experiment's flag in the set, or take it out, all in one write; other flags stay as they are."""
        ...

    def published(self, experiment: str) -> Flag | None:
        """The flag as readers find it."""
        ...

    def all(self) -> Mapping[str, Flag]:
        """Every flag of the set as readers find it, read once."""
        ...


class Evaluator(Protocol):
    """The client that applications read flags with."""

    def variants(self, name: str, flag: Flag, contexts: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        """The variant each context gets; raises Refused if the client does not take the flag."""
        ...
