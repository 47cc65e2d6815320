"""Parquet files that anybody may have written: each is read in bounded memory, or refused in one line."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.errors import Refused, SamedayError
from bot.experiment.model import Output
from bot.ports import Place, Version
from bot.settings.kinds import FolderWarehouse
from bot.warehouses.folder import ParquetFolder

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("SAMEDAY_COUNT", "150"))
DAY = dt.date(2026, 11, 23)
OUTPUT = Output.model_validate(
    {
        "table": "main.t", "job": "j", "columns": {"u": "STRING", "s": "FLOAT64", "dt": "DATE"}, "key": ["u"],
        "partition": {"column": "dt"},
    }
)  # fmt: skip
PLACE = Place("reco", "main.t", "0badcafe", tuple(OUTPUT.columns.items()), ("u",), "dt", days=3)
NOW = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
TODAY, BEFORE = (Version("reco", "0badcafe", DAY - dt.timedelta(days=back), NOW, whole=NOW) for back in (0, 1))


@pytest.fixture
def warehouse(tmp_path: Path) -> ParquetFolder:
    return ParquetFolder(FolderWarehouse(path=str(tmp_path)))


def written(warehouse: ParquetFolder, rows: pa.Table, **options: Any) -> int:
    """Write the table; returns the file's size."""
    place = Path(warehouse.settings.address("main.t"))
    pq.write_table(rows, place, compression="zstd", write_statistics=False, store_schema=False, **options)
    return place.stat().st_size


def zeros(kind: pa.DataType, count: int) -> pa.Array:
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(bytes(count * 8))])


def one_text_a_thousand_times() -> dict[str, pa.Array]:
    """500 bytes that are 7.5 GB."""
    return {"u": pa.DictionaryArray.from_arrays(pa.array([0] * 1_000, pa.int32()), pa.array(["x" * 7_500_000]))}


def one_list_of_all() -> dict[str, pa.Array]:
    """300 bytes that are a gigabyte."""
    count = 60_000_000
    return {"u": pa.ListArray.from_arrays(pa.array([0, count], pa.int32()), zeros(pa.float64(), count))}


