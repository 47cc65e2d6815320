"""Each store says of every type how it keeps it, in a table of its own."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from bot.experiment.types import SCALARS
from bot.stores.postgresql import types
from bot.stores.sqlite import version
from bot.sync.canonical import REFUSED


@pytest.mark.parametrize("module", [types, version], ids=["postgresql", "sqlite"])
def test_every_type_has_a_row(module: ModuleType) -> None:
    rows = re.findall(r"^\| ([A-Z0-9, ]+?) \|", module.__doc__ or "", re.MULTILINE)
    assert sorted(word for row in rows for word in row.split(", ")) == sorted({*SCALARS, "ARRAY", "STRUCT"} - REFUSED)
