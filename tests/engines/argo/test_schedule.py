"""The schedule in the cluster: ours, somebody else's, and what starts by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Conflict, Refused
from bot.experiment.model import Schedule
from tests.engines.argo.conftest import Space
from tests.some import some

pytestmark = pytest.mark.slow

DAILY = Schedule(cron="0 4 * * *", timezone="Asia/Tokyo")
THEIRS = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "CronWorkflow",
    "metadata": {"name": "demo"},
    "spec": {"schedules": ["0 1 * * *"], "workflowSpec": {"workflowTemplateRef": {"name": "old"}}},
}


def test_only_sameday_owns_what_it_says(space: Space) -> None:
    wanted = space.work(schedule=DAILY)
    space.engine.schedule(wanted, True)
    cron = space.controller.get("cronworkflows", "demo")
    owners = {(entry["manager"], entry["operation"]) for entry in cron["metadata"]["managedFields"]}
    assert owners == {("sameday", "Apply")}
    assert (cron["spec"]["suspend"], cron["spec"]["timezone"]) == (False, "Asia/Tokyo")
    for on in (False, True, False):
        space.engine.schedule(wanted, on)
    assert space.controller.get("cronworkflows", "demo")["spec"]["suspend"] is True


def test_one_of_somebody_else_is_taken_over_only_when_asked(space: Space) -> None:
    space.controller.api.call("POST", space.controller.path("cronworkflows"), THEIRS)
    wanted = space.work(schedule=DAILY)
    with pytest.raises(Refused, match=r"`schedule: \{adopt: true\}` takes it over"):
        space.engine.schedule(wanted, True)
    space.engine.schedule(wanted, False)
    assert space.engine.scheduled("demo") is None
    assert space.controller.get("cronworkflows", "demo")["spec"]["schedules"] == ["0 1 * * *"], "left as it was"
    adopting = space.work(schedule=DAILY.model_copy(update={"adopt": True}))
    space.engine.schedule(adopting, True)
    assert space.engine.scheduled("demo") == "0badcafe"
    assert space.controller.get("cronworkflows", "demo")["spec"]["schedules"] == ["0 4 * * *"]
    space.engine.schedule(wanted, False)
    assert space.engine.scheduled("demo") is None


def test_what_a_person_suspended_stays_so_and_is_said(space: Space) -> None:
    wanted = space.work(schedule=DAILY)
    space.engine.schedule(wanted, True)
    space.controller.api.merge(space.controller.path("cronworkflows", "demo"), {"spec": {"suspend": True}})
    with pytest.raises(Conflict, match=r"the CronWorkflow demo was changed by another hand.*\.spec\.suspend"):
        space.engine.schedule(wanted, True)
    assert space.engine.scheduled("demo") is None


def test_a_scheduled_run_is_the_run_of_its_date(space: Space) -> None:
    wanted = space.work(schedule=DAILY)
    space.engine.apply(wanted)
    space.engine.schedule(wanted, True)
    fire = space.controller.fire
    assert fire("demo", datetime(2026, 11, 23, 14, 59, tzinfo=UTC)) is None, "its day is made already"
    started = fire("demo", datetime(2026, 11, 23, 15, 0, tzinfo=UTC))  # midnight in Tokyo
    assert started == "demo-1795446000"
    name = "demo-0badcafe-20261124"
    assert space.watched(name)[-1].state == "succeeded"
    assert some(space.engine.find(name)).name == name
    again = wanted.model_copy(update={"date": datetime(2026, 11, 24, tzinfo=UTC).date()})
    assert space.engine.submit(again).state == "succeeded"
    assert space.names() == [started]


def test_of_several_times_a_day_only_the_first_makes_data(space: Space) -> None:
    wanted = space.work(schedule=Schedule(cron="0 */6 * * *", timezone="Asia/Tokyo"))
    space.engine.apply(wanted)
    space.engine.schedule(wanted, True)
    begun = datetime(2026, 11, 23, 15, tzinfo=UTC)  # midnight in Tokyo
    fired = []
    for hours in (0, 6, 12, 18, 24):
        fired.append(space.controller.fire("demo", begun + timedelta(hours=hours)))
        space.until(lambda: not space.controller.running)
    assert [name is not None for name in fired] == [True, False, False, False, True]
    managed = space.controller.get("cronworkflows", "demo")["metadata"]["managedFields"]
    owners = {(entry["manager"], entry["operation"]) for entry in managed}
    assert owners == {("sameday", "Apply"), ("argo", "Update")}
    space.engine.schedule(wanted, False)
    space.engine.schedule(wanted, True)
    assert space.engine.scheduled("demo") == "0badcafe"


def test_cancel_stops_what_is_superfluous_only(space: Space) -> None:
    old, kept, other = (
        space.held(), space.held(key="feedbeef"), space.held(experiment="demo-other", key="11111111"),
    )  # fmt: skip
    for wanted in (old, kept, other):
        space.begin(wanted)
    space.running(old.run)
    space.running(other.run)
    assert space.engine.cancel("demo", {"feedbeef"}) == [old.run]
    assert space.watched(old.run)[-1].state == "stopped"
    assert space.engine.cancel("demo", {"feedbeef"}) == []
    assert {some(space.engine.find(one.run)).state for one in (kept, other)} == {"running"}
    space.go()
    assert space.engine.submit(old).state == "running", "wanted again, it is begun anew"
    assert space.watched(old.run)[-1].state == "succeeded"


def test_a_controller_with_an_instance_id_takes_its_own_only(space: Space) -> None:
    space.controller.instance = "mine"
    wanted = space.work(schedule=DAILY)
    space.begin(wanted)
    mine = space.other()
    mine.options = mine.options.model_copy(update={"instance": "mine"})
    second = wanted.model_copy(update={"attempt": 2})
    mine.submit(second)
    assert space.watched(second.run)[-1].state == "succeeded"
    assert some(space.engine.find(wanted.run)).nodes == ()
