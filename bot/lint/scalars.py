"""Plain scalars as Kubernetes reads them: YAML 1.1 in go-yaml's edition, so that `on` is true and 010 is eight."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from bot.document.compose import Reading

MAX_BYTES = 8 << 20  # of a file of manifests; one object of etcd has at most 1.5 MiB

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **{sign + "." + word: float(sign + "inf") for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")},
    **{"." + word: float("nan") for word in ("nan", "NaN", "NAN")},
}
_DIGITS = frozenset("0123456789+-.")
_INT = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ][0-9:.]+(?:Z|[-+][0-9]{2}:[0-9]{2})?)?\Z")
_MAX_DIGITS = 40


def resolve(text: str) -> Any:
    """A plain scalar's value."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _DIGITS or len(text) > _MAX_DIGITS:
        return text
    if _MOMENT.match(text):
        return _moment(text)
    plain = text.replace("_", "")
    if _INT.match(plain):
        digits = plain.lstrip("+-")
        octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
        number = int(digits, 8 if octal else 0)
        return -number if plain[0] == "-" else number
    return float(plain) if _FLOAT.match(plain) else text


def tagged(tag: str, text: str) -> Any:
    """The value of a scalar with a tag; one that YAML does not know changes nothing."""
    kind = tag.rpartition(":")[2]
    return resolve(text) if kind in ("int", "float", "bool", "null", "timestamp") else text


def _moment(text: str) -> str:
    """A date becomes the moment at which it begins, which is what Argo makes of `value: 2026-11-30`."""
    try:
        found = datetime.fromisoformat(text.replace("t", "T"))
    except ValueError:
        return text
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found.isoformat().replace("+00:00", "Z")


MANIFESTS = Reading(resolve, tagged, max_bytes=MAX_BYTES)
