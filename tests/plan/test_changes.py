"""What differs from the ledger, and what a release does about it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import yaml

from bot.settings import Manifests, Repo, Settings
from tests.plan.conftest import Book


def test_a_new_experiment_takes_every_step(book: Book) -> None:
    item = book.one(book.repository(book.SPEC))
    assert (item.change, item.date, item.attempt) == ("new", date(2026, 11, 23), 1)
    assert item.run == f"reco-{item.key}-20261123"
    assert item.serves == (None, item.run)
    assert book.steps(item) == "apply generate switch settle announce"


def test_what_is_released_is_done_with_on_every_other_day(book: Book) -> None:
    released = book.log(book.one(book.repository(book.SPEC)))
    for days in (0, 1, 400):
        assert book.planned(book.repository(book.SPEC), released, book.NOW + timedelta(days=days)) == ((), [])


@pytest.mark.parametrize(
    ("more", "same_key", "wanted"),
    [
        ({"jobs": [{"name": "infer", "command": "infer --better"}]}, False, "apply generate switch settle announce"),
        ({"jobs": [{"name": "infer", "command": "infer", "resources": {"cpu": "4"}}]}, True, "apply announce"),
        ({"serving": {"kind": "all", "arm": {"name": "x", "table": "main.x"}}}, True, "switch settle announce"),
        ({"schedule": {"cron": "0 5 * * *"}}, True, "apply switch settle announce"),
        ({"owner": "@acme/reco"}, True, "switch settle announce"),
    ],
)
def test_a_change_takes_the_steps_it_concerns(book: Book, more: dict[str, Any], same_key: bool, wanted: str) -> None:
    before = book.one(book.repository(book.SPEC))
    item = book.one(book.repository(book.changed(**more)), book.log(before), book.NOW + timedelta(days=3))
    assert item.change == "changed"
    assert (item.key == before.key) is same_key
    assert (item.run == before.run) is same_key
    assert item.serves == (before.run, item.run)
    assert book.steps(item, book.log(before)) == wanted


def test_a_default_that_is_written_out_changes_nothing(book: Book) -> None:
    output = {"table": "main.new", "job": "infer", "columns": {"id": "INT64"}}
    before = book.one(book.repository(book.changed(outputs={"scores": output})))
    spelled = {**output, "history": "keep", "key": [], "expect": {"min_rows": 1}}
    assert book.one(book.repository(book.changed(outputs={"scores": spelled}))).key == before.key


def test_an_image_is_part_of_what_is_run(book: Book) -> None:
    before = book.one(book.repository(book.SPEC))
    settings = Settings(repos={"default": Repo(image="reco@sha256:" + "1" * 64)})
    (item,), _ = book.planned(book.repository(book.SPEC), book.log(before), book.NOW, settings)
    assert item.key != before.key
    elsewhere = Settings(manifests=Manifests(namespace="elsewhere"))
    (item,), _ = book.planned(book.repository(book.SPEC), book.log(before), book.NOW, elsewhere)
    assert book.steps(item, book.log(before)) == "apply announce"


def test_a_removed_file_or_a_period_that_is_over_retires(book: Book) -> None:
    over = {"kind": "all", "arm": {"name": "new", "table": "main.new"}, "period": {"start": "2026-11-01"}}
    ended = {**over, "period": {"start": "2026-11-01", "end": "2026-11-23"}}
    before = book.one(book.repository(book.changed(serving=over)))
    for repo in (book.repository(), book.repository(book.changed(serving=ended))):
        item = book.one(repo, book.log(before))
        assert (item.change, item.serves) == ("retired", (before.run, None))
        assert book.steps(item, book.log(before)) == "switch settle announce"
        gone = [*book.log(before), *book.log(item, "switch started", "switch done")]
        assert book.steps(book.one(repo, gone), gone) == "settle announce"  # killed before the rest
        assert book.planned(repo, [*gone, *book.log(item, "settle done", "announce done")]) == ((), [])
    the_day_before = book.NOW - timedelta(days=1)
    assert book.one(book.repository(book.changed(serving=ended)), book.log(before), the_day_before).change == "changed"


@pytest.mark.parametrize("end", ["generate waiting", "generate failed", "switch started"])
def test_what_never_went_live_is_retired_too(book: Book, end: str) -> None:
    begun = book.log(book.one(book.repository(book.SPEC)), "apply done", end)
    item = book.one(book.repository(), begun)
    assert (item.change, item.serves, book.steps(item, begun)) == ("retired", (None, None), "switch settle announce")
    gone = [*begun, *book.log(item, "switch started", "switch done", "settle started", "settle done")]
    again = book.one(book.repository(), gone)
    assert (again.serves, book.steps(again, gone)) == ((None, None), "announce"), "killed before people were told"
    gone += book.log(item, "announce done")
    assert book.planned(book.repository(), gone) == ((), [])
    assert book.one(book.repository(book.SPEC), gone).change == "new"


@pytest.mark.parametrize("text", ["name: reco\njobs: 7\n", "name: reco\njobs: [", "", "nmae: reco\njobs: []\n"])
def test_a_broken_file_retires_nothing(book: Book, text: str) -> None:
    released = book.log(book.one(book.repository(book.SPEC)))
    assert book.planned(book.repository(reco__yaml=text), released) == ((), [])


def test_adopted_ones_rest_until_what_they_serve_changes(book: Book) -> None:
    found = book.one(book.repository(book.SPEC))
    baseline = book.log(found, "baseline skipped")
    assert book.planned(book.repository(book.SPEC), baseline, book.NOW + timedelta(days=9)) == ((), [])
    assert book.planned(
        book.repository(book.SPEC), baseline, book.NOW, Settings(manifests=Manifests(namespace="other"))
    ) == ((), [])
    for item in (
        book.one(book.repository(book.OTHER_ARM), baseline, book.NOW + timedelta(days=9)),
        book.one(book.repository(book.SPEC), baseline, book.NOW + timedelta(days=9), "reco"),
    ):
        assert item.date == date(2026, 12, 2)
        assert book.steps(item, baseline) == "apply generate switch settle announce"
        assert item.serves[0] == "what was there before"
    assert book.one(book.repository(), baseline).change == "retired"


def test_writers_come_before_their_readers(book: Book) -> None:
    output = {"table": "main.t", "job": "infer", "columns": {"id": "INT64"}}
    chain = [
        book.changed(name=name, outputs={"out": output | {"table": f"main.{name}"}}, inputs=inputs)
        for name, inputs in (
            ("a", {"x": {"experiment": "b", "output": "out"}}),
            ("b", {"x": {"experiment": "c", "output": "out"}}),
            ("c", {}),
        )
    ]
    items, _ = book.planned(book.repository(*chain))
    assert [item.experiment for item in items] == ["c", "b", "a"]
    items, holds = book.planned(book.repository(chain[0], chain[2]))
    assert [item.experiment for item in items] == ["c"]
    assert holds == ["the input x reads b.out, which is not there"]
    released = [entry for item in book.planned(book.repository(*chain))[0] for entry in book.log(item)]
    items, holds = book.planned(book.repository(*chain[:2], c__yaml="name: c\njobs: 7\n"), released)
    assert (items, holds) == ((), [])  # nothing that is live is touched by a broken writer


@pytest.mark.parametrize(
    ("timezone", "now", "day"),
    [
        ("Asia/Tokyo", "2026-11-23T14:59:59+00:00", date(2026, 11, 23)),
        ("Asia/Tokyo", "2026-11-23T15:00:00+00:00", date(2026, 11, 24)),
        ("America/Los_Angeles", "2026-11-24T07:59:59+00:00", date(2026, 11, 23)),
        ("America/Los_Angeles", "2026-11-24T08:00:00+00:00", date(2026, 11, 24)),
        ("UTC", "2026-11-23T23:59:59+00:00", date(2026, 11, 23)),
    ],
)
def test_the_data_date_is_the_schedules_day(book: Book, timezone: str, now: str, day: date) -> None:
    spec = book.changed(schedule={"cron": "0 4 * * *", "timezone": timezone})
    item = book.one(book.repository(spec), (), datetime.fromisoformat(now))
    assert (item.date, item.run[-8:]) == (day, f"{day:%Y%m%d}")


def test_equal_files_make_equal_items_wherever_they_lie(book: Book) -> None:
    item = book.one(book.repository(book.SPEC))
    assert book.one(book.repository(**{"x__yaml": "# moved\n" + yaml.safe_dump(book.SPEC)})) == item
