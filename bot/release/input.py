"""What a release is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.experiment.repository import Repository
from bot.ports import Built, Entry, Ledger, Run
from bot.release.plan import Snapshot
from bot.release.steps import Tools
from bot.release.summary import ReleaseSummary
from bot.settings import Settings


@dataclass(frozen=True)
class ReleaseInput:
    """Everything a release needs. `progress` gets every step and node as it happens.

    `announce` gets what the release did, at its end; raises SamedayError where it cannot reach the people. `at` gives
    the experiments of an earlier commit. `origin` is the commit's repository and pull request. `before` is what a first
    release takes as live, all if None. `refused` says by name why an experiment is not released as it stands; it stays
    as it is. `built` are images that this release was handed, which `settings` have already:
    later releases keep to them.
    """

    repository: Repository
    settings: Settings
    ledger: Ledger
    tools: Tools
    commit: str
    actor: str
    at: Callable[[str], Repository]
    clock: Callable[[], datetime]
    progress: Callable[[str, Entry | Run], None]
    announce: Callable[[ReleaseSummary], None]
    before: Snapshot | None = None
    built: tuple[Built, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
