"""One zone in the settings is that of every schedule and period that names none, in each command alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.experiment.load import load
from bot.experiment.zone import in_zone
from tests.conftest import Repo
from tests.settings.test_settings import faults

SETTINGS = """\
timezone: Asia/Tokyo
engine: {kind: local}
warehouse: {kind: folder, dataset: main}
flags: {kind: folder}
ledger: {kind: sqlite}
"""
TEST = """\
name: test
schedule: {cron: "0 4 * * *"ZONE}
jobs: [{name: j, command: "true"}]
serving:
  kind: ab
  arms: [{name: a, control: true, table: main.a}, {name: b, table: main.b}]
  period: {start: 2026-01-01, end: 2199-01-01ZONE}
"""


NEW_YORK = "America/New_York"


@pytest.mark.slow
@pytest.mark.parametrize(("own", "wanted"), [("", "Asia/Tokyo"), (f", timezone: {NEW_YORK}", NEW_YORK)])
def test_plan_and_release_agree(repo: Repo, own: str, wanted: str) -> None:
    repo.write(".gitignore", ".sameday/\n")
    repo.write("sameday.yaml", SETTINGS)
    repo.commit()
    assert repo.sameday("release").code == 0
    repo.write("experiments/test.yaml", TEST.replace("ZONE", own))
    repo.commit()
    for words in (("plan",), ("plan", "--base", "HEAD^")):
        planned = repo.sameday(*words).out
        assert f"run again at 0 4 * * * ({wanted})" in planned
        assert f"until 2199-01-01, the first day without ({wanted})" in planned
    assert repo.sameday("release").code == 0
    flags = json.loads((repo.root / ".sameday/flags/experiments.flagd.json").read_text(encoding="utf-8"))
    assert flags["flags"]["test"]["metadata"]["timezone"] == wanted
    assert "nothing differs" in repo.sameday("plan").out
    assert f'timezone: "{wanted}"' in repo.sameday("render", "test").out.replace(f": {wanted}", f': "{wanted}"')


def test_without_it_days_are_those_of_utc() -> None:
    spec = in_zone(load("x.yaml", TEST.replace("ZONE", "").encode()), "UTC").spec
    assert spec.schedule is not None
    assert spec.schedule.timezone == "UTC"


def test_what_is_no_zone_is_refused() -> None:
    message = "timezone should be an IANA time zone such as Asia/Tokyo, not 'Tokio'"
    assert faults("timezone: Tokio") == [(1, 11, message)]


def test_every_command_reads_experiments_with_it() -> None:
    """One function loads them as the settings say; whoever loads by hand forgets the zone."""
    commands = Path(__file__).parents[2] / "bot" / "commands"
    by_hand = [path.name for path in commands.glob("*.py") if "Repository.load" in path.read_text(encoding="utf-8")]
    assert by_hand == []
