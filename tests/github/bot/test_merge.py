"""What a pull request is told is what its merge does, also where it changes the settings, or how a check sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.far.github import payloads
from tests.github.bot.conftest import SOUND, Hosted

pytestmark = pytest.mark.slow

IMAGE = 'repos: {{reco: {{image: "r/x@sha256:{}"}}}}\n'
CHANGES: dict[str, Callable[[str], str]] = {
    "an image": lambda text: text.replace("1" * 64, "2" * 64),
    "a limit of jobs": lambda text: text + "limits: {job: 1h}\n",
    "how long things are kept": lambda text: text + "keep: {named_for: 2d}\n",
    "a holdout": lambda text: text + "holdouts: {h: {share: 5%, from: 2026-01-01, until: 2196-01-01}}\n",
    "a time zone": lambda text: text + "timezone: Asia/Tokyo\n",
    "what only a check sees": lambda text: text + "environments: {check: {limits: {job: 1h}}}\n",
    "what only a release sees": lambda text: text + "environments: {release: {limits: {job: 1h}}}\n",
    "nothing": lambda text: text + "# nothing\n",
}
JOBS = [{"name": "infer", "command": "true", "option": {"repo": "reco"}}]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_told_of_settings_is_done(hosted: Hosted, change: Callable[[str], str]) -> None:
    settings = (hosted.repo.root / "sameday.yaml").read_text() + IMAGE.format("1" * 64)
    hosted.repo.write("sameday.yaml", settings)
    hosted.put("zero", serving=None)
    hosted.bot("schedule", payloads.schedule())
    hosted.branch()
    hosted.put("one", serving=None, jobs=JOBS)
    hosted.put("two")
    assert hosted.bot("push", hosted.merge()).code == 0
    hosted.branch("settings")
    hosted.repo.write("sameday.yaml", change(settings))
    hosted.repo.commit()
    told = hosted.bot("pull_request", hosted.proposed("opened", number=8)).summary
    done = hosted.bot("push", hosted.merge("settings", 8)).out
    assert ("changes nothing that is released" in told) == ("nothing differs" in done), (told, done)
    for name in ("one", "two"):
        assert (f"after: <code>{name}-" in told) == (f"{name} is live" in done), (name, told, done)


def test_experiments_that_move_with_their_pattern_are_not_retired(hosted: Hosted) -> None:
    hosted.put("one", serving=None)
    hosted.bot("schedule", payloads.schedule())
    hosted.branch()
    hosted.repo.git("mv", "experiments", "exp")
    settings = (hosted.repo.root / "sameday.yaml").read_text()
    hosted.repo.write("sameday.yaml", settings + 'experiments: ["exp/**/*.yaml"]\n')
    hosted.repo.commit()
    told = hosted.bot("pull_request", hosted.proposed("opened"))
    assert told.code == 0
    assert "retired" not in told.summary
    assert "nothing differs" in hosted.bot("push", hosted.merge()).out


def test_a_pattern_with_a_typing_error_is_an_error(hosted: Hosted) -> None:
    """Everything would be retired, though every file is there."""
    for name in ("one", "two", "three", "four"):
        hosted.put(name, serving=None)
    hosted.bot("schedule", payloads.schedule())
    hosted.branch()
    settings = (hosted.repo.root / "sameday.yaml").read_text()
    hosted.repo.write("sameday.yaml", settings + 'experiments: ["experiment/**/*.yaml"]\n')
    hosted.repo.commit()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    line = settings.count("\n") + 1
    assert ran.code == 1
    assert (
        f"sameday.yaml:{line}:1: error [settings.unnamed] `experiments` names 4 of 4 experiments no longer, though "
        "their files are there: the merge would retire four, one, three and others"
    ) in ran.out
    assert "correct the pattern; to retire them, delete their files" in ran.out


def test_the_frame_is_in_the_language_of_the_settings(hosted: Hosted) -> None:
    settings = (hosted.repo.root / "sameday.yaml").read_text()
    hosted.repo.write("sameday.yaml", settings + "report: {language: ja}\n")
    hosted.repo.commit()
    hosted.branch()
    hosted.put()
    assert hosted.bot("pull_request", hosted.proposed("opened")).code == 0
    assert hosted.bot("push", hosted.merge()).code == 0
    check, released = hosted.ours()
    assert "**✅ sameday: マージできます** (実験 1 件)" in check
    assert "次: レビューしてマージしてください。マージすると自動でリリースされます。" in check
    assert "**🚀 sameday: 実験 1 件をリリースしました**" in released
    assert " · 最初のコミットから公開まで " in released


def test_a_finding_by_the_settings_of_the_base_says_so(hosted: Hosted) -> None:
    """A layer that the same pull request brings is none yet: checks go by what is in force."""
    hosted.branch()
    settings = (hosted.repo.root / "sameday.yaml").read_text()
    hosted.repo.write("sameday.yaml", settings + "layers: {home: {salt: 2026h2}}\n")
    serving = SOUND["serving"]
    hosted.put("one", serving=serving | {"layer": "home"})
    hosted.put("two", serving=serving | {"layer": "hoem"})
    said = hosted.bot("pull_request", hosted.proposed("opened")).out
    found = re.findall(r"(one|two)\.yaml:\d+:\d+: error \[traffic.unknown-layer\] .*\n +(.*)\n", said)
    known = "known: default; the settings declare `layers`"
    of_base = "so says sameday.yaml of the base, which is in force until the merge; that of the merge would not"
    assert found == [("one", f"{known}; {of_base}"), ("two", known)], said


WRITE = "import duckdb, os; duckdb.sql('select chr(97) as user_id').write_parquet(os.environ['SAMEDAY_OUTPUT_SCORES'])"
SCORES: dict[str, Any] = {
    "serving": None,
    "jobs": [{"name": "infer", "commands": ["python", "-c", WRITE]}],
    "outputs": {
        "scores": {
            "table": "main.scores", "job": "infer", "columns": {"user_id": "STRING"},
            "sync": {"store": "serving", "table": "scores"},
        }
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "check",
    ["stores: {serving: {path: .sameday/scratch.sqlite}}", "warehouse: {dataset: scratch}", "limits: {job: 1h}",
     "flags: {set: other}"],
)  # fmt: skip
def test_an_owner_is_nothing_to_release(hosted: Hosted, check: str) -> None:
    """A check has backends of its own, as `init` proposes; the merge has not."""
    settings = (hosted.repo.root / "sameday.yaml").read_text()
    hosted.repo.write("sameday.yaml", settings + f"environments:\n  check:\n    {check}\n")
    hosted.repo.commit()
    hosted.put("zero", serving=None)
    hosted.bot("schedule", payloads.schedule())
    hosted.branch()
    hosted.put("one", **SCORES)
    assert hosted.bot("push", hosted.merge()).code == 0
    hosted.branch("owner")
    hosted.put("one", **SCORES, owner="@acme/reco")
    told = hosted.bot("pull_request", hosted.proposed("opened", number=8)).summary
    assert "nothing differs" in hosted.bot("push", hosted.merge("owner", 8)).out
    assert "changes nothing that is released" in told


def test_another_ledger_or_warehouse_is_not_looked_at(hosted: Hosted) -> None:
    hosted.put("one", serving=None)
    hosted.bot("schedule", payloads.schedule())
    hosted.branch()
    settings = (hosted.repo.root / "sameday.yaml").read_text()
    hosted.repo.write("sameday.yaml", settings.replace("ledger: {", "ledger: {path: other.sqlite, "))
    hosted.repo.commit()
    told = hosted.bot("pull_request", hosted.proposed("opened")).summary
    assert "moves the ledger&#58; what the other one says is not known here" in told
    assert "It names another ledger&#58; the checks and the plan have looked at the one in force." in told
    assert not (hosted.repo.root / "other.sqlite").exists()


def test_line_ends_that_git_changes_on_the_way_out(hosted: Hosted) -> None:
    """The plan names the run that is made: both read the commit."""
    hosted.repo.write(".gitattributes", "*.py text eol=crlf\n")
    hosted.repo.write("code/m.py", "x = 1\ny = 2\n")
    hosted.repo.commit()
    hosted.repo.git("rm", "-q", "--cached", "-r", ".")
    hosted.repo.git("reset", "-q", "--hard")
    hosted.put("zero", serving=None)
    hosted.bot("schedule", payloads.schedule())
    hosted.branch()
    hosted.put("one", serving=None, sources=["code/**"])
    told = hosted.bot("pull_request", hosted.proposed("opened")).summary
    made = hosted.bot("push", hosted.merge()).out
    assert re.findall(r"one-[0-9a-f]{8}", told)[0] == re.findall(r"one-[0-9a-f]{8}", made)[0]
