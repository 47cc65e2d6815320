"""Layers, holdouts and freezes of the settings: what they may say, and what of them is in force where."""

from __future__ import annotations

import pytest

from bot.settings import load

DATES = "start: 2026-07-01, end: 2027-01-01"
SHARE = "should be more than 0% and less than 100%, as in 5% or 2.5%"
FAULTS = {
    "holdouts: {h: {share: 100%, DATES}}": [(1, 23, f"holdouts.h.share {SHARE}, not '100%'")],
    "holdouts: {h: {share: 0%, DATES}}": [(1, 23, f"holdouts.h.share {SHARE}, not '0%'")],
    "holdouts: {h: {share: 0.05, DATES}}": [(1, 23, f"holdouts.h.share {SHARE}, not 0.05")],
    "holdouts: {h: {share: -5%, DATES}}": [(1, 23, f"holdouts.h.share {SHARE}, not '-5%'")],
    "holdouts: {h: {share: 5%}}": [
        (1, 12, "the key 'start' is missing"), (1, 12, "the key 'end' is missing")],
    "holdouts: {h: {share: 5%, start: 2027-01-01, end: 2026-07-01}}": [
        (1, 51, "the holdout ends before it has begun")],
    "holdouts: {one: {share: 5%, DATES}, two: {share: 5%, DATES, surfaces: [home]}}": [
        (1, 66, "the holdout 'one' holds on the same surface at the same time")],
    "layers: {a: {surfaces: [home]}, b: {surfaces: [mail, home]}}": [
        (1, 54, "the surface 'home' is in the layer 'a', too")],
    "layers: {Home: {}}": [
        (1, 10, "layers.Home is 'Home', but may hold only lower-case letters, digits and hyphens, and begin and end "
         "without a hyphen")],
    "layers: {a: {slots: 5}}": [(1, 14, "unknown key 'slots'")],
    "freezes: {new-year: {start: 2026-12-28}}": [(1, 11, "the key 'end' is missing")],
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), FAULTS.items())
def test_what_settings_may_not_say(text: str, wanted: list[tuple[int, int, str]]) -> None:
    loaded = load(text.replace("DATES", DATES).encode(), "check")
    assert loaded.settings is None
    assert [(fault.span.line, fault.span.column, fault.message) for fault in loaded.faults] == wanted


SOUND = [
    "holdouts: {one: {share: 5%, DATES, surfaces: [mail]}, two: {share: 99.99%, DATES, surfaces: [home]}}",
    "holdouts: {one: {share: 5%, DATES}, two: {share: 2.5%, start: 2027-01-01, end: 2027-07-01}}",
    "layers: {home: {salt: 2026h2, surfaces: [home]}, mail: {surfaces: [mail]}, default: {salt: x}}",
    "freezes: {new-year: {start: 2026-12-28, end: 2027-01-04, timezone: Asia/Tokyo}}",
]


@pytest.mark.parametrize("text", SOUND)
def test_what_settings_may_say(text: str) -> None:
    assert load(text.replace("DATES", DATES).encode(), "check").faults == ()
