"""Names that are made of other names, so that a rerun finds what an earlier one left."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

ANY_KEY = "0" * 8  # in the place of a spec key, where it makes no difference whose it is


def canonical(value: Any) -> str:
    """A value's JSON, the same whatever the order of its keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(value: Any, digits: int = 64) -> str:
    """Hex digits over a value's canonical JSON."""
    return digest_of(canonical(value), digits)


def digest_of(text: str, digits: int) -> str:
    """Hex digits over a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


@dataclass(frozen=True, slots=True)
class Moment:
    """The part of names that only a run knows: its date in two spellings, its attempt as a suffix, its name.

    Locally they are values, in a compiled template they are the engine's expressions for them.
    """

    date: str
    compact: str
    suffix: str
    run: str


def moment(run: str, day: date, attempt: int) -> Moment:
    """The moment of a run whose date is known."""
    return Moment(day.isoformat(), f"{day:%Y%m%d}", f"_{attempt}" if attempt > 1 else "", run)


def staged(table: str, key: str, when: Moment) -> str:
    """The run's own table for a declared one: beside it, and nobody else's."""
    return f"{table}__{key}_{when.compact}{when.suffix}"


def template_name(experiment: str, key: str) -> str:
    """The name of what an engine keeps of an experiment's spec."""
    return f"{experiment}-{key}"


def variables(values: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Environment variables, one per name."""
    return {f"{prefix}{name.upper()}": value for name, value in values.items()}
