"""What a run made is held against the dates before, as far back as anybody looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.compile.work import warehouse_place
from bot.errors import Refused
from bot.ports import Version, Work
from bot.tasks.begin import made
from bot.tasks.verify import verify
from tests.tasks.conftest import DAY, NOW, Bench, Clock


def scored(users: int, score: float = 0.5) -> dict[str, float | None]:
    """So many users, each with a score of its own."""
    return {f"u{i}": score + i for i in range(users)}


def work_of(bench: Bench, back: int, attempt: int = 1, **output: Any) -> Work:
    """The run of so many days ago, of an output without days unless it is asked for."""
    outputs = {"scores": bench.output(**{"partition": None, **output})}
    return bench.work(DAY - timedelta(days=back), attempt=attempt, outputs=outputs)


def finish(bench: Bench, work: Work, users: int, score: float = 0.5) -> list[str]:
    """Do all of the run."""
    return bench.finish(work, **scored(users, score))


def known(bench: Bench, work: Work) -> list[Version]:
    """The catalogue of the run's output."""
    return [*bench.warehouse.versions(warehouse_place("demo", work.key, work.outputs["scores"]))]


@pytest.mark.parametrize("partition", [None, {"column": "dt"}])
def test_a_day_with_half_of_the_users_is_held(bench: Bench, partition: dict[str, str] | None) -> None:
    finish(bench, work_of(bench, 1, partition=partition), 200)
    work = work_of(bench, 0, partition=partition)
    with pytest.raises(Refused) as refused:
        finish(bench, work, 100)
    assert str(refused.value) == "held, and what was shown stays: scores: 100 user_id, 200 are usual"
    assert len(bench.served()) == 200
    assert made(work, bench.warehouse) is None, "a later start of the date makes it again"
    (held, _) = known(bench, work)
    assert (held.whole, held.watched and [one.rule for one in held.watched.held]) == (None, ["fewer"])


def test_one_output_holds_all(bench: Bench) -> None:
    outputs = {"scores": bench.output(), "items": bench.output("reco.items")}
    before, work = (bench.work(DAY - timedelta(days=back), outputs=outputs) for back in (1, 0))
    for each, users in ((before, 200), (work, 90)):
        bench.write(each, "scores", scores=scored(users))
        bench.write(each, "items", scores=scored(200, users))
    verify(before, bench.warehouse, Clock().now)
    with pytest.raises(Refused, match="held"):
        verify(work, bench.warehouse, Clock().now)
    for output in outputs.values():
        assert [one.whole for one in bench.warehouse.versions(warehouse_place("demo", work.key, output))] == [None, NOW]


def test_only_what_was_held_is_let_through(bench: Bench) -> None:
    finish(bench, work_of(bench, 1), 200)
    first = work_of(bench, 0)
    with pytest.raises(Refused):
        finish(bench, first, 100)
    with pytest.raises(Refused):
        finish(bench, work_of(bench, 0, 2), 100)
    held = known(bench, first)[0]
    assert held.watched is not None
    place = warehouse_place("demo", first.key, first.outputs["scores"])
    accepted = held.watched.model_copy(update={"accepted": "ada"})
    bench.warehouse.begin(place, replace(held, watched=accepted))
    work = work_of(bench, 0, 3)
    bench.write(work, scores=scored(100))
    assert verify(work, bench.warehouse, Clock().now) == [
        "scores: 100 rows", "scores: warning: 100 user_id, 200 are usual; let through by a person",
    ]  # fmt: skip


def test_a_release_that_removes_versions_keeps_what_was_counted(bench: Bench) -> None:
    for back in range(8, 0, -1):
        finish(bench, work_of(bench, back), 200 if back > 2 else 100 + 20 * back, back)
    work = work_of(bench, 0)
    bench.warehouse.prune("demo", "reco.v4", {work.key}, NOW + timedelta(days=1))
    assert len(known(bench, work)) == 2
    with pytest.raises(Refused, match="110 user_id, 200 are usual"):
        finish(bench, work, 110)


def test_what_is_verified_again_is_not_counted_again(bench: Bench) -> None:
    """Its pod was lost when all was shown: what is usual may be something else by now."""
    work = work_of(bench, 0)
    finish(bench, work, 200)
    finish(bench, work_of(bench, 1), 500)
    assert verify(work, bench.warehouse, Clock().now) == ["scores: 200 rows"]


def test_a_new_version_of_the_file_begins_anew(bench: Bench) -> None:
    finish(bench, work_of(bench, 1), 200)
    other = work_of(bench, 0).model_copy(update={"key": "00c0ffee"})
    assert finish(bench, other, 100)[0] == "scores: 100 rows in reco.v4__00c0ffee"
