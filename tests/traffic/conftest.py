"""Tests beside each other and beside what they were, without files: the check as the command line runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml

from bot.check import Context
from bot.check.runner import run
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.finding import CheckResult
from bot.flags.openfeature import OpenFeature
from bot.ports import Evaluator
from bot.settings import Settings
from checks import CHECKS
from tests.checks.conftest import Memory

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
LAYERS = {"layers": {"home": {"surfaces": ["home"]}, "mail": {}}}
Serving = dict[str, Any]


def ab(**serving: Any) -> Serving:
    """An A/B test that runs at NOW."""
    arms = [
        {"name": "control", "control": True, "weight": 80, "table": "reco.v3"},
        {"name": "als", "weight": 20, "table": "reco.v4"},
    ]
    return {"kind": "ab", "arms": arms, "period": {"start": "2026-11-30", "end": "2026-12-21"}, **serving}


def file(name: str, serving: Serving | None, **more: Any) -> bytes:
    """An experiment's file."""
    whole = {"name": name, "jobs": [{"name": "infer", "command": "x"}], **more}
    return yaml.safe_dump(whole | ({"serving": serving} if serving else {}), sort_keys=False).encode()


def repository(*files: bytes, **others: bytes) -> Repository:
    """A tree of these experiments, and of other files by their paths."""
    named = {f"{i}.yaml": content for i, content in enumerate(files)}
    return Repository.load(Memory({**named, **others}), ["*.yaml"])


@pytest.fixture(scope="session")
def evaluator() -> Evaluator:
    """The flag client."""
    return OpenFeature()


Examine = Callable[..., CheckResult]


@pytest.fixture
def examine(evaluator: Evaluator) -> Examine:
    """What the check says of the first experiment of `head`, with the flag client unless told otherwise."""

    def examined(head: Repository, before: Repository | None = None, **more: Any) -> CheckResult:
        settings = Settings.model_validate(more.pop("settings", LAYERS))
        values: dict[str, Any] = {"evaluator": evaluator, "history": before is not None, "before": before, **more}
        context = Context(settings, head, NOW, NOW, **values)
        bases: Mapping[str, Experiment] = before.by_name if before else {}
        report = run(CHECKS, head.experiments[:1], context, bases, frozenset({"traffic"}))
        (result,) = report.experiments[0].checks
        assert result.outcome in ("passed", "failed"), result.reason
        return result

    return examined


def said(result: CheckResult) -> list[tuple[str, int, str]]:
    """Rule, line and message of each finding."""
    return [(found.rule.removeprefix("traffic."), found.span.line, found.message) for found in result.findings]


def day(text: str) -> date:
    """A day."""
    return date.fromisoformat(text)
