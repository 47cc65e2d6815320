"""The shape of the names of runs' own tables: `<declared table>__<spec key>_<date>`, and a later attempt's number."""

from __future__ import annotations

import re
from collections.abc import Collection

SHAPE = r"__[0-9a-f]{8}_[0-9]{8}(_[0-9]+)?\Z"
STAGED = re.compile(SHAPE)
ALIKE = re.compile(SHAPE, re.IGNORECASE)  # some file systems and databases do not tell cases apart


def made_for_any(tables: Collection[str], keys: Collection[str]) -> re.Pattern[str]:
    """Matches the names, in full, of what runs of these spec keys made for any of these tables."""
    stems, specs = ("|".join(map(re.escape, sorted(words))) for words in (tables, keys))
    return re.compile(rf"({stems})__({specs})_[0-9]{{8}}(_[0-9]+)?") if tables and keys else re.compile(r"(?!)")
