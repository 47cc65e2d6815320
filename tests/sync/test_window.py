"""What readers see at once."""

from __future__ import annotations

import pytest

from bot.sync.window import window

A, B = "demo-0badcafe-202611", "demo-feedbeef-202611"


@pytest.mark.parametrize(
    ("versions", "last", "days", "shown"),
    [
        ([], "20", 1, ["20"]),
        (["20", "21"], "21", 1, ["21"]),
        (["20", "21", "22"], "22", 2, ["22", "21"]),
        (["22", "20", "21"], "21", 5, ["21", "20"]),
        (["20", "22"], "22", 2, ["22", "20"]),
        (["20", "21", "21-2"], "21-2", 2, ["21-2", "20"]),
        (["20", "20-2", "20-10", "21"], "21", 2, ["21", "20-10"]),
        (["21", "21-2"], "21", 2, ["21"]),
    ],
)
def test_the_newest_of_each_day(versions: list[str], last: str, days: int, shown: list[str]) -> None:
    assert window([A + version for version in versions], A + last, days) == tuple(A + version for version in shown)


def test_days_of_another_spec_are_not_mixed_in() -> None:
    assert window([A + "20", B + "20", A + "21"], B + "22", 3) == (B + "22", B + "20")
