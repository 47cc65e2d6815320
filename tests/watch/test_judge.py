"""What is not as usual, by the counts alone: where each rule begins, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from bot.experiment.model import Output
from bot.ports import DayCounts, Watched
from bot.watch.judge import judged

TODAY = date(2026, 11, 28)
COUNTS = {"rows": 10_000, "units": 1_000, "items": 300, "alike": 2, "short": 10, "top": 6_000, "nulls_score": 100}


def output(**expect: Any) -> Output:
    """An output of lists for users."""
    columns = {"user_id": "STRING", "item_id": "STRING", "score": "FLOAT64"}
    return Output.model_validate(
        {"table": "t", "job": "j", "columns": columns, "key": ["user_id", "item_id"], "expect": expect}
    )


def day(back: int = 0, content: str = "", **counts: float) -> DayCounts:
    """A day so many days ago, as usual but for what is said."""
    return of(counts, back, content)


def of(counts: Mapping[str, float], back: int = 0, content: str = "") -> DayCounts:
    """The same of counts by any name."""
    date = TODAY - timedelta(days=back)
    return DayCounts(date=date, counts={**COUNTS, **counts}, content=content or f"of {back}")


def days(number: int, counts: Mapping[str, float] | None = None) -> list[DayCounts]:
    """So many days before, the newest first."""
    return [of(counts or {}, back) for back in range(1, number + 1)]


def rules(found: Watched) -> tuple[list[str], list[str]]:
    """Which rules warn, and which hold."""
    return [one.rule for one in found.warned], [one.rule for one in found.held]


def said(today: DayCounts, before: Sequence[DayCounts], **expect: Any) -> list[str]:
    """The sentences, those that hold first."""
    found = judged(output(**expect), today, before)
    return [one.message for one in (*found.held, *found.warned)]


def test_a_day_as_usual() -> None:
    for number in (0, 1, 7, 40):
        assert said(day(), days(number)) == []


def test_a_first_day_can_only_have_the_same_lists() -> None:
    assert said(day(rows=1, units=1, alike=1, items=1), []) == []
    assert said(day(alike=950), []) == ["95.0% of user_id have the same list"]
    assert said(day(alike=899), []) == []


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"units": 599}, ["599 user_id, 1,000 are usual"]),
        ({"units": 600}, []),
        ({"rows": 5_999}, ["5,999 rows, 10,000 are usual"]),
        ({"rows": 0, "units": 0, "items": 0, "alike": 0}, ["0 user_id, 1,000 are usual"]),
    ],
)
def test_fewer(counts: dict[str, float], words: list[str]) -> None:
    assert said(of(counts), days(1)) == words
    assert said(of(counts), days(3) + days(4, {"units": 10, "rows": 100})[3:]) == words, (
        "one odd day is not what is usual"
    )


def test_of_little_nothing_is_said() -> None:
    little = {"rows": 99, "units": 99, "items": 9, "alike": 99}
    assert said(of({**little, "rows": 5, "units": 5}), days(40, little)) == []


def test_the_same_rows_hold_only_where_they_never_were() -> None:
    before = [day(1, "b"), day(2, "a")]
    assert said(day(content="b"), before) == [f"the rows are those of {TODAY - timedelta(days=1)}"]
    assert said(day(content="a"), before) == [f"the rows are those of {TODAY - timedelta(days=2)}"]
    assert said(day(content="c"), before) == []
    assert said(day(content="b"), [day(1, "b"), day(2, "b"), day(3, "a")]) == [], "some data changes once a month"
    assert said(day(content="b"), [day(1, "b")]) == [], "one date does not tell whether it ever changes"


def test_strangers() -> None:
    assert said(day(chosen=1_000, stayed=49), days(1)) == ["4.9% of the user_id of the date before are there"]
    assert said(day(chosen=1_000, stayed=50), days(1)) == []
    assert said(day(chosen=99, stayed=0), days(1)) == []


def test_until_weekdays_say_it_the_two_weeks_before_do() -> None:
    odd = {"items": 250}
    assert said(of(odd), days(6)) == [], "a week is needed"
    assert said(of(odd), days(7)) == ["item_id: 250, 300 to 300 is usual"]
    assert rules(judged(output(unusual="hold"), of(odd), days(27))) == (["unusual"], []), "not enough to hold"
    assert rules(judged(output(unusual="hold"), of(odd), days(28))) == ([], ["unusual"])


def test_a_weekday_is_like_its_own() -> None:
    """Saturdays have three quarters, and this Saturday does not."""
    saturday = {"units": 750, "rows": 7_500, "top": 4_500}
    before = [of(saturday, back) if back % 7 == 0 else day(back) for back in range(1, 36)]
    assert said(of(saturday), before) == []
    assert said(day(), before) == [
        "rows: 10,000, 7,500 is usual on this weekday", "user_id: 1,000, 750 is usual on this weekday",
    ]  # fmt: skip


def test_what_changes_much_may_change_much() -> None:
    before = [day(back, items=300 + 40 * (-1) ** (back // 7)) for back in range(1, 50)]
    assert said(day(items=390), before) == []
    assert said(day(items=390), days(49)) != []


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"short": 70}, "short lists: 7.0%, 1.0% is usual on this weekday"),
        ({"top": 8_000}, "the top 100's share: 80.0%, 60.0% is usual on this weekday"),
        ({"nulls_score": 400}, "NULL in score: 4.0%, 1.0% is usual on this weekday"),
        ({"kept": 950}, "overlap with the date before: 95.0%, 70.0% is usual on this weekday"),
        ({"mean_score": 2.1}, "the mean of score: 2.1, 2 is usual on this weekday"),
    ],
)
def test_each_measure(counts: dict[str, float], words: str) -> None:
    more = {"kept": 700.0, "listed": 1_000.0, "mean_score": 2.0, "deviation_score": 0.5}
    before = days(40, more)
    assert said(of(more), before, shifted="warn") == []
    assert said(of({**more, **counts}), before, shifted="warn") == [words]


def test_actions() -> None:
    today = day(alike=1_000)
    assert rules(judged(output(), today, [])) == ([], ["same_lists"])
    assert rules(judged(output(same_lists="warn"), today, [])) == (["same_lists"], [])
    assert rules(judged(output(same_lists="off"), today, [])) == ([], [])


def test_what_a_person_lets_through() -> None:
    today = day(alike=500, units=500)
    found = judged(output(), today, days(1), frozenset({"same_lists"}))
    assert rules(found) == (["same_lists"], ["fewer"]), "what they have not seen is held all the same"
    assert found.warned[0].message == "100.0% of user_id have the same list; let through by a person"
