"""Where an experiment's release stands, in the words that lines and Markdown share."""

from __future__ import annotations

from datetime import timedelta
from typing import LiteralString

from bot.ports import Node
from bot.release.summary import ReleaseOutcome, Standing

STANDINGS: dict[Standing, LiteralString] = {
    "live": "is live",
    "repaired": "is put back as it was released",
    "retired": "is retired",
    "failed": "failed",
    "blocked": "was not released",
    "held": "is on hold",
    "running": "is under way",
    "unreachable": "could not go on",
}
NEXT: dict[Standing, LiteralString] = {
    "failed": "correct its file, or try again as it is",
    "blocked": "it follows by itself once that is put right",
    "held": "change its file, or release it",
    "running": "the next release goes on from here; `sameday status` shows it",
    "unreachable": "run `sameday release` again when the backend is back",
}
WELL = ("live", "repaired", "retired")  # nothing is left to do
BY_NAME = ("failed", "held")  # what a release of the experiment by its name goes on with


def again(outcome: ReleaseOutcome) -> str:
    """The command that releases it by its name."""
    return f"sameday release --experiment {outcome.item.experiment}"


def serving(outcome: ReleaseOutcome) -> str:
    """What serves now, as far as this release knows."""
    before, after = outcome.item.serves
    return (after if outcome.state in WELL else before) or "nothing"


def long(took: timedelta) -> str:
    """How long something took, in two units at most."""
    minutes, seconds = divmod(took.total_seconds(), 60)
    hours, minutes = divmod(int(minutes), 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes} m"
    return f"{minutes} m {seconds:.0f} s" if minutes else f"{seconds:.1f} s"


def seconds(node: Node) -> str:
    """How long a node took."""
    if node.started is None or node.finished is None:
        return ""
    return f"{(node.finished - node.started) / timedelta(seconds=1):.1f}"
