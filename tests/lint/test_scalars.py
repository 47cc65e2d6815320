"""Scalars are what Kubernetes makes of them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bot.lint.text.manifest import read

VALUES: dict[str, Any] = {
    "yes": True, "Off": False, "y": True, "~": None, "null": None, "'yes'": "yes", "010": 8, "0o10": 8, "0x1F": 31,
    "0b11": 3, "1_000": 1000, "-010": -8, "1e3": 1000.0, ".5": 0.5, "1.": 1.0, "-.inf": -math.inf, "12:30": "12:30",
    "09": 9.0, "1.2.3": "1.2.3",
    "2026-11-30": "2026-11-30", "2026-11-30T04:00:00Z": "2026-11-30T04:00:00Z", "!!str 5": "5",
    "!!int '5'": 5, "!ours x": "x", "5m": "5m", "+5": 5, "-": [None], "=": "=",
}  # fmt: skip


@pytest.mark.parametrize(("written", "value"), VALUES.items())
def test_scalars(written: str, value: Any) -> None:
    (manifest,), faults = read("a.yaml", f"a: {written}\n".encode() if written != "-" else b"a:\n-\n")
    assert faults == []
    assert manifest.data == {"a": value}
    assert type(manifest.data["a"]) is type(value)


def test_options_are_no_text_here() -> None:
    (manifest,), _ = read("a.yaml", b"option: {a: 1}\n")
    assert manifest.data == {"option": {"a": 1}}
