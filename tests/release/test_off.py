"""An experiment is turned off: one write, no job; releases leave it alone until it is turned on."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from typing import Any, Literal

import pytest

from bot.flags.openfeature import OpenFeature
from bot.ledgers.sqlite import LedgerFile
from bot.settings.kinds import SqliteLedger
from tests.release.conftest import Site

CHANGED: dict[str, Any] = {"schedule": {"cron": "0 5 * * *"}}


def variants(site: Site, name: str = "reco") -> Counter[str]:
    """What two hundred users get."""
    flag = site.flag(name)
    return Counter(OpenFeature().variants(name, flag, [{"targetingKey": f"u{i}"} for i in range(200)]))


def test_everyone_sees_the_control_and_is_counted_in_no_arm(site: Site) -> None:
    site.put(site.plain())
    site.release()
    on, tally, began = site.flag(), site.tally(), time.monotonic()
    said = site.say("off", "reco")
    assert time.monotonic() - began < 60
    assert said == (
        "reco is turned off: who was in the test sees the control\n"
        "  it is on hold, and its data is kept fresh; `sameday on reco` turns it on\n"
    )
    assert variants(site) == {"off": 200}
    assert site.flag()["variants"]["off"] == {"arm": "", "store": "", "table": "main.old"}
    assert site.flag()["metadata"]["off"] is True
    assert site.tally() == tally, "no job was run"
    assert site.say("on", "reco").endswith(" is seen again\n")
    assert site.flag() == on


def test_who_is_in_no_test_sees_nothing_of_it(site: Site) -> None:
    """The control would take the place of another test's arm."""
    site.put(site.plain(serving={**site.split(20), "slots": {"end": 5_000}}))
    site.release()
    outside = variants(site)["none"]
    site.say("off", "reco")
    assert variants(site) == {"none": outside, "off": 200 - outside}


def test_of_an_experiment_for_all_nobody_sees_anything(site: Site) -> None:
    site.put(site.experiment())
    site.release()
    assert "nobody sees it" in site.say("off", "reco")
    assert variants(site) == {"none": 200}
    assert site.served() is not None, "the data stays"
    site.say("on", "reco")
    assert variants(site) == {"new": 200}


def test_releases_leave_it_alone(site: Site) -> None:
    site.put(site.plain())
    site.release()
    site.say("off", "reco")
    off = site.flag()
    assert "nothing differs" in site.release()
    site.put(site.plain(**CHANGED))
    assert "reco is on hold: turned off on " in site.release()
    assert site.flag() == off
    assert "  flag     turned off\n" in site.say("status")
    assert "`sameday on reco` turns it on" in site.say("status")


def test_it_is_released_by_its_name_alone(site: Site) -> None:
    site.put(site.plain())
    site.release()
    site.say("off", "reco")
    site.put(site.plain(**CHANGED))
    assert "reco is live" in site.release("--experiment", "reco")
    assert set(variants(site)) == {"old", "new"}
    assert "is not turned off" in site.say("on", "reco", code=2)


def test_what_changed_meanwhile_is_released_once_it_is_on(site: Site) -> None:
    site.put(site.plain())
    site.release()
    site.say("off", "reco")
    site.put(site.plain(serving=site.split(50)))
    site.release()
    site.say("on", "reco")
    assert "['new', 20]" in str(site.flag()["targeting"]), "what was live is seen again, nothing else"
    site.release()
    assert "['new', 50]" in str(site.flag()["targeting"])


def test_it_may_be_retired(site: Site) -> None:
    site.put(site.plain())
    site.release()
    site.say("off", "reco")
    site.drop("reco")
    assert "reco is retired" in site.release()
    assert site.flag() is None


def test_a_hold_outlives_it(site: Site) -> None:
    for weight in (20, 50):
        site.put(site.plain(serving=site.split(weight)))
        site.release()
    site.say("rollback", "reco")
    site.say("off", "reco")
    site.say("on", "reco")
    assert "reco is on hold: rolled back on" in site.release()
    assert "['new', 20]" in str(site.flag()["targeting"])


def test_a_rollback_takes_it_off_the_bad_release(site: Site) -> None:
    for weight in (20, 50):
        site.put(site.plain(serving=site.split(weight)))
        site.release()
    site.say("off", "reco")
    site.say("rollback", "reco")
    assert set(variants(site)) == {"old", "new"}
    assert "['new', 20]" in str(site.flag()["targeting"])


def test_another_hand_is_told(site: Site) -> None:
    site.put(site.plain())
    site.release()
    site.say("off", "reco")
    place = next(site.kept.glob("flags/*.json"))
    flags = json.loads(place.read_text())
    flags["flags"]["reco"]["state"] = "DISABLED"
    place.write_text(json.dumps(flags))
    assert "the flag reco is not as it was released, by another hand" in site.release()
    site.say("off", "reco")
    assert variants(site) == {"off": 200}, "off may be said again"


@pytest.mark.parametrize("step", ["off", "on"])
def test_what_a_kill_left_is_finished_by_the_next_command(site: Site, step: Literal["off", "on"]) -> None:
    """It was killed when it had said what it would do, and the flag is as it was."""
    site.put(site.plain())
    site.release()
    if step == "on":
        site.say("off", "reco")
    ledger = LedgerFile(SqliteLedger(path=str(site.kept / "ledger.sqlite")))
    last = ledger.entries()["reco"][-1]
    item = replace(last.item, off=step == "off")
    ledger.append(replace(last, version=last.version + 1, item=item, step=step, state="started"))
    assert f"is being turned {step} since" in site.say("status")
    site.release()
    assert site.steps()[-1] == (step, "done")
    assert set(variants(site)) == ({"off"} if step == "off" else {"old", "new"})


@pytest.mark.parametrize("word", ["off", "on"])
def test_what_cannot_be_turned(site: Site, word: str) -> None:
    assert site.say(word, "nobody", code=2) == "sameday: nothing of nobody is live; `sameday status` shows what is\n"
    data_only = site.plain()
    del data_only["serving"]
    site.put(data_only)
    site.release()
    site.say(word, "reco", code=2)
    assert site.flag() is None
