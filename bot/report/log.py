"""The end of a job's log, fit to be shown: masked as a whole, so that no cut parts a secret from what tells of it."""

from __future__ import annotations

from bot.report.escape import cut, visible
from bot.report.mask import masked

LINES = 20  # of a failed job
TOTAL = 64 * 1024  # characters that are looked at: some milliseconds' work, which holds up no other thread for long
LONG = 4_000  # characters of a line; of a longer one, which is data, the end is shown
MARGIN = 1_000  # characters before it: a secret that begins there is masked, and not shown from its middle on


def ending(log: str, lines: int = LINES, width: int = 2_000) -> list[str]:
    """The last lines, each of at most `width` characters."""
    text = visible(log[-TOTAL:].replace("\r\n", "\n"))
    bounded = [line if len(line) <= LONG else f"…{line[-LONG - MARGIN :]}" for line in text.splitlines()]
    return [_narrow(line, width) for line in masked("\n".join(bounded)).splitlines()[-lines:]]


def _narrow(line: str, width: int) -> str:
    return f"…{line[MARGIN + 1 :][1 - width :]}" if line.startswith("…") else cut(line, width)
