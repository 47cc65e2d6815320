"""When a scheduled run fails, people are told; Argo runs the exit handler that tells them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.experiment.schedule import Schedule
from bot.ports import Step
from tests.engines.argo.conftest import IMAGE, OnArgo

pytestmark = pytest.mark.slow

DAILY = Schedule(cron="0 4 * * *", timezone="UTC")
AT = datetime(2026, 11, 24, 4, tzinfo=UTC)
RUN = "demo-0badcafe-20261124"


def test_a_run_that_fails_is_told(space: OnArgo) -> None:
    told = space.alarmed(space.work("exit 1", schedule=DAILY))
    space.controller.fire("demo", AT)
    assert space.watched(RUN)[-1].state == "failed"
    assert told.exists()


def test_a_run_that_we_stop_is_not_told(space: OnArgo) -> None:
    told = space.alarmed(space.held(schedule=DAILY))
    space.controller.fire("demo", AT)
    space.running(RUN)
    space.engine.cancel("demo", set())
    assert space.watched(RUN)[-1].state == "stopped"
    assert not told.exists()


def test_very_many_failures_are_told_too(space: OnArgo) -> None:
    steps = tuple(Step(name=f"t{n}", argv=("false",), image=IMAGE, timeout=60) for n in range(360))
    told = space.alarmed(space.work(schedule=DAILY, steps=steps))
    space.controller.act({"job": "*.t[0-9]*(*", "play": {"code": 1, "seconds": 0.1}})
    space.controller.fire("demo", AT)
    assert space.watched(RUN)[-1].state == "failed"
    assert told.exists()
