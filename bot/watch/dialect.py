"""What differs between the SQLs that count: how a name is quoted, and how values become a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """An SQL. `fingerprint` takes expressions of any type, and gives the SQL of a 64-bit number of all of them."""

    quoted: Callable[[str], str]
    fingerprint: Callable[[Sequence[str]], str]
    deviation: str
    """The aggregate for the standard deviation of a sample."""
