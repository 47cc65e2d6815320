"""Experiments are called by name or by file, whichever command it is; a word that is neither gets what is close."""

from __future__ import annotations

import pytest

from tests.conftest import Repo

SETTINGS = "engine: {kind: local}\nledger: {kind: sqlite}\n"


@pytest.fixture
def two(repo: Repo) -> Repo:
    """Two experiments, one in a folder below."""
    repo.write("sameday.yaml", SETTINGS)
    repo.write(".gitignore", ".sameday/\n")
    repo.commit()
    assert repo.sameday("release").code == 0, "what is there at the first release is taken as live"
    repo.write("experiments/ranking.yaml", "name: rerank\njobs: [{name: j, command: 'true'}]\n")
    repo.write("experiments/more/other.yaml", "name: other\njobs: [{name: j, command: 'true'}]\n")
    repo.commit()
    return repo


@pytest.mark.parametrize("word", ["./experiments/ranking.yaml", pytest.param("rerank", marks=pytest.mark.slow)])
def test_by_name_and_by_file(two: Repo, word: str) -> None:
    assert "1 experiment: passed" in two.sameday("check", "--offline", word).out
    assert "flowchart" in two.sameday("graph", word).out
    assert two.sameday("release").code == 0, word
    assert "rerank-" in two.sameday("run", word).out
    said = two.sameday("release", "--experiment", word)
    assert said.code == 0
    assert "other" not in said.out
    assert "rerank" in two.sameday("rollback", word).out, "by its file, too"


CLOSE = {
    "check rerenk": "rerenk: no such file, folder or experiment; did you mean 'rerank'?",
    "check experiments/rankin.yaml": "did you mean 'experiments/ranking.yaml'?",
    "graph othr": "did you mean 'other'?",
    "run rerenk": "no valid experiment 'rerenk'; did you mean 'rerank'?",
    "release --experiment rerenk": "no valid experiment 'rerenk'; did you mean 'rerank'?",
    "release --experiment x": "no valid experiment 'x'; `sameday check` shows all that there are",
    "rollback rerank": "rerank was never released here; `sameday status` shows what was",
}


def test_what_is_close(two: Repo) -> None:
    for words, wanted in CLOSE.items():
        said = two.sameday(*words.split())
        assert said.code == 2, words
        assert wanted in said.err, words


def test_in_the_file_s_order(two: Repo) -> None:
    """Whichever check says it."""
    two.write(
        "experiments/ranking.yaml",
        "name: rerank\nschedule: {cron: '0 4 * * *'}\njobs:\n  - {name: a, command: x, dependencies: [b]}\n"
        "  - {name: b, command: x, dependencies: [a]}\nsources: [nothing/*.py]\nfoo: 1\nowner: acme\n",
    )
    lines = [int(line.split(":")[1]) for line in two.sameday("check", "rerank").out.splitlines() if ": error" in line]
    assert lines == sorted(lines)
    assert len(lines) > 1


@pytest.mark.parametrize(
    ("glob", "close"),
    [
        ("Experiments/*.yaml", "did you mean 'experiments/*.yaml'?"),
        ("experiments", "did you mean 'experiments/**'?"),
        ("nowhere/*.yaml", "patterns start at its folder"),
    ],
)
def test_a_pattern_that_names_no_file_is_told(two: Repo, glob: str, close: str) -> None:
    """A verdict over nothing looks like a good one."""
    two.write("sameday.yaml", f"{SETTINGS}experiments: ['{glob}']\n")
    said = two.sameday("check", "--offline")
    assert said.err == f"sameday.yaml: warning: experiments.0 names no file: '{glob}'; {close}\n"
    assert said.out == "no experiment: nothing was checked\n"
    two.write("sameday.yaml", SETTINGS)
    assert two.sameday("check", "--offline").err == ""


def test_either_of_yamls_endings_is_enough(two: Repo) -> None:
    two.write("sameday.yaml", f"{SETTINGS}experiments: ['experiments/**/*.yaml', 'experiments/**/*.yml']\n")
    assert two.sameday("check", "--offline").err == ""
    two.write("sameday.yaml", f"{SETTINGS}experiments: ['nowhere/**/*.yaml', 'nowhere/**/*.yml']\n")
    assert len(two.sameday("check", "--offline").err.splitlines()) == 2
