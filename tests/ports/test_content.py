"""What was verified is what is used: whoever writes a run's own table afterwards gets none of it to its readers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pyarrow as pa
import pytest

from bot.errors import Refused
from bot.ports import Place, Version
from tests.ports.conftest import WarehouseCase, of_warehouse
from tests.ports.test_places import D25, D26, daily, made, put, rows, seen, version, whole

CHANGED = r"was changed after it was verified|is not there|is not told in words of this warehouse"
PLACES = [whole(table="reco.v4"), daily(table="reco.v4")]


def verified(warehouse: WarehouseCase, place: Place) -> Version:
    """Today's version, whole, in a place that shows yesterday's."""
    assert put(of_warehouse(warehouse), place, D25, 1.0)
    return made(of_warehouse(warehouse), place, D26, 2.0)


@pytest.mark.parametrize("place", PLACES, ids=["whole", "day"])
def test_what_was_verified_is_put_in_its_place(warehouse: WarehouseCase, place: Place) -> None:
    kept = verified(warehouse, place)
    for _ in range(2):
        assert warehouse.port.put(place, kept)
        shown = [row for row in warehouse.rows(place.name) if row.get("dt", D26) == D26]
        assert sorted((row["user_id"], row["score"]) for row in shown) == [("a", 2.0), ("b", 2.0)]
    own = pa.RecordBatchReader.from_stream(warehouse.port.read(place.own(kept), None, kept.digest)).read_all()
    assert sorted(own.column("user_id").to_pylist()) == ["a", "b"], "a run that is resumed finds its table"


@pytest.mark.parametrize("place", PLACES, ids=["whole", "day"])
@pytest.mark.parametrize("users", ["e", "ae"], ids=["fewer", "as many"])
def test_a_table_that_is_swapped_after_it_was_verified_goes_nowhere(
    warehouse: WarehouseCase, place: Place, users: str
) -> None:
    """200 rows were verified, and one other row was served."""
    kept = verified(warehouse, place)
    before = seen(of_warehouse(warehouse), place.name)
    warehouse.put(place.own(kept), rows(place, D26, 6.0, users))
    with pytest.raises(Refused, match=CHANGED):
        warehouse.port.put(place, kept)
    with pytest.raises(Refused, match=CHANGED):
        pa.RecordBatchReader.from_stream(warehouse.port.read(place.own(kept), None, kept.digest)).read_all()
    assert seen(of_warehouse(warehouse), place.name) == before
    fresh = of_warehouse(warehouse).keep(place, version(place), rows(place, D26, 6.0, users))
    assert fresh.digest != kept.digest
    assert warehouse.port.put(place, fresh), "what is verified anew is put"


@pytest.mark.parametrize(
    "word",
    ["sha256:" + "0" * 64, "0" * 64, "1-0", "x", "9" * 40 + "-0123456789abcdef", "1795671349829-0123456789abcdef"],
)
def test_another_word_opens_nothing(warehouse: WarehouseCase, word: str) -> None:
    place = whole(table="reco.v4")
    kept = verified(warehouse, place)
    with pytest.raises(Refused, match=CHANGED):
        pa.RecordBatchReader.from_stream(warehouse.port.read(place.own(kept), None, word)).read_all()
    with suppress(Refused):  # a warehouse that tells its own words from others refuses at once
        warehouse.port.keep(place, replace(kept, digest=word))
        with pytest.raises(Refused, match=CHANGED):
            warehouse.port.put(place, kept)
    assert seen(of_warehouse(warehouse), place.name) == [1.0]
