"""Repositories and ledgers as values: what the plan is a function of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from bot.experiment.repository import Repository
from bot.ports import STEPS, Entry, Item
from bot.release.plan import due, make_plan
from bot.release.state import State
from bot.settings import Settings

PLAIN = Settings()
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SPEC: dict[str, Any] = {
    "name": "reco",
    "schedule": {"cron": "0 4 * * *"},
    "jobs": [{"name": "infer", "command": "infer"}],
    "serving": {"kind": "all", "arm": {"name": "new", "table": "main.new"}},
}


@dataclass(frozen=True)
class Memory:
    """Files that are nowhere but here."""

    content: dict[str, bytes]

    def paths(self) -> Sequence[str]:
        return sorted(self.content)

    def read(self, path: str, limit: int) -> bytes:
        return self.content[path][:limit]


def repository(*specs: dict[str, Any], **files: str) -> Repository:
    """Experiments, and files as they are (`__` stands for the dot)."""
    content = {f"{spec['name']}.yaml": yaml.safe_dump(spec).encode() for spec in specs}
    content |= {name.replace("__", "."): text.encode() for name, text in files.items()}
    return Repository.load(Memory(content), ["*.yaml"])


def planned(
    repo: Repository, entries: Sequence[Entry] = (), now: datetime = NOW, settings: Settings = PLAIN, *forced: str
) -> tuple[tuple[Item, ...], list[str]]:
    """The items, and the reasons of the holds."""
    ledger: dict[str, list[Entry]] = {}
    for entry in entries:
        ledger.setdefault(entry.item.experiment, []).append(entry)
    items, holds = make_plan(repo, ledger, settings, now, frozenset(forced))
    return items, [hold.reason for hold in holds]


def one(repo: Repository, entries: Sequence[Entry] = (), now: datetime = NOW, *forced: str) -> Item:
    """The one item there is, with nothing on hold."""
    items, holds = planned(repo, entries, now, PLAIN, *forced)
    assert (len(items), holds) == (1, [])
    return items[0]


def log(item: Item, *steps: str, at: datetime = NOW) -> list[Entry]:
    """Entries such as `apply done`; none given: a whole release."""
    words = steps or [f"{step} done" for step in STEPS]
    pairs = [word.split() for word in words]
    return [Entry(0, item, "c", step, state, "because", at) for step, state in pairs]  # type: ignore[arg-type]


def steps(item: Item, entries: Sequence[Entry] = ()) -> str:
    """The steps that are due."""
    return " ".join(due(item, State(entries).done))


def changed(**more: Any) -> dict[str, Any]:
    """The experiment with something else in it."""
    return {**SPEC, **more}


class Book:
    """All of it, for tests."""

    NOW = NOW
    SPEC = SPEC
    ANOTHER = changed(jobs=[{"name": "infer", "command": "infer --better"}])
    LARGER = changed(jobs=[{"name": "infer", "command": "infer", "resources": {"memory": "8Gi"}}])
    OTHER_ARM = changed(serving={"kind": "all", "arm": {"name": "new", "table": "main.newer"}})
    repository = staticmethod(repository)
    planned = staticmethod(planned)
    one = staticmethod(one)
    log = staticmethod(log)
    steps = staticmethod(steps)
    changed = staticmethod(changed)


@pytest.fixture
def book() -> Book:
    """Repositories and ledgers to plan with."""
    return Book()
