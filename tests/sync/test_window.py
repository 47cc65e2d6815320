"""What a place admits, what falls out of it, and what is back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.ports import Place, Version
from bot.sync.window import admits, beyond, earlier, lacking, unlike

BEGUN = datetime(2026, 11, 26, 4, tzinfo=UTC)
COLUMNS = (("user_id", "STRING"), ("dt", "DATE"))
WHOLE = Place("demo", "scores", "0badcafe", COLUMNS)
DAYS = Place("demo", "scores", "0badcafe", COLUMNS, partition="dt", days=3)
ALL = Place("demo", "scores", "0badcafe", COLUMNS, partition="dt", days=0)


def made(word: str) -> Version:
    """A whole version: `21` of the 21st, `21-2` its second attempt, `x21` of another spec."""
    day, _, attempt = word.lstrip("x").partition("-")
    spec = "feedbeef" if word.startswith("x") else "0badcafe"
    return Version("demo", spec, date(2026, 11, int(day)), BEGUN, int(attempt or 1), whole=BEGUN)


def several(words: str) -> list[Version]:
    """The versions that the words name."""
    return [made(word) for word in words.split()]


@pytest.mark.parametrize(
    ("place", "inside", "version", "admitted"),
    [
        (WHOLE, "", "20", True), (WHOLE, "20", "21", True), (WHOLE, "21", "20", False),
        (WHOLE, "21", "21-2", True), (WHOLE, "21-2", "21", False),
        (DAYS, "", "20", True), (DAYS, "22 21 20", "23", True), (DAYS, "22 21 20", "19", False),
        (DAYS, "22 20 19", "21", True), (DAYS, "22 21", "1", True), (DAYS, "22 21-2 20", "21", False),
        (DAYS, "22 21 20", "20-2", True), (DAYS, "22 x21-9 20", "21", True), (DAYS, "x22 x21 x20", "19", False),
        (ALL, "22 21 20", "1", True), (ALL, "1-2", "1", False),
    ],
)  # fmt: skip
def test_never_backwards(place: Place, inside: str, version: str, admitted: bool) -> None:
    assert admits(place, made(version), several(inside), {}) == admitted


@pytest.mark.parametrize(("version", "admitted"), [("21", False), ("21-2", False), ("21-3", True), ("22", True)])
def test_what_was_taken_out_comes_back_as_a_later_attempt_only(version: str, admitted: bool) -> None:
    for place in (WHOLE, DAYS):
        assert admits(place, made(version), several("20"), {date(2026, 11, 21): 2}) == admitted


def test_the_oldest_days_fall_out() -> None:
    days = [date(2026, 11, day) for day in (20, 24, 22, 21, 24)]
    assert beyond(DAYS, days) == [date(2026, 11, 20)]
    assert beyond(ALL, days) == []


@pytest.mark.parametrize(
    ("shown", "versions", "back"),
    [("22", "22 21 20", "21"), ("22-2", "22-2 22 21", "21"), ("22", "22 21-2 21", "21-2"), ("22", "22", None),
     ("22", "23 22", None)],
)  # fmt: skip
def test_the_version_of_the_day_before_is_back(shown: str, versions: str, back: str | None) -> None:
    assert earlier(made(shown), several(versions), {}) == (made(back) if back else None)


def test_what_was_taken_out_or_is_not_whole_is_not_back() -> None:
    begun = Version("demo", "0badcafe", date(2026, 11, 21), BEGUN, 3)
    versions = [begun, *several("22 21-2 20")]
    assert earlier(made("22"), versions, {date(2026, 11, 21): 2}) == made("20")


def test_days_that_a_new_place_lacks() -> None:
    old = several("x24 x23 x22 x21")
    assert lacking(DAYS, [], old, {}) == several("x24 x23 x22")
    assert lacking(DAYS, several("25 24"), old, {}) == several("x23")
    assert lacking(ALL, several("22"), old, {date(2026, 11, 23): 0}) == several("x24 x21")


@pytest.mark.parametrize(
    ("old", "said"),
    [
        (Place("demo", "scores", "feedbeef", COLUMNS, partition="dt"), ""),
        (Place("demo", "scores", "feedbeef", (("rank", "INT64"), *COLUMNS), partition="dt"), ""),
        (Place("demo", "scores", "feedbeef", COLUMNS), "in no column"),
        (Place("demo", "scores", "feedbeef", (*COLUMNS, ("day", "DATE")), partition="day"), "in day"),
        (Place("demo", "scores", "feedbeef", (("user_id", "INT64"), ("dt", "DATE")), partition="dt"), "such user_id"),
    ],
)
def test_what_keeps_days_from_being_carried(old: Place, said: str) -> None:
    reason = unlike(DAYS, old)
    assert (said in reason, bool(reason)) == (True, bool(said))
    assert "shows one version" in unlike(WHOLE, old)
