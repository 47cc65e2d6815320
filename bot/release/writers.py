"""Who waits for whom in a release: an experiment goes after those whose outputs it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from bot.experiment.repository import Repository
from bot.ports import Entry, Item
from bot.release.declared import tables
from bot.release.state import RETIRED, State
from bot.release.underway import Underway


def block_unfed(
    going: Mapping[str, Underway], repository: Repository, ledger: Mapping[str, Sequence[Entry]], held: Set[str]
) -> None:
    """Leave out readers whose writer is not part of this release and has nothing to read, or failed.

    One that retires is left out while its heir is neither live nor part of this release.
    """
    for underway in going.values():
        if (heir := _heir(underway.order.item, repository)) is not None and heir not in going:
            state = State(ledger.get(heir, ()))
            if state.released is None or state.released.change == RETIRED:
                _await(underway, heir)
        for name in _writers(underway.order.item, repository):
            state = State(ledger.get(name, ()))
            failed = name in held and state.last is not None and state.last.state == "failed"
            if name not in going and (failed or state.released is None):
                _block(underway, name)


def ready(underway: Underway, going: Mapping[str, Underway], repository: Repository) -> bool:
    """Whether every writer is live; blocks the reader of one that will not be."""
    if underway.order.item.change == RETIRED:
        return _may_retire(underway, going, repository)
    for name in _writers(underway.order.item, repository):
        state = going[name].outcome.state if name in going else "live"
        if state == "running":
            return False
        if state not in ("live", "retired"):
            _block(underway, name, unreachable=state == "unreachable")
            return False
    return True


def _may_retire(underway: Underway, going: Mapping[str, Underway], repository: Repository) -> bool:
    """Retiring comes last: whoever takes its place, and whoever read it, is live by then, or it stays."""
    others = {other: one.outcome.state for other, one in going.items() if one.order.item.change != RETIRED}
    if "running" in others.values():
        return False
    heir = _heir(underway.order.item, repository)
    if heir is not None and others.get(heir, "live") != "live":
        _await(underway, heir)
        return False
    return True


def _heir(item: Item, repository: Repository) -> str | None:
    """Who takes the place of an experiment that retires; the file that says so may be faulty."""
    if item.change != RETIRED:
        return None
    files = ((one.name, one.tree.data) for one in repository.experiments)
    heirs = (name for name, data in files if isinstance(data, dict) and data.get("renamed_from") == item.experiment)
    return next(heirs, None) or next(_successors(item, repository), None)


def _successors(item: Item, repository: Repository) -> Iterator[str]:
    """Who declares a name of an experiment that retires, without a word that it is the same one."""
    own = {(where, table) for where, names in item.tables.items() for table in names}
    for name, experiment in repository.by_name.items():
        declared = {(where, table) for where, names in tables(experiment.spec).items() for table in names}
        if name != item.experiment and own & declared:
            yield name


def _await(underway: Underway, heir: str) -> None:
    underway.end("blocked", f"it stays until {heir}, which takes its place, is live")


def block_circles(going: Iterable[Underway]) -> None:
    """Leave out what is left when nothing moves: each waits for another one of them."""
    for underway in going:
        if underway.outcome.state == "running":
            underway.end("blocked", "it reads what reads it: neither can be released first")


def _block(underway: Underway, writer: str, *, unreachable: bool = False) -> None:
    reason = f"it reads an output of {writer}, whose release is not through"
    underway.end("unreachable" if unreachable else "blocked", reason)


def _writers(item: Item, repository: Repository) -> Sequence[str]:
    return () if item.change == RETIRED else repository.readers.get(item.experiment, ())
