"""A pull request whose files git or its configuration could obey: the bot in a folder of a checkout that lacks much."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import SETTINGS
from tests.far.github import payloads
from tests.github.bot.conftest import BROKEN, SOUND, Hosted
from tests.hostile.traps import ATTRIBUTES, DRIVERS, EMBEDDED, program, sprung, write

pytestmark = pytest.mark.slow


def cloned(hosted: Hosted, where: Path, depth: str = "1", ref: str = "change") -> None:
    """Go on in a clone of one branch, as actions/checkout makes it; whatever commit it lacks can be fetched."""
    origin = hosted.repo.root
    hosted.repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    hosted.repo.git("update-ref", "refs/pull/7/head", hosted.head("change"))
    where.mkdir()
    deep = ["--depth", depth] if depth else []
    for words in (
        ["init", "-q"], ["remote", "add", "origin", f"file://{origin}"],
        ["fetch", "-q", *deep, "origin", hosted.head(ref)], ["checkout", "-q", "FETCH_HEAD"],
    ):  # fmt: skip
        subprocess.run(["git", "-C", str(where), *words], check=True, capture_output=True)
    hosted.repo = type(hosted.repo)(where)


def in_ml(hosted: Hosted) -> None:
    """Settings in a folder, on main; a branch is begun."""
    hosted.repo.git("rm", "-q", "sameday.yaml")
    hosted.repo.write("ml/sameday.yaml", SETTINGS)
    hosted.repo.commit()
    hosted.branch()
    hosted.environment["SAMEDAY_PATH"] = "ml"


@pytest.mark.parametrize("fork", [True, False])
@pytest.mark.parametrize("name", EMBEDDED)
def test_the_folder_looks_like_a_repository(name: str, fork: bool, hosted: Hosted, tmp_path: Path) -> None:
    """`path: ml`, and the base is yet to be fetched, with a token."""
    in_ml(hosted)
    mark, folder = tmp_path / "mark", hosted.repo.root / "ml"
    hosted.repo.write("ml/experiments/x.yaml", BROKEN)
    EMBEDDED[name].lay(folder, program(hosted.repo.root / "trap", mark))
    assert sprung(EMBEDDED[name], folder, mark)
    write(folder, {"config": (folder / "config").read_text().replace(str(hosted.repo.root), str(tmp_path / "clone"))})
    hosted.repo.commit()
    event = hosted.proposed("opened", source="mallory/experiments" if fork else payloads.NAME)
    cloned(hosted, tmp_path / "clone")
    assert sprung(EMBEDDED[name], tmp_path / "clone" / "ml", mark) or name == "alternates"
    ran = hosted.bot("pull_request", event)
    assert not mark.exists()
    assert (ran.code, "ml/experiments/x.yaml:3:" in ran.out) == (1, True), ran.out


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_choose_no_driver(name: str, hosted: Hosted, tmp_path: Path) -> None:
    hosted.put("other")
    hosted.branch()
    mark, config = tmp_path / "mark", tmp_path / "gitconfig"
    config.write_text(DRIVERS.format(trap=program(tmp_path / "trap", mark)), encoding="utf-8")
    hosted.environment["GIT_CONFIG_GLOBAL"] = str(config)
    hosted.repo.write(".gitattributes", ATTRIBUTES[name])
    hosted.put("other", owner="@acme/reco")
    hosted.write(BROKEN)
    hosted.repo.git("checkout", "-q", "main")
    hosted.put("third")
    hosted.branch()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert not mark.exists()
    assert (ran.code, "[schema.unknown-key]" in ran.out) == (1, True), ran.out


def text(first: str, last: str) -> str:
    """A file whose ends two people may change without a conflict."""
    return "\n".join([first, *map(str, range(20)), last, ""])


@pytest.mark.parametrize("attributes", ["* -merge\n", "* merge=binary\n", "* -text -diff -merge\n"])
def test_attributes_make_no_conflict(attributes: str, hosted: Hosted) -> None:
    """Else the branch alone would be checked, and what main has gained would not be seen."""
    hosted.repo.write("README", text("a", "z"))
    hosted.repo.commit()
    hosted.branch()
    hosted.repo.write("README", text("mine", "z"))
    hosted.repo.write(".gitattributes", attributes)
    hosted.write(json.dumps(SOUND), "mine")
    hosted.repo.git("checkout", "-q", "main")
    hosted.repo.write("README", text("a", "theirs"))
    hosted.write(json.dumps(SOUND), "theirs")
    hosted.branch()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (ran.code, "[schema.duplicate-name]" in ran.out) == (1, True), ran.out


def test_attributes_solve_no_conflict(hosted: Hosted) -> None:
    """`merge=union` takes both sides' lines, which GitHub does not."""
    hosted.put()
    hosted.branch()
    hosted.repo.write(".gitattributes", "* merge=union\n")
    hosted.put(schedule={"cron": "0 5 * * *"})
    hosted.repo.git("checkout", "-q", "main")
    hosted.put(schedule={"cron": "0 6 * * *"})
    hosted.branch()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert (ran.code, ran.outputs["verdict"]) == (3, "unknown")
    (comment,) = hosted.ours()
    assert "ready" not in comment
    assert "`merge` errored: it conflicts with its base" in comment
    assert "Next: solve the conflict with the base and push." in comment


