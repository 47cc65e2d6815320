"""Put back what is gone of a live release, and what another hand has changed, if somebody asked for that by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.errors import Refused, SamedayError, Unreachable
from bot.experiment.repository import Repository
from bot.ports import Entry, Item
from bot.release.declared import own
from bot.release.drift import Drift, Drifts, drift
from bot.release.past import Past
from bot.release.refill import refill
from bot.release.state import State
from bot.release.steps import Order, Tools
from bot.release.steps.apply import apply
from bot.release.steps.settle import schedule
from bot.release.summary import ReleaseOutcome


def drifts(past: Past, ledger: Mapping[str, Sequence[Entry]], head: Repository) -> Mapping[str, Drifts]:
    """What is not as it was released, by experiment; what cannot be asked or read just now is not looked at."""
    seen: dict[str, Drifts] = {}
    try:
        flags = past.tools.flags.all() if past.tools.flags is not None else {}
    except SamedayError:  # the steps that need them say so
        return seen
    glance = past.tools.glance()
    for name, entries in ledger.items():
        if (live := State(entries).live) is not None:
            try:
                here = drift(live_order(past, live, head), past.tools, glance, flags)
            except Unreachable:  # it would be waited for as often as there are experiments
                break
            except SamedayError:
                continue
            if here.parts:
                seen[name] = here
    return seen


def repair(
    past: Past, items: Collection[Item], seen: Mapping[str, Drifts], ledger: Mapping[str, Sequence[Entry]],
    head: Repository, forced: frozenset[str],
) -> list[ReleaseOutcome]:  # fmt: skip
    """Put each item back as it was released, as far as that goes without a run."""
    return [_repaired(past, item, seen[item.experiment], ledger[item.experiment], head, forced) for item in items]


def _repaired(
    past: Past, item: Item, seen: Drifts, entries: Sequence[Entry], head: Repository, forced: frozenset[str]
) -> ReleaseOutcome:
    parts = seen.parts if item.experiment in forced else seen.gone
    live = State(entries).live
    assert live is not None
    try:
        order = live_order(past, live, head)
        for part in parts:
            _put_back(part, order, past.tools)
    except SamedayError as error:
        return ReleaseOutcome(item, "unreachable" if isinstance(error, Unreachable) else "failed", reason=str(error))
    return ReleaseOutcome(item, "repaired", reason="; ".join(str(part) for part in parts))


def _put_back(part: Drift, order: Order, tools: Tools) -> None:
    """Do what the release did; raises Refused where only a run can, or another hand must undo what it did."""
    placed = part.placed
    if part.kind == "place" and placed is not None:
        if placed.store is None:
            raise Refused(f"{part}: `sameday run {order.item.experiment} --again` makes its data anew")
        if tools.warehouse is None or not refill(placed.store, placed.place, tools.warehouse, placed.source):
            raise Refused(f"{part}, and the warehouse has nothing to load it from")
    elif part.kind == "name" and placed is not None:
        placed.places.point([placed.place])
    elif part.kind == "schedule":
        apply(order, tools)
        schedule(order, tools)
    elif tools.flags is not None and order.flag is not None:
        tools.flags.publish({order.item.experiment: order.flag})


def live_order(past: Past, live: Entry, head: Repository) -> Order:
    """What is live, read from the head where its file is the same there, which is what it mostly is."""
    experiment = head.by_name.get(live.item.experiment)
    same = experiment is not None and own(experiment, head) == live.item.file
    return past.order(live.item, live.commit, head if same else None)
