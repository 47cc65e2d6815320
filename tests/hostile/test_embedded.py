"""`sameday check --base` in a checkout whose pull request brings repositories, attributes and a git of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.git import Git, nearest, outermost
from tests.conftest import SETTINGS, Repo, sameday
from tests.hostile.traps import ATTRIBUTES, DRIVERS, EMBEDDED, program, sprung, write

pytestmark = pytest.mark.slow

SOUND = "name: {}\njobs: [{{name: j, command: 'true'}}]\n"
BROKEN = "name: x\njobs: [{name: j, comand: 'true'}]\n"


@pytest.fixture
def proposed(repo: Repo) -> Repo:
    """A branch that adds an experiment with a fault."""
    repo.write("experiments/old.yaml", SOUND.format("old"))
    repo.commit()
    repo.git("branch", "-M", "main")
    repo.git("checkout", "-q", "-b", "change")
    repo.write("experiments/x.yaml", BROKEN)
    return repo


@pytest.mark.parametrize("name", EMBEDDED)
@pytest.mark.parametrize("words", [("check", "experiments"), ("check",), ("check", "experiments/x.yaml")])
def test_a_folder_that_looks_like_one(name: str, words: tuple[str, ...], proposed: Repo, tmp_path: Path) -> None:
    """It is a folder: nothing in it is run, and what it hides is found. It brings its own settings, too."""
    mark, folder = tmp_path / "mark", proposed.root / "experiments"
    EMBEDDED[name].lay(folder, program(proposed.root / "trap", mark))
    write(folder, {"sameday.yaml": "experiments: [none.yaml]\nrules: {schema.unknown-key: off}\n"})
    assert sprung(EMBEDDED[name], folder, mark)
    proposed.commit()
    assert not mark.exists()
    said = proposed.sameday(*words, "--offline", "--base", "main")
    assert not mark.exists()
    assert (said.code, "[schema.unknown-key]" in said.out) == (1, True), said
    if words == ("check", "experiments"):
        assert "experiments/sameday.yaml: is not in force, since" in said.err


def test_new_settings_below_are_an_error_by_themselves(proposed: Repo) -> None:
    proposed.write("experiments/x.yaml", SOUND.format("x"))
    proposed.write("experiments/below/sameday.yaml", "experiments: [none.yaml]\n")
    proposed.write("experiments/below/y.yaml", SOUND.format("y"))
    proposed.commit()
    said = proposed.sameday("check", "experiments/below/y.yaml", "--offline", "--base", "main")
    assert said.code == 2
    assert "experiments/below/sameday.yaml: is not in force" in said.err
    assert "1 experiment: passed" in said.out


def test_settings_that_moved_down_do_not_count(proposed: Repo) -> None:
    """The base has them above: those are in force, for all that it has below."""
    proposed.git("mv", "sameday.yaml", "experiments/sameday.yaml")
    proposed.commit()
    said = proposed.sameday("check", "experiments", "--offline", "--base", "main")
    assert said.code == 1
    assert "[schema.unknown-key]" in said.out


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_choose_no_driver_of_the_user(name: str, proposed: Repo, tmp_path: Path) -> None:
    """In files that were just written, so that git would look at them again."""
    mark, config = tmp_path / "mark", tmp_path / "gitconfig"
    config.write_text(DRIVERS.format(trap=program(tmp_path / "trap", mark)), encoding="utf-8")
    proposed.write("experiments/.gitattributes", ATTRIBUTES[name])
    proposed.write(".gitattributes", ATTRIBUTES[name])
    proposed.commit()
    proposed.write("experiments/old.yaml", SOUND.format("old"))
    os.utime(proposed.root / "experiments" / "old.yaml", (1, 1))
    env = {"GIT_CONFIG_GLOBAL": str(config)}
    said = sameday("check", "--offline", "--base", "main", cwd=proposed.root, env=env)
    assert not mark.exists()
    assert (said.code, "experiments/x.yaml:2:" in said.out) == (1, True), said
    said = sameday("release", "--experiment", "old", cwd=proposed.root, env=env)
    assert not mark.exists()
    assert "old" in said.out, said


ODD = """\
[color]
\tui = always
[log]
\tshowSignature = true
\tfollow = true
\tdate = relative
[diff]
\tnoprefix = true
\trenames = copies
\tcontext = 0
\trelative = true
\tsubmodule = log
\torderFile = /nowhere
[status]
\tshowUntrackedFiles = no
[core]
\tquotePath = true
\tabbrev = 4
\tignoreCase = true
[alias]
\tdiff = !false
\trev-parse = !false
[merge]
\trenames = false
[format]
\tpretty = fuller
[gpg]
\tprogram = /nowhere
[i18n]
\tlogOutputEncoding = latin1
"""


def test_no_configuration_of_the_user_changes_what_is_said(proposed: Repo, tmp_path: Path) -> None:
    """Colours, signatures, other forms of a difference, aliases: the verdict, the plan and the release are the same."""
    proposed.write("experiments/日本.yaml", SOUND.format("japan"))
    proposed.commit()
    proposed.write("experiments/untracked.yaml", SOUND.format("untracked"))
    config = tmp_path / "gitconfig"
    config.write_text(ODD, encoding="utf-8")
    for words in (["check", "--offline", "--base", "main"], ["plan", "--base", "main"], ["status"]):
        plain, odd = (
            sameday(*words, cwd=proposed.root, env={"GIT_CONFIG_GLOBAL": place}) for place in (os.devnull, str(config))
        )
        assert odd == plain, words


def test_a_committed_change_is_not_hidden_by_attributes(proposed: Repo) -> None:
    """`ident` makes one text of all that stands between two dollar signs."""
    proposed.write("experiments/old.yaml", "name: old # $Id$\njobs: [{name: j, command: 'true'}]\n")
    proposed.commit()
    proposed.git("branch", "-f", "main")
    text = "name: old # $Id: x\njobs: [{name: j, comand: 'true'}] # $\n".replace("\njobs", " $\njobs")
    proposed.write("experiments/old.yaml", text)
    proposed.commit()
    proposed.write(".gitattributes", "*.yaml ident\n")
    proposed.commit()
    said = proposed.sameday("check", "experiments/old.yaml", "--offline", "--base", "main")
    assert said.code == 1, said


def test_a_git_of_the_checkout_is_not_run(proposed: Repo, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    program(proposed.root / "git", mark)
    program(proposed.root / "bin" / "git", mark)
    proposed.commit()
    for path in (f":{os.environ['PATH']}", f".:{os.environ['PATH']}", f"{proposed.root / 'bin'}:{os.environ['PATH']}"):
        said = sameday("check", "--offline", "--base", "main", cwd=proposed.root, env={"PATH": path})
        assert not mark.exists()
        assert said.code == 1, said
    said = sameday("check", "--offline", "--base", "main", cwd=proposed.root, env={"PATH": f":{proposed.root / 'bin'}"})
    assert not mark.exists()
    assert (said.code, said.err) == (
        2, "sameday: git is not installed here, or only inside of the repository, whose own files are not run\n"
    )  # fmt: skip


@pytest.mark.parametrize("name", ["DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "COMMON_DIR", "NAMESPACE"])
def test_variables_that_mean_another_repository(name: str, proposed: Repo, tmp_path: Path) -> None:
    """As git sets them for a hook."""
    proposed.commit()
    said = sameday(
        "check", "--offline", "--base", "main", cwd=proposed.root, env={f"GIT_{name}": str(tmp_path / "other")}
    )
    assert (said.code, "experiments/x.yaml:2:" in said.out) == (1, True), said


def test_git_sees_no_secret_of_ours(proposed: Repo, tmp_path: Path) -> None:
    """A git that notes its environment takes the place of the true one, outside of the checkout."""
    proposed.commit()
    seen, real = tmp_path / "seen", os.environ["PATH"]
    place = tmp_path / "bin" / "git"
    place.parent.mkdir()
    place.write_text(f"#!/bin/sh\nenv >> '{seen}'\nPATH='{real}' exec git \"$@\"\n", encoding="utf-8")
    place.chmod(0o755)
    env = {"PATH": f"{place.parent}:{real}", "GITHUB_TOKEN": "ghs_x", "SERVING_DSN": "postgres://x"}
    said = sameday("check", "--offline", "--base", "main", cwd=proposed.root, env=env)
    assert said.code == 1, said
    assert "ghs_" not in seen.read_text()
    assert "postgres" not in seen.read_text()
    assert "GIT_CONFIG_COUNT" in seen.read_text()


def test_a_rehearsal_in_a_hook_leaves_the_repository_alone(proposed: Repo, tmp_path: Path) -> None:
    """In a linked working tree git tells its hooks where the repository is: that one is not what is recorded into."""
    proposed.write("experiments/x.yaml", SOUND.format("x"))
    proposed.commit()
    tree = tmp_path / "tree"
    proposed.git("worktree", "add", "-q", str(tree), "-b", "other")
    before = proposed.git("log", "--oneline", "--all")
    env = {"GIT_DIR": str(proposed.root / ".git" / "worktrees" / "tree"), "GIT_INDEX_FILE": str(tmp_path / "index")}
    said = sameday("rehearse", "experiments/x.yaml", cwd=tree, env=env)
    assert said.code == 0, said
    assert proposed.git("log", "--oneline", "--all") == before
    assert proposed.git("config", "core.bare") == "false\n"


def test_a_linked_working_tree_and_a_submodule_are_repositories(proposed: Repo, tmp_path: Path) -> None:
    proposed.commit()
    proposed.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    linked = Git(tmp_path / "tree", nearest(tmp_path / "tree"), os.environ)
    assert linked.commit() == proposed.git("rev-parse", "HEAD").strip()
    proposed.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(tmp_path / "tree"), "module")
    inside = proposed.root / "module"
    assert Git(inside, nearest(inside), os.environ).prefix() == ""
    assert outermost(inside, proposed.root) == proposed.root
    assert Git(inside, outermost(inside, proposed.root), os.environ).prefix() == "module/"


def test_a_file_that_names_a_folder_of_the_checkout(proposed: Repo, tmp_path: Path) -> None:
    mark, folder = tmp_path / "mark", proposed.root / "evil"
    EMBEDDED["fsmonitor"].lay(folder, program(tmp_path / "trap", mark))
    (proposed.root / "experiments" / ".git").write_text("gitdir: ../evil\n")
    inside = proposed.root / "experiments"
    with pytest.raises(UsageError, match="names a folder among the files of a repository"):
        Git(inside, nearest(inside), os.environ).commit()
    (proposed.root / "experiments" / ".git").write_text("gitdir: /nowhere\n")
    with pytest.raises(UsageError, match="names no repository"):
        Git(inside, nearest(inside), os.environ).commit()
    said = proposed.sameday("check", "experiments", "--offline", "--base", "main")
    assert (said.code, "experiments/x.yaml:2:" in said.out) == (1, True), said
    assert not mark.exists()


def test_a_repository_of_another_user_is_refused_by_git(proposed: Repo) -> None:
    """An explicit --git-dir would go past git's own look at who owns it."""
    proposed.commit()
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    for place in (proposed.root, proposed.root / ".git"):
        os.chown(place, 12345, 12345)
    said = sameday("check", "--offline", "--base", "main", cwd=proposed.root, env={"GIT_CONFIG_GLOBAL": os.devnull})
    assert said.code == 2
    assert "dubious ownership" in said.err


def test_nothing_to_check_is_no_verdict(repo: Repo) -> None:
    repo.git("branch", "-M", "main")
    said = repo.sameday("check", "--offline", "--base", "main")
    assert (said.code, said.out) == (0, "no experiment: nothing was checked\n")
    said = repo.sameday("check", "--offline")
    assert (said.code, said.out) == (0, "no experiment: nothing was checked\n")


def test_settings_that_are_there_at_the_base_only_below(repo: Repo) -> None:
    """Two folders with settings side by side are two roots."""
    repo.write("ml/sameday.yaml", SETTINGS)
    repo.write("ml/experiments/a.yaml", SOUND.format("a"))
    repo.commit()
    repo.git("branch", "-M", "main")
    repo.write("ml/experiments/a.yaml", BROKEN)
    repo.commit()
    said = repo.sameday("check", "ml/experiments", "--offline", "--base", "main~0")
    assert said.out == "no experiment: nothing was checked\n"
    said = repo.sameday("check", "ml/experiments", "--offline", "--base", "main~1")
    assert (said.code, said.err) == (1, "")
    assert "ml/experiments/a.yaml:2:" in said.out
