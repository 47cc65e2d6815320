"""Turn the flag of what is live off, or on again: one write, no job, and releases leave it alone until then."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from bot.errors import UsageError
from bot.ports import Entry
from bot.release.past import Past, carry_forward, turn_flag
from bot.release.state import State


def turn(name: str, past: Past, *, on: bool) -> Entry:
    """Turn the flag; may be repeated. Returns what is noted of it.

    Raises UsageError where nothing with a flag is live, or nothing is to be turned on.
    """
    step: Literal["off", "on"] = "on" if on else "off"
    with past.ledger.turn(f"turning {name} {step}"):
        recorded = past.ledger.entries()
        entries = tuple(carry_forward(past, {name: recorded.get(name, ())})[name])
        state = State(entries)
        if state.live is None:
            raise UsageError(f"nothing of {name} is live; `sameday status` shows what is")
        if on and state.off is None:
            raise UsageError(f"{name} is not turned off; `sameday status` shows what is live")
        live, commit = state.live.item, state.live.commit
        if past.tools.flags is None or past.order(live, commit).flag is None:
            raise UsageError(f"{name} has no flag that could be turned {step}")
        reason = f"by {past.actor}" if past.actor else ""
        item = replace(live, off=not on)
        entries = past.note(entries, item, commit, step, "started", reason)
        return turn_flag(past, entries, item, commit, reason)[-1]
