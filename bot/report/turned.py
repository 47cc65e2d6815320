"""What people are told of a flag that was turned off, or on again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.ports import Entry
from bot.report.escape import Markdown, chat, fill, name


def turned_text(entry: Entry, actor: str) -> Markdown:
    """For the pull request, and for the run's page."""
    what = entry.item.experiment
    if not entry.item.off:
        said = (what, entry.step, actor, entry.item.run)
        return fill("**✅ sameday: {} is turned {}** by {}\n\n{} is seen again.\n", *said)
    seen = Markdown("Nobody sees it")
    if entry.item.trial is not None:
        seen = Markdown("Who was in the test sees the control")
    back = name(f"sameday on {what}")
    return fill(
        "**⏹️ sameday: {} is turned {}** by {}\n\n{}. Its data is kept fresh, and releases leave it alone. "
        "Next: {}, or Run workflow with `on`, turns it on.\n",
        what, entry.step, actor, seen, back,
    )  # fmt: skip


def turned_message(entry: Entry, actor: str, page: str) -> Mapping[str, Any]:
    """For a webhook: `text` for people, the rest for programs."""
    what = f"sameday: {entry.item.experiment} is turned {entry.step}"
    return {
        "text": chat(f"{what} by {actor}: {page}"), "experiment": entry.item.experiment, "turned": entry.step,
        "by": chat(actor), "link": page,
    }  # fmt: skip
