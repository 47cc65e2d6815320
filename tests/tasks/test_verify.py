"""What a run made is proven before anybody else sees it: every fault has its sentence."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from bot.compile.work import warehouse_place
from bot.errors import Refused
from bot.ports import Work
from bot.tasks.verify import verify
from tests.tasks.conftest import NOW, Bench, Clock

DAY = date(2026, 11, 23)


def refusal(bench: Bench, work: Work) -> str:
    """What verifying says."""
    with pytest.raises(Refused) as refused:
        verify(work, bench.warehouse, Clock().now)
    return str(refused.value)


def test_sound_table(bench: Bench) -> None:
    work = bench.work()
    bench.write(work, ada=0.5, bob=None)
    assert verify(work, bench.warehouse, Clock().now) == ["scores: 2 rows"]


def test_no_table(bench: Bench) -> None:
    assert refusal(bench, bench.work()) == "scores: the job infer has not written reco.v4__0badcafe_20261123"


def test_table_that_is_no_table(bench: Bench) -> None:
    work = bench.work()
    bench.write(work, ada=0.5)
    (bench.root / "warehouse" / "reco.v4__0badcafe_20261123.parquet").write_text("half a fi")
    assert (
        refusal(bench, work) == "scores: reco.v4__0badcafe_20261123.parquet cannot be read as Parquet: it is not whole"
    )


def users(*names: str | None) -> pa.Array:
    return pa.array(names, pa.string())


def days(*found: date | None) -> pa.Array:
    return pa.array(found, pa.date32())


CHANGED = [
    ({"score": None}, "the column score is missing"),
    ({"score": pa.array([1, 2, 3])}, "the column score is INT64, declared is FLOAT64"),
    ({"score": pa.array(["a", "b", "c"])}, "the column score is STRING, declared is FLOAT64"),
    ({"extra": pa.array([1, 2, 3]), "more": pa.array([1, 2, 3])}, "columns that are not declared: extra, more"),
    ({"user_id": users("a", "b", "a")}, "1 rows repeat a key (user_id): (a) is in 2 rows"),
    ({"user_id": users("a", "a", "a")}, "2 rows repeat a key (user_id): (a) is in 3 rows"),
    (
        {"user_id": users(f"a\nb{'c' * 99}", f"a\nb{'c' * 99}", "a")},
        f"1 rows repeat a key (user_id): (a b{'c' * 36}…) is in 2 rows",
    ),
    ({"user_id": users("a", None, "c")}, "1 rows have no user_id, which is part of the key"),
    ({"dt": days(DAY, date(2026, 11, 22), None)}, "2 rows are of another day than 2026-11-23"),
]


@pytest.mark.parametrize(("columns", "fault"), CHANGED)
def test_fault(bench: Bench, columns: dict[str, pa.Array | None], fault: str) -> None:
    work = bench.work()
    rows = bench.rows({"a": 0.1, "b": 0.2, "c": 0.3})
    for name, values in columns.items():
        rows = rows.drop_columns(name) if name in rows.column_names else rows
        rows = rows if values is None else rows.append_column(name, values)
    bench.write(work, rows=rows)
    assert refusal(bench, work) == f"scores: {fault}"


def test_expectations(bench: Bench) -> None:
    output = bench.output(expect={"min_rows": 1_000, "max_null_share": {"score": 0.25}})
    work = bench.work(outputs={"scores": output})
    bench.write(work, a=None, b=None, c=0.5)
    assert refusal(bench, work) == (
        "scores: 3 rows, at least 1,000 are expected; scores: 66.7% of score is NULL, at most 25.0% is expected"
    )


@pytest.mark.parametrize(("nulls", "fine"), [(1, True), (2, False)])
def test_null_share_is_met_exactly(bench: Bench, nulls: int, fine: bool) -> None:
    work = bench.work(outputs={"scores": bench.output(expect={"max_null_share": {"score": 0.25}})})
    bench.write(work, scores={f"u{i}": None if i < nulls else 0.5 for i in range(4)})
    if fine:
        assert verify(work, bench.warehouse, Clock().now) == ["scores: 4 rows"]
    else:
        assert "50.0% of score is NULL" in refusal(bench, work)


def test_empty_table(bench: Bench) -> None:
    work = bench.work()
    bench.write(work)
    assert refusal(bench, work) == "scores: 0 rows, at least 1 are expected"
    fine = bench.work(outputs={"scores": bench.output(expect={"min_rows": 0, "max_null_share": {"score": 0}})})
    assert verify(fine, bench.warehouse, Clock().now) == ["scores: 0 rows"]


def test_text_carries_json_and_geography(bench: Bench) -> None:
    columns = {"user_id": "STRING", "said": "JSON", "at": "GEOGRAPHY"}
    work = bench.work(outputs={"scores": bench.output(columns=columns, partition=None, sync=None)})
    bench.write(work, rows=pa.table({"user_id": ["a"], "said": ["{}"], "at": ["POINT(0 0)"]}))
    assert verify(work, bench.warehouse, Clock().now) == ["scores: 1 rows"]


def test_all_faults_of_all_outputs_at_once(bench: Bench) -> None:
    outputs = {
        "scores": bench.output(), "items": bench.output("reco.items"), "fine": bench.output("reco.fine"),
        "gone": bench.output("reco.gone"),
    }  # fmt: skip
    work = bench.work(outputs=outputs)
    bench.write(work, "scores", bench.rows({"a": 0.1}).drop_columns(["score", "dt"]))
    bench.write(work, "items", pa.concat_tables([bench.rows({"a": 1.0}), bench.rows({"a": 2.0}, date(2026, 11, 1))]))
    bench.write(work, "fine", a=1.0)
    assert refusal(bench, work).split("; ") == [
        "scores: the column score is missing",
        "scores: the column dt is missing",
        "items: 1 rows repeat a key (user_id): (a) is in 2 rows",
        "items: 1 rows are of another day than 2026-11-23",
        "gone: the job infer has not written reco.gone__0badcafe_20261123",
    ]


def test_attempts_have_tables_of_their_own(bench: Bench) -> None:
    bench.write(bench.work(), ada=0.5)
    assert "reco.v4__0badcafe_20261123_2" in refusal(bench, bench.work(attempt=2))


def test_nothing_is_whole_unless_everything_is(bench: Bench) -> None:
    work = bench.work(outputs={"scores": bench.output(), "items": bench.output("reco.items")})
    places = [warehouse_place(work.experiment, work.key, output) for output in work.outputs.values()]
    bench.write(work, "scores", ada=0.5)
    refusal(bench, work)
    assert [list(bench.warehouse.versions(place)) for place in places] == [[], []]
    bench.write(work, "items", ada=0.5)
    verify(work, bench.warehouse, Clock().now)
    for place in places:
        (made,) = bench.warehouse.versions(place)
        assert (made.run, made.rows, made.whole, bool(made.digest)) == (work.run, 1, NOW, True)


def test_a_run_is_whole_once(bench: Bench) -> None:
    """What it verified may be on its way to the stores: it is not replaced by other rows of the same name."""
    work = bench.work()
    for _ in range(2):
        bench.write(work, ada=0.5)
        assert verify(work, bench.warehouse, Clock().now) == ["scores: 1 rows"]
    bench.write(work, ada=0.75)
    assert refusal(bench, work) == (
        "scores: its rows are others than this run verified before: run it again as a new attempt"
    )