@pytest.mark.parametrize("depth", ["1", "2", ""])
def test_how_deep_the_clone_is_changes_no_verdict(depth: str, hosted: Hosted, tmp_path: Path) -> None:
    """GitHub's own merge says what its parents are, though a shallow clone has none of them."""
    hosted.branch()
    hosted.write(json.dumps(SOUND), "mine")
    event = hosted.proposed("opened")
    hosted.repo.git("checkout", "-q", "main")
    hosted.write(json.dumps(SOUND), "theirs")
    hosted.repo.git("checkout", "-q", "--detach")
    hosted.repo.git("merge", "-q", "--no-ff", "-m", "a try", "change")
    hosted.environment["GITHUB_SHA"] = merge = hosted.head()
    cloned(hosted, tmp_path / "clone", depth, merge)
    assert hosted.bot("pull_request", event).code == 1


def test_a_merge_of_other_commits_is_not_looked_at(hosted: Hosted) -> None:
    """What the runner names must have been made of this head."""
    hosted.branch()
    hosted.write(BROKEN)
    event = hosted.proposed("opened")
    hosted.repo.git("checkout", "-q", "main")
    for name in ("a", "b"):
        hosted.branch(name)
        hosted.put(name)
        hosted.repo.git("checkout", "-q", "main")
    hosted.repo.git("checkout", "-q", "--detach")
    hosted.repo.git("merge", "-q", "--no-ff", "-m", "a try", "a", "b")
    hosted.environment["GITHUB_SHA"] = hosted.head()
    assert hosted.bot("pull_request", event).code == 1


def test_a_submodule_in_the_place_of_the_folder(hosted: Hosted, tmp_path: Path) -> None:
    """It is a stranger's repository, with settings of its own, and has the very commits: it is not looked into."""
    in_ml(hosted)
    base = hosted.head("main")
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", str(hosted.repo.root), str(other)], check=True)
    hosted.repo.git("rm", "-rq", "ml")
    hosted.repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "ml")
    hosted.repo.commit()
    (hosted.repo.root / "ml" / "sameday.yaml").write_text("experiments: [none]\n")
    assert (hosted.repo.root / "ml" / ".git").exists()
    assert base in hosted.repo.git("-C", "ml", "log", "--format=%H", "--all")
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert "It removes sameday.yaml" in ran.summary, ran.out


def test_no_step_before_leaves_another_repository(hosted: Hosted, tmp_path: Path) -> None:
    """Variables of an earlier step, and a program in the checkout."""
    hosted.branch()
    hosted.write(BROKEN)
    event, mark = hosted.proposed("opened"), tmp_path / "mark"
    program(hosted.repo.root / "git", mark)
    hosted.environment |= {"GIT_DIR": str(tmp_path), "GIT_EXTERNAL_DIFF": str(hosted.repo.root / "git")}
    hosted.environment["PATH"] = f":{hosted.repo.root}:/usr/local/bin:/usr/bin:/bin"
    ran = hosted.bot("pull_request", event)
    assert not mark.exists()
    assert (ran.code, "[schema.unknown-key]" in ran.out) == (1, True), ran.out
