"""Tell the people: what is live, since when, with which data, and what is not."""

from __future__ import annotations

from bot.ports import StepName
from bot.release.steps import Tools
from bot.release.summary import ReleaseSummary

NAME: StepName = "announce"
DOING = "announcing"


def run(summary: ReleaseSummary, tools: Tools) -> None:
    """Announce; an announcement replaces an earlier one of the same release."""
    tools.announce(summary)
