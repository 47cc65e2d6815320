"""Wrong words on the command line: one line that says what to do, and exit code 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Repo, Said

SOUND = "name: sound\njobs: [{name: j, command: x}]\n"

WORDS = {
    ("check", "gone.yaml"): "gone.yaml: no such file, folder or experiment",
    ("check", "experiments/gone/x.yaml"): "experiments/gone/x.yaml: no such file, folder or experiment",
    ("check", "no\x1b[31mne\n"): "none : no such file, folder or experiment",
    ("check", "hollow"): "hollow: no experiment file (*.yaml) is in there",
    ("check", "/dev/null"): "/dev/null: is not below ",
    ("check", "--base", "nowhere"): "there is no commit 'nowhere' here",
    ("check", "--base=--output=x"): "there is no commit '--output=x' here",
    ("check", "--only", "nothing"): "there is no check 'nothing'; there are code, dag, dates, flags",
    ("plan", "--base", "nowhere"): "there is no commit 'nowhere' here",
    ("explain", "whatever"): "there is no rule 'whatever'; checks: code, dag, dates, flags, manifest, schema, sync",
    ("explain", "dag.nothing"): "there is no rule 'dag.nothing'",
    ("render", "gone.yaml"): "gone.yaml: no such file, folder or experiment",
    ("graph", "gone.yaml"): "gone.yaml: no such file, folder or experiment",
    ("render", "broken.yaml"): "broken.yaml:1:8: error this is not YAML",
    ("graph", "broken.yaml"): "broken.yaml:1:8: error this is not YAML",
    ("run", "nobody"): "no valid experiment 'nobody'",
    ("rollback", "nobody"): "",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "start"), WORDS.items(), ids=[" ".join(words).encode("unicode_escape").decode() for words in WORDS]
)
def test_wrong_words(repo: Repo, words: tuple[str, ...], start: str) -> None:
    repo.write("experiments/a.yaml", SOUND)
    repo.write("broken.yaml", "name: [\n")
    (repo.root / "hollow" / "empty.yaml").mkdir(parents=True)
    said = repo.sameday(*words)
    assert said.code == 2
    assert said.err.startswith("sameday: " + start)
    assert said.err.count("\n") == 1
    assert said.err[:-1].isprintable()
    assert "Traceback" not in said.out + said.err


@pytest.mark.parametrize("words", [(), ("chekc",), ("check", "--fromat", "json"), ("run", "a", "--date", "today")])
def test_words_that_mean_nothing(repo: Repo, words: tuple[str, ...]) -> None:
    said = repo.sameday(*words)
    assert said.code == 2
    assert said.err.startswith("usage: sameday")
    assert "Traceback" not in said.err


def test_where_there_is_no_git_and_no_settings(run: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "a.yaml").write_text(SOUND)
    said = run("check", "--offline", cwd=tmp_path)
    assert (said.code, said.err) == (0, "")
    assert "1 experiment: passed" in said.out
    said = run("check", "--offline", "--base", "main", cwd=tmp_path)
    assert said.code == 2
    assert said.err == "sameday: this is not a git repository, and none is above it\n"
    assert said.err.count("\n") == 1
    for command in ("release", "status"):
        said = run(command, cwd=tmp_path)
        assert said.code == 2
        assert said.err.startswith("sameday: ")
        assert said.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", ["plan", "status", "release"])
def test_a_file_where_a_folder_should_be(repo: Repo, command: str) -> None:
    """A backend that cannot be used is one line and exit code 3, in whatever way the machine says so."""
    repo.write("experiments/a.yaml", SOUND)
    repo.commit()
    repo.write(".sameday/ledger.sqlite/file", "")
    said = repo.sameday(command)
    assert said.code == 3
    assert said.err.count("\n") == 1
    repo.git("clean", "-fdxq", ".sameday")
    repo.write(".sameday", "")
    said = repo.sameday("release")
    assert (said.code, said.err.count("\n")) == (3, 1)
    assert "Traceback" not in said.err


def test_a_repository_without_commits(repo: Repo) -> None:
    repo.git("checkout", "-q", "--orphan", "bare")
    repo.write("experiments/a.yaml", SOUND)
    said = repo.sameday("check", "--offline", "--base", "main")
    assert said.code == 2
    assert said.err.startswith("sameday: ")
    assert "Traceback" not in said.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a: 1\n{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "skeleton:2:1: maximum recursion depth"),
        ("a: {{ 'a' * 10 ** 15 }}", "skeleton:1:1: this needs too much memory"),
        ("a: {{ nothing }}", "skeleton:1:1: 'nothing' is undefined"),
    ],
)
def test_a_skeleton_that_cannot_be_filled(repo: Repo, text: str, start: str) -> None:
    repo.write("experiments/a.yaml", SOUND)
    repo.write("skeleton", text)
    said = repo.sameday("render", "experiments/a.yaml", "--template", "skeleton")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("sameday: " + start)
    assert said.err.count("\n") == 1
