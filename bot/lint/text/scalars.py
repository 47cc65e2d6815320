"""Plain scalars as Kubernetes reads them: YAML 1.1 as go-yaml does it, so that `on` is true and 010 is eight."""

from __future__ import annotations

import re
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
_MAX_DIGITS = 40


def resolve(text: str) -> Any:
    """A plain scalar's value."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _DIGITS or len(text) > _MAX_DIGITS:
        return text
    plain = text.replace("_", "")
    if _INT.match(plain):
        digits = plain.lstrip("+-")
        octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
        number = int(digits, 8 if octal else 0)
        return -number if plain[0] == "-" else number
    return float(plain) if _FLOAT.match(plain) else text


def tagged(tag: str, text: str) -> Any:
    """The value of a scalar with a tag; a tag that YAML does not define changes nothing."""
    kind = tag.rpartition(":")[2]
    return resolve(text) if kind in ("int", "float", "bool", "null") else text


MANIFESTS = Reading(resolve, tagged, max_bytes=MAX_BYTES)
