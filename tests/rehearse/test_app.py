"""`sameday rehearse --app`: what users get of an application, from pull request to the next day."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.commands.visit import Visitor
from bot.errors import UsageError
from bot.settings import Settings
from bot.settings.kinds import FolderFlags, FolderWarehouse
from tests.conftest import EXAMPLES, sameday

pytestmark = pytest.mark.slow
HEAD = "  What users get over HTTP "
PYTHON = shlex.quote(sys.executable)
NOT_SAID = "the application does not say `listening on http://127.0.0.1:PORT`; "
BROKEN = {
    "is not there": ("./no-such-program", "the application does not start: "),
    "ends": (f"{PYTHON} -c 'print(5)'", NOT_SAID),
    "says something else": (f"{PYTHON} -m http.server --help", NOT_SAID),
    "listens nowhere": (
        f"{PYTHON} -c \"import time; print('listening on http://127.0.0.1:1', flush=True); time.sleep(60)\"",
        "the application does not answer user0: ConnectionRefusedError"),
}  # fmt: skip


def visits(out: str) -> dict[str, dict[str, list[str]]]:
    """What each user got, by the moment."""
    found = {}
    for part in out.split(HEAD)[1:]:
        moment, *lines = part.split("\n")
        users = [line.split() for line in lines[: lines.index("")] if line.startswith("  user")]
        found[moment] = {user: items for user, *items in users}
    return found


def test_the_story_over_http(tmp_path: Path) -> None:
    serving = shutil.copytree(EXAMPLES / "serving", tmp_path / "serving")
    app = f"{PYTHON} {serving / 'app.py'} lists"
    collector = f"{PYTHON} {serving / 'collect.py'}"
    done = sameday("rehearse", "serving", "--app", app, "--collect", collector, cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    before, after, tester, next_day = visits(done.out).values()
    assert list(visits(done.out)) == [
        "before the merge", "after the merge", "after the merge, with is_staff", "on the next day"
    ]  # fmt: skip
    assert before == {}
    assert "there is no flag yet" in done.out
    assert "popular and similar, interleaved for everyone, on api" in done.out
    assert list(after) == list(next_day) == [f"user{n}" for n in range(10)]
    assert all(len(items) == 5 for items in (*after.values(), *next_day.values()))
    assert tester == {"user0": after["user0"]}
    assert next_day != after, "the next day's rows are shown"
    lines = [json.loads(line) for line in (tmp_path / "rehearsal" / "exposures.jsonl").read_text().splitlines()]
    assert Counter(line["forced"] for line in lines) == {False: 20, True: 1}
    rankers = Counter(item["ranker"] for line in lines for item in line["items"])
    assert set(rankers) == {"popular", "similar"}
    assert abs(rankers["popular"] - rankers["similar"]) <= 21, "five places, in rounds of two"
    told = done.out.partition("  What they were shown, read out\n")[2]
    assert "phase 1: 10 impressions, 10 of user_id\n  similar  inconclusive: too few users " in told, "no tester"
    said = sameday("readout", "lists", cwd=tmp_path / "rehearsal" / "repository")
    assert said.out in told, "the same, for whoever asks later"
    assert re.search(r"rehearsal/exposures.jsonl +the exposures that the application logged", done.out)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["./no-such-program"], "the collector does not start: "),
        ([sys.executable, "-c", "import sys; sys.exit('no log\\nfor you')"],
         "the collector ended with exit code 1: for you"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "the collector ended with exit code 3: it says nothing"),
    ],
)  # fmt: skip
def test_a_collector_that_fails(command: list[str], words: str, tmp_path: Path) -> None:
    settings = Settings(warehouse=FolderWarehouse(path=str(tmp_path)))
    visitor = Visitor((), settings, tmp_path, dict(os.environ), command)
    with pytest.raises(UsageError, match=re.escape(words)):
        visitor.collect()


def test_nothing_is_collected_without_an_application(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "serving", tmp_path / "serving")
    done = sameday("rehearse", "serving", "--collect", "true", cwd=tmp_path)
    assert (done.code, done.err) == (
        2,
        "sameday: `--collect` needs `--app`: only an application logs what users are shown\n",
    )


@pytest.mark.parametrize(("command", "words"), BROKEN.values(), ids=BROKEN)
def test_an_application_that_does_not_answer(command: str, words: str, tmp_path: Path) -> None:
    flags = FolderFlags(path=str(tmp_path), set="app")
    (tmp_path / "app.flagd.json").write_text('{"flags": {}}')
    visitor = Visitor(shlex.split(command), Settings(flags=flags), tmp_path, dict(os.environ))
    with pytest.raises(UsageError, match=re.escape(words)):
        visitor.visit("after the merge")


def test_flags_that_are_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`--app` needs flags in a folder"):
        Visitor(["true"], Settings(), tmp_path, {}).visit("after the merge")
