"""Over random changes of files and settings: what a pull request is told is what its merge does."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
import yaml

from tests.far.github import payloads
from tests.fuzz import COUNT
from tests.github.bot.conftest import Hosted

pytestmark = pytest.mark.slow

STEPS = 4  # pull requests of one history
NAMES = ("one", "two", "three")
Files = dict[str, dict[str, Any]]


def fresh(rng: random.Random) -> dict[str, Any]:
    """An experiment whose test has not begun, so that no change of it is refused."""
    return {
        "schedule": {"cron": f"0 {rng.randint(1, 9)} * * *"},
        "jobs": [{"name": "infer", "command": "true", "option": {"repo": rng.choice(["reco", "default"])}}],
        "sources": ["code/*.py"] if rng.random() < 0.5 else [],
        "serving": served(rng) if rng.random() < 0.6 else None,
    }


def served(rng: random.Random) -> dict[str, Any]:
    """A test that is to come, in slots of its own."""
    arms = [
        {"name": "old", "control": True, "weight": rng.choice([50, 80]), "table": "main.old"},
        {"name": "new", "weight": 20, "table": "main.new"},
    ]
    return {"kind": "ab", "arms": arms, "period": {"start": "2190-01-04", "weeks": rng.choice([2, 3])}}


def changed(rng: random.Random, files: Files, settings: dict[str, Any]) -> None:
    """Change one file, or the settings, in one way."""
    name = rng.choice(NAMES)
    kind = rng.randrange(8)
    if kind == 0:
        files.pop(name, None)
    elif kind == 1 and name in files:
        files[name]["owner"] = rng.choice(["@acme/reco", "@acme/search"])
    elif kind == 2:
        settings["limits"] = {"job": rng.choice(["1h", "2h"])}
    elif kind == 3:
        settings["repos"] = {"reco": {"image": f"r/x@sha256:{rng.choice('123') * 64}"}}
    elif kind == 4:
        settings["timezone"] = rng.choice(["UTC", "Asia/Tokyo"])
    elif kind == 5:
        settings["environments"] = {rng.choice(["check", "release"]): {"limits": {"job": rng.choice(["3h", "4h"])}}}
    else:
        files[name] = fresh(rng)


def write(hosted: Hosted, files: Files, settings: dict[str, Any], code: int) -> None:
    """Commit everything on the branch that is checked out."""
    hosted.repo.write("sameday.yaml", yaml.safe_dump(settings, sort_keys=False))
    hosted.repo.write("code/a.py", f"print({code})\n")
    for number, name in enumerate(NAMES):
        place = hosted.repo.root / "experiments" / f"{name}.yaml"
        place.unlink(missing_ok=True)
        if name in files:
            serving = files[name]["serving"] and {**files[name]["serving"], "layer": f"layer-{number}"}
            hosted.put(name, **{**files[name], "serving": serving})
    hosted.repo.commit()


def told(summary: str) -> set[tuple[str, str]]:
    """What the plan in a comment says of each experiment."""
    found = re.findall(r"\*\*<code>(\w+)</code>\*\* (is released|is retired)", summary)
    return {(name, "live" if how == "is released" else "retired") for name, how in found}


def done(out: str) -> set[tuple[str, str]]:
    """What a release has done."""
    return set(re.findall(r"^(\w+) is (live|retired)$", out, re.MULTILINE))


@pytest.mark.parametrize("seed", range(min(COUNT, 200) or 6))
def test_what_is_told_is_done(hosted: Hosted, seed: int) -> None:
    rng: random.Random = random.Random(seed)
    files: Files = {"zero": {}}
    settings = yaml.safe_load((hosted.repo.root / "sameday.yaml").read_text())
    settings |= {
        "repos": {"reco": {"image": f"r/x@sha256:{'1' * 64}"}},
        "layers": {f"layer-{number}": {} for number, _ in enumerate(NAMES)},
    }
    write(hosted, files, settings, 0)
    assert hosted.bot("schedule", payloads.schedule()).code == 0
    for step in range(STEPS):
        hosted.branch(f"change-{step}")
        for _ in range(rng.randint(1, 3)):
            changed(rng, files, settings)
        write(hosted, files, settings, rng.randint(0, 1))
        number = 10 + step
        said = hosted.bot("pull_request", hosted.proposed("opened", number=number))
        assert said.code == 0, said.out
        released = hosted.bot("push", hosted.merge(f"change-{step}", number))
        assert released.code == 0, released.out
        assert told(said.summary) == done(released.out), (said.summary, released.out)
