"""A release that turns out to be bad, and its rollback: what readers are given before, between and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import yaml

from bot.commands.release import Telling, release
from bot.commands.rollback import roll_back
from bot.commands.status import shown
from bot.git import record
from bot.ports import Flag
from bot.release.state import State
from bot.release.summary import ReleaseSummary
from bot.workspace import Workspace

CHANGE = {"name": "regretted", "command": "true"}  # one more job makes another spec, and whatever data there was
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Moments:
    """What is read, a flag or a declared name, and the spec key of the place that it gives at each moment."""

    what: str
    before: str
    released: str
    rolled_back: str


def regret(again: Callable[[], Workspace], name: str, telling: Telling) -> tuple[ReleaseSummary, tuple[Moments, ...]]:
    """Change the experiment, release it, roll it back; what was read meanwhile, from a workspace opened `again`.

    What did not go live is not rolled back: that would take back the release before.
    """
    workspace = again()
    before = _read(workspace, name)
    path = workspace.root / workspace.repository.by_name[name].path
    file = yaml.safe_load(path.read_bytes())
    path.write_text(yaml.safe_dump({**file, "jobs": [*file["jobs"], CHANGE]}, sort_keys=False), encoding="utf-8")
    record(workspace.root, "A change that turns out to be bad", workspace.backends.environment)
    workspace = again()
    summary = release(workspace, (name,), telling)
    if any(outcome.state != "live" for outcome in summary.outcomes):
        return summary, ()
    released = _read(again(), name)
    roll_back(again(), name, telling.actor)
    back = _read(again(), name)
    return summary, tuple(
        Moments(what, before[what], released.get(what, NOTHING), back.get(what, NOTHING)) for what in before
    )


def _read(workspace: Workspace, name: str) -> Mapping[str, str]:
    """The spec key of what the flag and each declared name give, by what is asked."""
    flag = workspace.flags.published(name) if workspace.flags is not None else None
    item = State(workspace.entries[name]).released
    given = {f"the flag {name}": _named(flag)} if flag is not None else {}
    for table, place, _ in shown(workspace, item) if item is not None else ():
        given[table] = (place or NOTHING).rpartition("__")[2]
    return given


def _named(flag: Flag) -> str:
    """The specs of the places that a flag's variants name."""
    variants = [variant for variant in flag["variants"].values() if isinstance(variant, Mapping)]
    tables = [one.get("table", "") for variant in variants for one in (variant, *variant.get("rankers", ()))]
    return ", ".join(sorted({table.rpartition("__")[2] for table in tables if "__" in table})) or NOTHING
