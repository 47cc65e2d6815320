"""The reference of the exposure log, made from what a readout asks of it."""

from __future__ import annotations

from bot.readout.contract import COLUMNS, Asked

HEAD = """\
# Exposure log

Made from what `sameday readout` asks of the query that the settings name (`exposures.query`): one `SELECT` that gives a
row for each item that a unit was shown, with these columns and any others.

| column | type | holds |
|---|---|---|
"""
FOOT = """
Rows without a `unit` or a `phase` count for nothing, nor do those of testers (`forced`). In an interleaving test
neither do rows without an `item` or a `ranking`; a list in which no item has a `ranker` is no impression. In an A/B
test a row without an `arm` counts for nothing: a user of a holdout, or of a test that was turned off, is in no arm. A
row that is there twice counts once.

The query is read where the settings in force are read: on a pull request from the base. It is in the warehouse's own
dialect, and may name the warehouse's tables only. Let it give `shown_at` as the log's partition has it: a readout
asks for what was shown since the test began, so that a partitioned log is read from that day on.

Events need no query: the settings' [`events`](settings.md#eventsname) name a table and its columns, of which `unit` and
`item` are STRING or INT64 as above, and `at` is a TIMESTAMP.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(row(name, asked) for name, asked in COLUMNS.items()) + FOOT


def row(name: str, asked: Asked) -> str:
    """A column."""
    return f"| `{name}` | {' or '.join(asked.kinds)} | {asked.holds} |\n"
