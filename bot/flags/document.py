"""A flag set as flagd reads it: one JSON document, in which what stands beside the flags is not ours to lose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.errors import Unreachable
from bot.ports import Flag

Whole = dict[str, dict[str, Any]]


def read(text: str, where: str) -> Whole:
    """The whole document, with `$evaluators` and the like; raises Unreachable, naming `where`, for anything else."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        raise Unreachable(f"{where} cannot be read: {error}") from None
    if not isinstance(whole, dict) or not isinstance(whole.get("flags"), dict):
        raise Unreachable(f"{where} cannot be read: it has no `flags`")
    return whole


def changed(whole: Whole, changes: Mapping[str, Flag | None]) -> str:
    """The document with these flags put in, or taken out where they are None."""
    others = {name: other for name, other in whole["flags"].items() if name not in changes}
    flags = {name: dict(flag) for name, flag in changes.items() if flag is not None}
    return document(**{**whole, "flags": others | flags})


def document(flags: dict[str, Any], **beside: Any) -> str:
    """A flag set as text."""
    return json.dumps({**beside, "flags": dict(sorted(flags.items()))}, indent=2) + "\n"
