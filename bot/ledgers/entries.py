"""Entries as text, the same in every ledger."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime

from bot.ports import Entry, Item


def written(entry: Entry) -> str:
    """The entry's JSON form, on one line."""
    return json.dumps(asdict(entry), default=str)


def read(text: str) -> Entry:
    """An entry from its JSON form."""
    data = json.loads(text)
    item = data["item"]
    serves = (item["serves"][0], item["serves"][1])
    values = {**item, "date": date.fromisoformat(item["date"]), "serves": serves}
    return Entry(**{**data, "item": Item(**values), "at": datetime.fromisoformat(data["at"])})
