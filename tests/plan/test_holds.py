"""What failed, was rolled back or was begun: held, tried anew, resumed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.release.item import retirement
from bot.settings import Repo, Settings
from tests.plan.conftest import Book

SETTINGS = {
    "a limit": Settings.model_validate({"limits": {"job": "1h"}}),
    "an image": Settings(repos={"default": Repo(image="reco@sha256:" + "1" * 64)}),
    "sameday's own image": Settings.model_validate({"manifests": {"image": "sameday@sha256:" + "2" * 64}}),
    "one more store": Settings.model_validate({"stores": {"another": {"kind": "sqlite", "path": "another.sqlite"}}}),
}


def test_a_failed_one_is_on_hold_until_its_file_changes(book: Book) -> None:
    before = book.one(book.repository(book.SPEC))
    failed = book.log(before, "apply done", "generate started", "generate failed")
    for days in (0, 1, 30):
        assert book.planned(book.repository(book.SPEC), failed, book.NOW + timedelta(days=days)) == (
            (),
            ["generate failed: because"],
        )
    item = book.one(book.repository(book.ANOTHER), failed)
    assert (item.attempt, book.steps(item, failed)) == (1, "apply generate switch settle announce")


def test_a_forced_one_is_tried_anew(book: Book) -> None:
    before = book.one(book.repository(book.SPEC))
    failed = book.log(before, "apply done", "generate failed")
    again = book.one(book.repository(book.SPEC), failed, book.NOW, "reco")
    assert (again.attempt, again.run) == (2, f"{before.run}-2")
    assert book.steps(again, failed) == "generate switch settle announce"
    twice = [*failed, *book.log(again, "generate failed")]
    assert book.one(book.repository(book.SPEC), twice, book.NOW, "reco").attempt == 3
    tomorrow = book.one(book.repository(book.SPEC), twice, book.NOW + timedelta(days=1), "reco")
    assert (tomorrow.date, tomorrow.attempt) == (date(2026, 11, 24), 1)
    later = [*book.log(before, "apply done", "generate done", "switch failed")]
    assert book.one(book.repository(book.SPEC), later, book.NOW, "reco").run == before.run  # its data is there


def test_more_memory_after_a_failed_run_is_a_new_attempt(book: Book) -> None:
    failed = book.log(book.one(book.repository(book.SPEC)), "apply done", "generate failed")
    assert book.one(book.repository(book.LARGER), failed).attempt == 2
    # ... and so is the way back to a file whose run has failed that day.
    elsewhere = [*failed, *book.log(book.one(book.repository(book.ANOTHER), failed), "apply done", "generate failed")]
    assert book.one(book.repository(book.SPEC), elsewhere).attempt == 2


def test_a_run_keeps_its_date_when_it_is_resumed(book: Book) -> None:
    before = book.one(book.repository(book.SPEC))
    for steps_so_far in (
        ["apply started"],
        ["apply done", "generate started"],
        ["generate started", "generate waiting"],
    ):
        item = book.one(book.repository(book.SPEC), book.log(before, *steps_so_far), book.NOW + timedelta(days=1))
        assert (item.run, item.digests) == (before.run, before.digests)


def test_what_was_rolled_back_is_on_hold_and_new_when_forced(book: Book) -> None:
    first = book.one(book.repository(book.SPEC))
    second = book.one(book.repository(book.ANOTHER), book.log(first))
    back = [*book.log(first), *book.log(second), *book.log(first, "rollback started", "rollback done")]
    assert book.planned(book.repository(book.ANOTHER), back) == ((), ["rolled back on 2026-11-23: because"])
    assert book.planned(book.repository(book.SPEC), back) == ((), [])
    again = book.one(book.repository(book.ANOTHER), back, book.NOW, "reco")
    assert (again.attempt, again.serves) == (2, (first.run, f"{second.run}-2"))
    assert book.one(book.repository(book.ANOTHER), back, book.NOW + timedelta(days=1), "reco").attempt == 1


def test_a_first_release_that_was_rolled_back_serves_nothing(book: Book) -> None:
    first = book.one(book.repository(book.SPEC))
    back = [*book.log(first), *book.log(retirement(first), "rollback done")]
    assert book.planned(book.repository(book.SPEC), back) == ((), ["rolled back on 2026-11-23: because"])
    assert book.planned(book.repository(), back) == ((), [])
    again = book.one(book.repository(book.SPEC), back, book.NOW, "reco")
    assert (again.change, again.attempt, again.serves) == ("new", 2, (None, f"{first.run}-2"))
    assert book.steps(again, back) == "apply generate switch settle announce"


@pytest.mark.parametrize("state", ["started", "failed"])
def test_a_rollback_that_did_not_get_through_decides_nothing(book: Book, state: str) -> None:
    first = book.one(book.repository(book.SPEC))
    second = book.one(book.repository(book.ANOTHER), book.log(first))
    entries = [*book.log(first), *book.log(second), *book.log(first, f"rollback {state}")]
    assert book.planned(book.repository(book.ANOTHER), entries) == ((), [])


def test_the_way_back_after_a_failure_undoes_what_was_begun(book: Book) -> None:
    first = book.one(book.repository(book.SPEC))
    before = book.log(first)
    data = book.one(book.repository(book.ANOTHER), before)
    for failed, wanted in [
        (["apply started", "apply failed"], "apply announce"),
        (["apply done", "generate started", "generate failed"], "apply announce"),
        (["apply done", "generate done", "switch started", "switch failed"], "apply generate switch settle announce"),
    ]:
        entries = [*before, *book.log(data, *failed)]
        item = book.one(book.repository(book.SPEC), entries, book.NOW + timedelta(days=2))
        assert (item.run, book.steps(item, entries)) == (first.run, wanted)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_settings_lift_no_hold(book: Book, settings: Settings) -> None:
    """They made version 2 live again by themselves, or put a flag on that had been taken back."""
    first = book.one(book.repository(book.SPEC))
    second = book.one(book.repository(book.ANOTHER), book.log(first))
    rolled_back = [*book.log(first), *book.log(second), *book.log(first, "rollback started", "rollback done")]
    to_nothing = [*book.log(second), *book.log(retirement(second), "rollback done")]
    failed = [*book.log(first), *book.log(second, "apply done", "generate started", "generate failed")]
    off = [*book.log(first), *book.log(second, "apply done", "generate done", "switch failed")]
    for entries, reason in (
        (rolled_back, "rolled back on 2026-11-23: because"),
        (to_nothing, "rolled back on 2026-11-23: because"),
        (failed, "generate failed: because"),
        (off, "switch failed: because"),
    ):
        for days in (0, 1):
            later = book.NOW + timedelta(days=days)
            assert book.planned(book.repository(book.ANOTHER), entries, later, settings) == ((), [reason])


def test_another_experiment_lifts_no_hold(book: Book) -> None:
    """Not even the one that it reads."""
    output = {"table": "main.t", "job": "infer", "columns": {"id": "INT64"}}
    writer = book.changed(name="writer", outputs={"out": output})
    reader = book.changed(inputs={"x": {"experiment": "writer", "output": "out"}})
    items, _ = book.planned(book.repository(writer, reader))
    entries = [entry for item in items for entry in book.log(item)]
    entries += book.log(retirement(items[1]), "rollback done")
    for other in (writer, {**writer, "outputs": {"out": {**output, "table": "main.other"}}}):
        planned, holds = book.planned(book.repository(other, reader), entries)
        assert [item.experiment for item in planned if item.experiment == "reco"] == []
        assert "rolled back on 2026-11-23: because" in holds


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_settings_release_nothing_of_what_was_there_before(book: Book, settings: Settings) -> None:
    found = book.one(book.repository(book.SPEC))
    baseline = book.log(found, "baseline skipped")
    items, holds = book.planned(book.repository(book.SPEC), baseline, book.NOW, settings)
    assert (items, holds) == ((), [])
    tried = book.one(book.repository(book.ANOTHER), baseline)
    failed = [*baseline, *book.log(tried, "apply done", "generate failed")]
    assert book.planned(book.repository(book.ANOTHER), failed, book.NOW, settings) == ((), ["generate failed: because"])


def test_a_change_of_its_file_or_its_name_lifts_a_hold(book: Book) -> None:
    first = book.one(book.repository(book.SPEC))
    back = [*book.log(first), *book.log(retirement(first), "rollback done")]
    for spec in (book.ANOTHER, book.LARGER, book.changed(owner="@acme/reco")):
        assert book.one(book.repository(spec), back).experiment == "reco"
    assert book.one(book.repository(book.SPEC), back, book.NOW, "reco").attempt == 2
