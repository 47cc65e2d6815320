"""The schedule in the cluster: ours, somebody else's, and what starts by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Conflict, Refused
from bot.experiment.schedule import Schedule
from bot.ports import Scheduled
from tests.engines.argo.conftest import OnArgo, Played
from tests.some import some

pytestmark = pytest.mark.slow

DAILY = Schedule(cron="0 4 * * *", timezone="Asia/Tokyo")
THEIRS = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "CronWorkflow",
    "metadata": {"name": "demo"},
    "spec": {"schedules": ["0 1 * * *"], "workflowSpec": {"workflowTemplateRef": {"name": "old"}}},
}


def test_only_sameday_owns_what_it_says(space: OnArgo) -> None:
    wanted = space.work(schedule=DAILY)
    space.engine.schedule(wanted, on=True)
    cron = space.controller.get("cronworkflows", "demo")
    owners = {(entry["manager"], entry["operation"]) for entry in cron["metadata"]["managedFields"]}
    assert owners == {("sameday", "Apply")}
    assert (cron["spec"]["suspend"], cron["spec"]["timezone"]) == (False, "Asia/Tokyo")
    for on in (False, True, False):
        space.engine.schedule(wanted, on=on)
    assert space.controller.get("cronworkflows", "demo")["spec"]["suspend"] is True


def test_one_of_somebody_else_is_taken_over_only_when_asked(space: OnArgo) -> None:
    space.controller.api.call("POST", space.controller.path("cronworkflows"), THEIRS)
    wanted = space.work(schedule=DAILY)
    with pytest.raises(Refused, match=r"`schedule: \{adopt: true\}` takes it over"):
        space.engine.schedule(wanted, on=True)
    space.engine.schedule(wanted, on=False)
    assert space.engine.scheduled("demo") is None
    assert space.controller.get("cronworkflows", "demo")["spec"]["schedules"] == ["0 1 * * *"], "left as it was"
    adopting = space.work(schedule=DAILY.model_copy(update={"adopt": True}))
    space.engine.schedule(adopting, on=True)
    assert space.engine.scheduled("demo") == Scheduled("0badcafe")
    assert space.controller.get("cronworkflows", "demo")["spec"]["schedules"] == ["0 4 * * *"]
    space.engine.schedule(wanted, on=False)
    assert space.engine.scheduled("demo") == Scheduled("0badcafe", on=False)


def test_what_a_person_suspended_stays_so_and_is_said(space: OnArgo) -> None:
    wanted = space.work(schedule=DAILY)
    space.engine.schedule(wanted, on=True)
    space.controller.api.merge(space.controller.path("cronworkflows", "demo"), {"spec": {"suspend": True}})
    with pytest.raises(Conflict, match=r"the CronWorkflow demo was changed by another hand.*\.spec\.suspend"):
        space.engine.schedule(wanted, on=True)
    assert space.engine.scheduled("demo") == Scheduled("0badcafe", on=False)


def test_a_scheduled_run_is_the_run_of_its_date(space: OnArgo) -> None:
    wanted = space.work(schedule=DAILY)
    space.engine.apply(wanted)
    space.engine.schedule(wanted, on=True)
    fire = space.controller.fire
    started = fire("demo", datetime(2026, 11, 23, 15, 0, tzinfo=UTC))  # midnight in Tokyo
    assert started == "demo-1795446000"
    name = "demo-0badcafe-20261124"
    assert space.watched(name)[-1].state == "succeeded"
    assert some(space.engine.find(name)).name == name
    again = wanted.model_copy(update={"date": datetime(2026, 11, 24, tzinfo=UTC).date()})
    assert space.engine.submit(again).state == "succeeded"
    assert space.names() == [started]


def test_a_schedule_that_cannot_start_runs_says_why(space: OnArgo) -> None:
    """Argo's own clock fires it: what it refuses to start stands in the CronWorkflow's conditions."""
    wanted = space.work(schedule=Schedule(cron="* * * * *", timezone="UTC"))
    space.engine.apply(wanted)
    space.engine.schedule(wanted, on=True)
    path = space.controller.path("workflowtemplates", "demo-0badcafe")
    space.controller.api.call("DELETE", path)
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    space.controller.late("demo", now)
    space.until(lambda: some(space.engine.scheduled("demo")).trouble)
    scheduled = some(space.engine.scheduled("demo"))
    assert 'cannot find WorkflowTemplate of name "demo-0badcafe"' in scheduled.trouble
    assert (scheduled.key, scheduled.on) == ("0badcafe", True)
    space.engine.apply(wanted)
    space.until(lambda: space.engine.scheduled("demo") == Scheduled("0badcafe"))


def test_the_day_of_the_release_is_not_made_again(played: Played) -> None:
    wanted = played.work(schedule=DAILY)
    played.engine.apply(wanted)
    played.engine.schedule(wanted, on=True)
    assert played.controller.fire("demo", datetime(2026, 11, 23, 14, 59, tzinfo=UTC)) is None
    assert played.controller.fire("demo", datetime(2026, 11, 23, 15, 0, tzinfo=UTC)) is not None


def test_of_several_times_a_day_only_the_first_makes_data(played: Played) -> None:
    wanted = played.work(schedule=Schedule(cron="0 */6 * * *", timezone="Asia/Tokyo"))
    played.begin_schedule(wanted)
    begun = datetime(2026, 11, 23, 15, tzinfo=UTC)  # midnight in Tokyo
    fired = []
    for hours in (0, 6, 12, 18, 24):
        fired.append(played.controller.fire("demo", begun + timedelta(hours=hours)))
        played.until(lambda: not played.controller.running)
    assert [name is not None for name in fired] == [True, False, False, False, True]
    managed = played.controller.get("cronworkflows", "demo")["metadata"]["managedFields"]
    owners = {(entry["manager"], entry["operation"]) for entry in managed}
    assert owners == {("sameday", "Apply"), ("workflow-controller", "Update")}
    played.engine.schedule(wanted, on=False)
    played.engine.schedule(wanted, on=True)
    assert played.engine.scheduled("demo") == Scheduled("0badcafe")


def test_a_schedule_that_fires_as_it_is_applied_can_be_applied_again(played: Played) -> None:
    old = played.work(schedule=DAILY, labels={"commit": "old"})
    new = old.model_copy(update={"labels": {"commit": "new"}})
    played.begin_schedule(old)
    at = datetime(2026, 11, 23, 19, tzinfo=UTC)
    played.controller.fire("demo", at, meanwhile=lambda: played.engine.schedule(new, on=True))
    played.engine.schedule(new, on=True)


def test_cancel_stops_what_is_superfluous_only(space: OnArgo) -> None:
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


def test_what_waits_for_another_is_cancelled_at_once(space: OnArgo) -> None:
    first, second = space.held(), space.held(key="feedbeef")
    space.begin(first)
    space.running(first.run)
    space.begin(second)
    space.until(lambda: space.controller.get("workflows", second.run).get("status", {}).get("phase") == "Pending")
    assert space.engine.cancel("demo", {first.key}) == [second.run]
    end = datetime.now(UTC) + timedelta(seconds=5)
    assert list(space.engine.watch([second.run], end))[-1].state == "stopped"


def test_a_controller_with_an_instance_id_takes_its_own_only(played: Played) -> None:
    played.controller.instance = "mine"
    wanted = played.work(schedule=DAILY)
    played.begin(wanted)
    mine = played.other()
    mine.options = mine.options.model_copy(update={"instance": "mine"})
    second = wanted.model_copy(update={"attempt": 2})
    mine.submit(second)
    assert played.watched(second.run)[-1].state == "succeeded"
    assert some(played.engine.find(wanted.run)).nodes == ()