@pytest.mark.parametrize("made", [one_text_a_thousand_times, one_list_of_all])
def test_a_small_file_of_any_size(warehouse: ParquetFolder, made: Any) -> None:
    assert written(warehouse, pa.table(made())) < 600
    pa.default_memory_pool().release_unused()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Refused, match=r"1,000 rows of it need too much memory"):
        warehouse.read("main.t", 1_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kilobytes"


def test_rows_that_are_large_are_read_a_few_at_a_time(warehouse: ParquetFolder) -> None:
    chance = random.Random(1)
    texts = [chance.randbytes(1 << 20).hex() for _ in range(100)]
    written(warehouse, pa.table({"u": texts}), use_dictionary=False)
    sizes = [batch.nbytes for batch in pa.RecordBatchReader.from_stream(warehouse.read("main.t"))]
    assert sum(sizes) > 200 << 20
    assert max(sizes) < 100 << 20


@pytest.mark.parametrize("rows", [1, 3, 200])
def test_a_sample_is_the_first_rows(warehouse: ParquetFolder, rows: int) -> None:
    written(warehouse, pa.table({"u": list(range(100))}), row_group_size=7)
    found = pa.RecordBatchReader.from_stream(warehouse.read("main.t", rows)).read_all()
    assert found.column("u").to_pylist() == list(range(min(rows, 100)))


def files() -> list[bytes]:
    """Sound files, of several forms."""
    flat = pa.table({"u": ["a", "b"] * 50, "s": [1.0] * 100, "dt": [DAY] * 100})
    nested = pa.table({"u": [["a"]] * 100, "s": [{"x": 1}] * 100, "dt": [DAY] * 100})
    forms: list[tuple[pa.Table, dict[str, Any]]] = [
        (flat, {"compression": "zstd"}), (flat, {"compression": "snappy", "use_dictionary": False}),
        (flat, {"compression": "none", "data_page_version": "2.0"}), (nested, {}),
    ]  # fmt: skip
    made = []
    for rows, options in forms:
        content = io.BytesIO()
        pq.write_table(rows, content, **options)
        made.append(content.getvalue())
    return made


def spoilt(number: int) -> bytes:
    """One of them with a few bytes changed, more often at its end, where the footer is."""
    chance = random.Random(number)
    content = bytearray(chance.choice(files()))
    for _ in range(chance.choice((1, 1, 2, 4))):
        footer = max(0, len(content) - 700)
        at = chance.randrange(footer if chance.random() < 0.5 else 0, len(content))
        content[at] = chance.choice((chance.randrange(256), 0, 255, 127, 128, content[at] ^ 1))
    return bytes(content)


@contextmanager
def line() -> Iterator[None]:
    """What is said, if something is, is one line."""
    with suppress(AllowedError):
        try:
            yield
        except SamedayError as error:
            if "\n" not in str(error):
                raise AllowedError from None
            raise


class AllowedError(Exception):
    """A refusal as it should be."""


def shown(warehouse: ParquetFolder) -> None:
    """What a run wrote is put beside another day, whatever it is, and read again."""
    own = Path(warehouse.settings.address(PLACE.own(TODAY)))
    own.write_bytes(Path(warehouse.settings.address("main.t")).read_bytes())
    warehouse.keep(PLACE, replace(TODAY, digest=f"sha256:{hashlib.sha256(own.read_bytes()).hexdigest()}"))
    with line():
        warehouse.put(PLACE, TODAY)
    assert BEFORE.date in {one.date for one in warehouse.inside(PLACE)}, "what is shown stays"
    list(warehouse.day(PLACE, BEFORE.date))  # type: ignore[call-overload]
    list(warehouse.day(PLACE, DAY))  # type: ignore[call-overload]


@pytest.fixture
def beside(warehouse: ParquetFolder) -> None:
    """A place that shows the day before."""
    own = Path(warehouse.settings.address(PLACE.own(BEFORE)))
    pq.write_table(pa.table({"u": ["a"], "s": [1.0], "dt": [BEFORE.date]}), own)
    warehouse.keep(PLACE, replace(BEFORE, digest=warehouse.profile(PLACE.own(BEFORE), OUTPUT, DAY).content))
    assert warehouse.put(PLACE, BEFORE)


def ask(warehouse: ParquetFolder) -> None:
    """All that is asked of a table; what is refused is one line."""
    asked = (
        lambda: warehouse.describe(["main.t"]), lambda: list(warehouse.read("main.t")),  # type: ignore[call-overload]
        lambda: warehouse.holds("main.t", "dt", DAY), lambda: warehouse.profile("main.t", OUTPUT, DAY),
        lambda: shown(warehouse),
    )  # fmt: skip
    for one in asked:
        with line():
            one()


@pytest.mark.usefixtures("beside")
def test_any_bytes_are_changed(warehouse: ParquetFolder) -> None:
    for number in range(COUNT):
        Path(warehouse.settings.address("main.t")).write_bytes(spoilt(number))
        ask(warehouse)


@pytest.mark.parametrize("number", [1793])
@pytest.mark.usefixtures("beside")
def test_a_file_that_ended_in_a_traceback(warehouse: ParquetFolder, number: int) -> None:
    """A name of a column that is no text."""
    Path(warehouse.settings.address("main.t")).write_bytes(spoilt(number))
    ask(warehouse)


@pytest.mark.parametrize("number", range(5))
def test_a_sample_of_any_bytes(warehouse: ParquetFolder, number: int) -> None:
    Path(warehouse.settings.address("main.t")).write_bytes(spoilt(number))
    with line():
        list(warehouse.read("main.t", 10))  # type: ignore[call-overload]


@pytest.mark.usefixtures("beside")
def test_a_column_whose_name_is_no_text(warehouse: ParquetFolder) -> None:
    written(warehouse, pa.table({"dt": [DAY], "name": ["a"]}))
    place = Path(warehouse.settings.address("main.t"))
    place.write_bytes(place.read_bytes().replace(b"name", b"na\xff\xfe"))
    ask(warehouse)
