"""Looking into values of any shape: what is missing, null or of another kind is empty."""

from __future__ import annotations

from typing import Any

from bot.finding import Route

Data = dict[str, Any]
EMPTY: Data = {}  # never written to


def part(value: Data, key: str) -> Data:
    """The mapping at `key`."""
    child = value.get(key)
    return child if type(child) is dict else EMPTY


def parts(value: Data, key: str) -> list[Data]:
    """The list of mappings at `key`."""
    child = value.get(key)
    return [item if type(item) is dict else EMPTY for item in child] if type(child) is list else []


def text(value: Data, key: str) -> str:
    """The text at `key`."""
    child = value.get(key)
    return child if type(child) is str else ""


def texts(value: Data, key: str) -> list[str]:
    """The texts of the list at `key`."""
    child = value.get(key)
    return [item for item in child if type(item) is str] if type(child) is list else []


def spelled(value: Any) -> str | None:
    """A parameter's value as Argo spells it: numbers and booleans become text, lists and mappings ''."""
    if value is None or type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) in (int, float):
        return f"{value:f}".rstrip("0").rstrip(".") if type(value) is float else str(value)
    return ""


def whole(value: str) -> int | None:
    """The number that Go's Atoi reads, or None where it fails."""
    digits = value[1:] if value[:1] in ("+", "-") else value
    return int(value) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def at(base: Route, *more: str | int) -> Route:
    """A route further down."""
    return (*base, *more)
