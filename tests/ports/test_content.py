"""What was verified is what is used: whoever writes a run's own table afterwards gets none of it to its readers."""

from __future__ import annotations

import pyarrow as pa
import pytest

from bot.errors import Refused
from bot.experiment.model import Output
from tests.ports.conftest import WarehouseCase
from tests.ports.test_promotion import BEFORE, DAILY, DAY, STAGED, WHOLE, in_order, scores

CHANGED = r"was changed after it was verified|is not there|is not told in words of this warehouse"


@pytest.mark.parametrize("output", [WHOLE, DAILY], ids=["whole", "day"])
def test_what_was_verified_is_put_in_its_place(warehouse: WarehouseCase, output: Output) -> None:
    day = DAY if output.partition else None
    warehouse.put(STAGED, scores(day, a=1.0, b=2.0))
    content = warehouse.port.profile(STAGED, output, DAY).content
    assert warehouse.port.profile(STAGED, output, DAY).content, "verifying again tells a word again"
    for _ in range(2):
        warehouse.port.promote(STAGED, output, DAY, content)
        assert [row[:2] for row in in_order(warehouse.rows("reco.v4"))] == [("a", 1.0), ("b", 2.0)]
    read = pa.RecordBatchReader.from_stream(warehouse.port.read(STAGED, None, content)).read_all()
    assert sorted(read.column("user_id").to_pylist()) == ["a", "b"]


@pytest.mark.parametrize("output", [WHOLE, DAILY], ids=["whole", "day"])
@pytest.mark.parametrize("rows", [1, 2], ids=["fewer", "as many"])
def test_a_table_that_is_swapped_after_it_was_verified_goes_nowhere(
    warehouse: WarehouseCase, output: Output, rows: int
) -> None:
    """200 rows were verified, and one other row was served."""
    day = DAY if output.partition else None
    before = scores(BEFORE if output.partition else None, kept=1.0)
    warehouse.put("reco.v4", before)
    warehouse.put(STAGED, scores(day, a=1.0, b=2.0))
    profile = warehouse.port.profile(STAGED, output, DAY)
    assert list(profile.columns) == list(output.columns)
    evil = scores(day, a=1.0, evil=2.0).slice(0, rows) if rows == 2 else scores(day, evil=1.0)
    warehouse.put(STAGED, evil)
    with pytest.raises(Refused, match=CHANGED):
        warehouse.port.promote(STAGED, output, DAY, profile.content)
    with pytest.raises(Refused, match=CHANGED):
        pa.RecordBatchReader.from_stream(warehouse.port.read(STAGED, None, profile.content)).read_all()
    assert in_order(warehouse.rows("reco.v4")) == in_order(before.to_pylist())
    fresh = warehouse.port.profile(STAGED, output, DAY).content
    assert fresh != profile.content
    warehouse.port.promote(STAGED, output, DAY, fresh)


@pytest.mark.parametrize(
    "word", ["0" * 64, "1-0", "x", "9" * 40 + "-0123456789abcdef", "1795671349829-0123456789abcdef"]
)
def test_another_word_opens_nothing(warehouse: WarehouseCase, word: str) -> None:
    warehouse.put(STAGED, scores(a=1.0))
    with pytest.raises(Refused, match=CHANGED):
        warehouse.port.promote(STAGED, WHOLE, DAY, word)
