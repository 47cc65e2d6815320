"""Bring the previous release back: its data, its flag, its names, its schedule; what was rolled back stays on hold."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from bot.errors import Refused, UsageError
from bot.ports import Entry, Item
from bot.release.item import retirement
from bot.release.past import Past, carry_forward, take_back
from bot.release.state import RETIRED, State
from bot.release.steps import Placed
from bot.release.steps.stop import GIVEN_BACK


class Rollback(NamedTuple):
    """What served until a rollback and what serves again, None where nothing did before.

    `given_back`: a schedule that the experiment had taken over is as it was.
    """

    now: Item
    before: Item | None
    given_back: bool


def bring_back(name: str, past: Past) -> Rollback:
    """Bring back what served before; may be repeated.

    Raises UsageError if the experiment was never released, Refused if the earlier release cannot be brought back.
    """
    with past.ledger.turn(f"a rollback of {name}"):
        recorded = past.ledger.entries()
        ledger = carry_forward(past, {name: recorded.get(name, ())})
        entries = tuple(ledger[name])
        if len(entries) > len(recorded.get(name, ())) and entries[-1].step == "rollback":
            return _carried(entries)
        now, earlier = _target(name, State(entries))
        before = earlier.item if earlier else None
        item = before or retirement(now)
        commit = earlier.commit if earlier else entries[-1].commit
        reason = f"from {now.run}" + (f" by {past.actor}" if past.actor else "")
        entries = past.note(entries, item, commit, "rollback", "started", reason)
        entries = take_back(past, entries, item, commit, reason)
        return Rollback(now, before, entries[-1].reason.endswith(GIVEN_BACK))


def take_day_out(name: str, day: date, past: Past) -> tuple[str, ...]:
    """Show a bad day of what is live no longer, where readers of names and flags see it; a sentence per place.

    Its attempts so far are not shown again. Raises UsageError where nothing is live or shows that day, Refused where
    nothing would be left to show; then nothing is changed.
    """
    with past.ledger.turn(f"a rollback of {name}"):
        recorded = past.ledger.entries()
        live = State(carry_forward(past, {name: recorded.get(name, ())})[name]).live
        if live is None:
            raise UsageError(f"nothing of {name} is live; `sameday status` shows what is")
        placed = tuple(past.order(live.item, live.commit).placed(past.tools))
        showing = [one for one in placed if any(version.date == day for version in one.places.inside(one.place))]
        if not showing:
            raise UsageError(f"{name} shows no data of {day}; `sameday status` says what it shows")
        alone = [one.where + one.place.name for one in showing if len(one.places.versions(one.place)) == 1]
        if alone:
            raise Refused(f"{', '.join(alone)} has data of {day} alone: nothing would be left to show")
        return tuple(_taken_out(one, day) for one in reversed(showing))  # the stores first, which users read


def _taken_out(placed: Placed, day: date) -> str:
    inside = placed.places.take_out(placed.place, day)
    return f"{placed.where}{placed.place.name} shows {inside[0].run} now, and nothing of {day}"


def _carried(entries: tuple[Entry, ...]) -> Rollback:
    """What an earlier rollback of this experiment did that only now came to its end."""
    back = entries[-1].item
    served = State(entries[:-1]).released
    before = None if back.change == RETIRED else back
    return Rollback(served or back, before, entries[-1].reason.endswith(GIVEN_BACK))


def _target(name: str, state: State) -> tuple[Item, Entry | None]:
    """What serves now, and the release to go back to (None: nothing); raises UsageError where there is no way back."""
    now = state.released
    if now is None:
        raise UsageError(f"{name} was never released here; `sameday status` shows what was")
    if state.found:
        raise UsageError(f"{name} was there before the first release: there is nothing to go back to")
    if state.last is not None and state.last.step == "rollback":
        to = "nothing" if now.change == RETIRED else now.run
        raise UsageError(f"{name} is rolled back already, to {to}")
    return now, state.previous()
