"""What a plan says of a change: old -> new, and which part of the file or of the code it is."""

from __future__ import annotations

from typing import Any

import pytest

from bot.compile.differences import UNSAID, differences
from bot.settings import Settings
from tests.traffic.conftest import ab, file, repository

OUT = {"table": "reco.v4", "job": "infer", "columns": {"user_id": "STRING", "score": "FLOAT64"}}
EVEN = [
    {"name": "control", "control": True, "weight": 1, "table": "reco.v3"},
    {"name": "als", "weight": 1, "table": "reco.v4"},
]
HALF = {"slots": {"start": 0, "end": 5_000}, "layer": "home"}
MORE = {"slots": {"start": 0, "end": 8_000}, "layer": "home"}
OTHER_TABLE = [EVEN[0] | {"weight": 80}, EVEN[1] | {"weight": 20, "table": "reco.v5"}]
LATER = {"period": {"start": "2026-11-30", "end": "2026-12-28"}}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing": ({}, {}, [UNSAID]),
    "weights": ({"serving": ab()}, {"serving": ab(arms=EVEN)}, ["control 80% -> 50%, als 20% -> 50%"]),
    "a period": ({"serving": ab()}, {"serving": ab(**LATER)}, ["period: end 2026-12-21 -> 2026-12-28"]),
    "slots": ({"serving": ab(**HALF)}, {"serving": ab(**MORE)}, ["slots: end 5000 -> 8000"]),
    "a phase": ({"serving": ab()}, {"serving": ab(phase=2)}, ["serving: phase 1 -> 2"]),
    "an arm's table": ({"serving": ab()}, {"serving": ab(arms=OTHER_TABLE)}, ["als serves another table"]),
    "a test": ({}, {"serving": ab()}, ["serving is new"]),
    "jobs": (
        {}, {"jobs": [{"name": "infer", "command": "y"}, {"name": "train", "command": "z"}]},
        ["job infer: command x -> y", "job train is new"]),
    "a schedule": ({}, {"schedule": {"cron": "0 4 * * *"}}, ["schedule is new"]),
    "another time": (
        {"schedule": {"cron": "0 4 * * *"}}, {"schedule": {"cron": "0 5 * * *"}},
        ["schedule: cron 0 4 * * * -> 0 5 * * *"]),
    "an output": ({}, {"outputs": {"scores": OUT}}, ["output scores is new"]),
    "columns": (
        {"outputs": {"scores": OUT}}, {"outputs": {"scores": OUT | {"columns": {"user_id": "INT64", "dt": "DATE"}}}},
        ["output scores: column user_id STRING -> INT64", "output scores: column score FLOAT64 -> none",
         "output scores: column dt none -> DATE"]),
    "a table": (
        {"outputs": {"scores": OUT}}, {"outputs": {"scores": OUT | {"table": "reco.v5"}}},
        ["output scores: table reco.v4 -> reco.v5"]),
    "an input": ({}, {"inputs": {"logs": {"table": "logs.x"}}}, ["input logs is new"]),
    "an option": ({}, {"option": {"repo": "reco"}}, ["option is new"]),
}  # fmt: skip


@pytest.mark.parametrize(("was", "now", "said"), CASES.values(), ids=CASES)
def test_what_is_said(was: dict[str, Any], now: dict[str, Any], said: list[str]) -> None:
    before = repository(file("reco", was.get("serving"), **{k: v for k, v in was.items() if k != "serving"}))
    after = repository(file("reco", now.get("serving"), **{k: v for k, v in now.items() if k != "serving"}))
    assert list(differences(before.by_name["reco"], before, after.by_name["reco"], after)) == said


def test_which_image() -> None:
    """Of the repos that its jobs run in; a build's image is none of the settings'."""
    jobs = [{"name": name, "command": "x", "option": {"repo": name}} for name in ("reco", "spark", "built")]
    there = repository(file("reco", None, jobs=jobs))
    was, now = (
        Settings.model_validate(
            {
                "repos": {
                    "reco": {"image": f"registry/team/reco@sha256:{digit * 64}"},
                    "spark": {"image": f"registry/spark@sha256:{'1' * 64}"},
                    "other": {"image": f"x@sha256:{digit * 64}"},
                    "built": {"image": f"x@sha256:{'2' * 64}"} if digit == "2" else {},
                }
            }
        )
        for digit in "12"
    )  # fmt: skip
    said = differences(there.by_name["reco"], there, there.by_name["reco"], there, was, now)
    assert said == ("image of reco: reco@sha256:111111111111 -> reco@sha256:222222222222",)


def test_which_code() -> None:
    text = file("reco", None, sources=["code/*.py"])
    names = [f"code/{name}.py" for name in "abcde"]
    before = repository(text, **dict.fromkeys(names, b"old"))
    after = repository(text, **{**dict.fromkeys(names[1:], b"new"), "other.py": b""})
    said = differences(before.by_name["reco"], before, after.by_name["reco"], after)
    assert said == ("code: code/a.py, code/b.py, code/c.py and 2 more",)
