"""Wrong words on the command line: one line that says what to do, and exit code 2."""

from __future__ import annotations

from typing import Any

import pytest

SOUND = "name: sound\njobs: [{name: j, command: x}]\n"

WORDS = {
    ("check", "gone.yaml"): "gone.yaml: no such file or folder",
    ("check", "experiments/gone/x.yaml"): "experiments/gone/x.yaml: no such file or folder",
    ("check", "no\x1b[31mne\n"): "none : no such file or folder",
    ("check", "hollow"): "hollow: no experiment file (*.yaml) is in there",
    ("check", "/dev/null"): "/dev/null: is not below ",
    ("check", "--base", "nowhere"): "there is no commit 'nowhere' here",
    ("check", "--base=--output=x"): "there is no commit '--output=x' here",
    ("check", "--only", "nothing"): "there is no check 'nothing'; there are dag, flags, manifest, schema, sync, tables",
    ("plan", "--base", "nowhere"): "there is no commit 'nowhere' here",
    ("explain", "nothing"): "there is no rule 'nothing'; checks: dag, flags, manifest, schema, sync, tables",
    ("explain", "dag.nothing"): "there is no rule 'dag.nothing'",
    ("render", "gone.yaml"): "gone.yaml: no such file or folder",
    ("graph", "gone.yaml"): "gone.yaml: no such file or folder",
    ("render", "broken.yaml"): "broken.yaml:1:8: error this is not YAML",
    ("graph", "broken.yaml"): "broken.yaml:1:8: error this is not YAML",
    ("run", "nobody"): "there is no sound experiment 'nobody'",
    ("rollback", "nobody"): "",
}


@pytest.mark.parametrize(
    ("words", "start"), WORDS.items(), ids=[" ".join(words).encode("unicode_escape").decode() for words in WORDS]
)
def test_wrong_words(repo: Any, words: tuple[str, ...], start: str) -> None:
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
def test_words_that_mean_nothing(repo: Any, words: tuple[str, ...]) -> None:
    said = repo.sameday(*words)
    assert said.code == 2
    assert said.err.startswith("usage: sameday")
    assert "Traceback" not in said.err


def test_where_there_is_no_git_and_no_settings(run: Any, tmp_path: Any) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "a.yaml").write_text(SOUND)
    said = run("check", "--offline", cwd=tmp_path)
    assert (said.code, said.err) == (0, "")
    assert "1 experiment: passed" in said.out
    said = run("check", "--offline", "--base", "main", cwd=tmp_path)
    assert said.code == 2
    assert said.err.startswith("sameday: git rev-parse: fatal: not a git repository")
    assert said.err.count("\n") == 1
    for command in ("release", "status"):
        said = run(command, cwd=tmp_path)
        assert said.code == 2
        assert said.err.startswith("sameday: ")
        assert said.err.count("\n") == 1


def test_a_repository_without_commits(repo: Any) -> None:
    repo.git("checkout", "-q", "--orphan", "bare")
    repo.write("experiments/a.yaml", SOUND)
    said = repo.sameday("check", "--offline", "--base", "main")
    assert said.code == 2
    assert said.err.startswith("sameday: ")
    assert "Traceback" not in said.err
