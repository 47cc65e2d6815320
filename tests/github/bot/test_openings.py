"""Each part of the world is opened once by an event, however many steps it takes."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import pytest

from bot import settings
from bot.git import Git
from bot.ledgers.sqlite import LedgerFile
from tests.far.github import payloads
from tests.github.bot.conftest import Hosted

OPENINGS: dict[CodeType, str] = {
    settings.load.__code__: "settings",
    Git.__init__.__code__: "git",
    LedgerFile.__init__.__code__: "ledger",
    LedgerFile.entries.__code__: "entries",
}


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How often each part is opened."""
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, value: object) -> None:
        if event == "call" and frame.f_code in OPENINGS:
            found[OPENINGS[frame.f_code]] += 1

    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)


def pull_request(hosted: Hosted) -> tuple[str, dict[str, Any]]:
    """A pull request that changes an experiment."""
    hosted.branch()
    hosted.put(schedule={"cron": "0 5 * * *"})
    return "pull_request", hosted.proposed("opened")


def push(hosted: Hosted) -> tuple[str, dict[str, Any]]:
    """The merge of one."""
    hosted.branch()
    hosted.put(schedule={"cron": "0 5 * * *"})
    return "push", hosted.merge()


def schedule(hosted: Hosted) -> tuple[str, dict[str, Any]]:
    """The daily run."""
    return "schedule", payloads.schedule()


def dispatch(hosted: Hosted) -> tuple[str, dict[str, Any]]:
    """Somebody asks for a backfill of what is live."""
    hosted.put(schedule={"cron": "0 5 * * *"})
    assert hosted.bot("schedule", payloads.schedule()).code == 0
    return "workflow_dispatch", payloads.workflow_dispatch({"command": "backfill", "experiment": "reco"})


# A pull request is checked with the settings of its base as a check has them, and planned by those of a release.
EVENTS: dict[Callable[[Hosted], tuple[str, dict[str, Any]]], dict[str, int]] = {
    pull_request: {"settings": 2, "git": 1, "ledger": 1, "entries": 1},
    push: {"settings": 1, "git": 1, "ledger": 1, "entries": 3},  # again with the turn, and when its run was over
    schedule: {"settings": 1, "git": 1, "ledger": 1, "entries": 2},
    dispatch: {"settings": 1, "git": 1, "ledger": 1, "entries": 1},
}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_event_opens_each_part_once(event: Callable[[Hosted], tuple[str, dict[str, Any]]], hosted: Hosted) -> None:
    hosted.put()
    assert hosted.bot("schedule", payloads.schedule()).code == 0  # the first release
    name, payload = event(hosted)
    with counted() as found:
        assert hosted.bot(name, payload).code == 0
    assert dict(found) == EVENTS[event]
