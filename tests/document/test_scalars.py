"""Scalars are read as YAML 1.2 reads them, and options keep their text."""

from __future__ import annotations

from typing import Any

import pytest

from bot.document.read import read

PLAIN: dict[str, Any] = {
    "on": "on", "off": "off", "yes": "yes", "no": "no", "y": "y", "Off": "Off", "NO": "NO",
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "tRuE": "tRuE",
    "012": "012", "-012": "-012", "0o14": "0o14", "0b11": "0b11", "0x1F": 31, "0": 0, "+7": 7, "-3": -3,
    "12:30": "12:30", "1:2:3": "1:2:3", "1_000": "1_000", "1,000": "1,000",
    "1.5": 1.5, ".5": 0.5, "1.": 1.0, "1e3": 1000.0, "1.10": 1.1, "-1.5e-3": -0.0015, "1.2.3": "1.2.3",
    ".inf": ".inf", ".nan": ".nan", "+": "+", ".": ".", "-x": "-x", "1a": "1a",
    "2026-01-01": "2026-01-01", "2026-01-01T00:00:00Z": "2026-01-01T00:00:00Z",
    "null": None, "Null": None, "NULL": None, "~": None, "": None, "nULL": "nULL", "none": "none",
    "=": "=", "\u0663": "\u0663", "\u0661.\u0665": "\u0661.\u0665",  # digits, but not YAML's
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), PLAIN.items())
def test_plain_scalar(text: str, value: Any) -> None:
    found = read(f"key: {text}\n".encode())
    assert not found.faults
    assert found.data == {"key": value}
    assert type(found.data["key"]) is type(value)


@pytest.mark.parametrize("text", [text for text in PLAIN if text != ""])
@pytest.mark.parametrize("mark", ["'", '"'])
def test_quoted_is_text(text: str, mark: str) -> None:
    assert read(f"key: {mark}{text}{mark}".encode()).data == {"key": text}


@pytest.mark.parametrize("text", [text for text in PLAIN if text != ""])
def test_keys_are_text(text: str) -> None:
    assert read(f"{text}: 1".encode()).data == {text: 1}


@pytest.mark.parametrize("text", ["1.10", "2026-01-01", "null", "~", "012", "true", "on", "1_000", "0x1F", "1e3"])
def test_options_keep_their_text(text: str) -> None:
    """dagg's options are raw text, wherever they stand and however deep."""
    source = f"option: {{a: {text}}}\njobs: [{{option: {{b: {text}, c: [{text}]}}, timeout: {text}}}]\n"
    data = read(source.encode()).data
    assert data["option"] == {"a": text}
    assert data["jobs"][0]["option"] == {"b": text, "c": [text]}
    assert data["jobs"][0]["timeout"] == read(f"x: {text}".encode()).data["x"]


def test_an_empty_option_is_empty_text() -> None:
    assert read(b"option: {a: , b: ''}").data == {"option": {"a": "", "b": ""}}


@pytest.mark.parametrize("digits", [40, 41, 5_000, 100_000])
def test_absurdly_long_numbers_are_text_at_the_latest_above_40_digits(digits: int) -> None:
    """int() would refuse 4,301 digits with an exception."""
    text = "9" * digits
    assert read(f"a: {text}".encode()).data == {"a": int(text) if digits <= 40 else text}


def test_an_exponent_without_bound_is_a_number_or_text_but_no_crash() -> None:
    assert read(b"a: 1e999999999").data == {"a": float("inf")}


def test_block_scalars_keep_their_lines() -> None:
    assert read(b"a: |\n  one\n  two\nb: >-\n  one\n  two\n").data == {"a": "one\ntwo\n", "b": "one two"}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_do_not_change_values(ending: str) -> None:
    source = ending.join(["\ufeffa: x", "b:", "  - 1", "  - |", "    one", "    two", ""])
    assert read(source.encode()).data == {"a": "x", "b": [1, "one\ntwo\n"]}
