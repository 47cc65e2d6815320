"""What commands keep of experiments between them: it makes them quick, and nobody can put anything into it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Repo

WORDS = ("check", "--base", "main", "--format", "json")
KEPT = ".git/sameday/experiments"
OUTPUT = "outputs: {{o: {{table: {}, job: j, columns: {{a: STRING}}}}}}\n"


def sound(name: str, more: str = "") -> str:
    """An experiment that every check passes."""
    return f"name: {name}\njobs: [{{name: j, command: 'true'}}]\n{more}"


@pytest.fixture
def many(repo: Repo) -> Repo:
    """A branch that changes one of thirty experiments, so that it takes another one's table."""
    for i in range(30):
        repo.write(f"experiments/e{i}.yaml", sound(f"e{i}", OUTPUT.format(f"main.t{i}")))
    repo.write("experiments/reader.yaml", sound("reader", "inputs: {i: {experiment: e3, output: o}}\n"))
    repo.commit()
    repo.git("checkout", "-q", "-b", "mine")
    repo.write("experiments/e3.yaml", sound("e3", OUTPUT.format("t7")))
    repo.commit()
    return repo


def test_with_it_and_without_it_the_report_is_the_same(many: Repo) -> None:
    first = many.sameday(*WORDS)
    assert (many.root / KEPT).exists()
    again = many.sameday(*WORDS)
    report = json.loads(first.out)
    assert [one["name"] for one in report["experiments"]] == ["e3", "reader"]
    assert "also written by e7" in first.out
    assert (first.code, first.out) == (again.code, again.out)
    assert many.git("status", "--porcelain") == ""


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"sameday experiments 0 0\n[]", b"x\n" * 100_000])
def test_whatever_stands_in_it_the_report_is_the_same(many: Repo, content: bytes) -> None:
    expected = many.sameday(*WORDS)
    (many.root / KEPT).write_bytes(content)
    said = many.sameday(*WORDS)
    assert (said.code, said.out, said.err) == (expected.code, expected.out, "")


def test_what_a_pull_request_commits_is_no_part_of_it(many: Repo) -> None:
    """It may commit any folder but git's own: neither the file itself nor one by that name elsewhere is read."""
    expected = many.sameday(*WORDS)
    lies = (many.root / KEPT).read_bytes().replace(b"main.t7", b"main.t9")
    (many.root / KEPT).unlink()
    for path in ("sameday/experiments", ".sameday/experiments", "experiments/.git/sameday/experiments"):
        (many.root / path).parent.mkdir(parents=True, exist_ok=True)
        (many.root / path).write_bytes(lies)
    said = many.sameday(*WORDS)
    assert (said.code, said.out) == (expected.code, expected.out)


def test_a_changed_experiment_is_read_whatever_is_kept_of_it(many: Repo) -> None:
    expected = many.sameday(*WORDS)
    file = many.root / KEPT
    blob = many.git("rev-parse", "HEAD:experiments/e3.yaml").strip()
    lie(file, blob, ["other", True, None, [], [], []])
    said = many.sameday(*WORDS)
    assert (said.code, said.out) == (expected.code, expected.out)
    assert blob in json.loads(file.read_bytes().partition(b"\n")[2])[2]  # it was written anew


def lie(file: Path, blob: str, record: list[object]) -> None:
    """Replace a record as somebody does who can write into git's folder."""
    from hashlib import sha256

    head, _, body = file.read_bytes().partition(b"\n")
    content = json.loads(body)
    content[2][blob] = record
    body = json.dumps(content).encode()
    file.write_bytes(head.rpartition(b" ")[0] + b" " + sha256(body).hexdigest().encode() + b"\n" + body)


@pytest.mark.slow
def test_two_commands_at_once(many: Repo) -> None:
    """Each writes the whole; none reads half of it."""
    expected = many.sameday(*WORDS).out
    shutil.rmtree(many.root / KEPT.rpartition("/")[0])
    command = [sys.executable, "-m", "bot", *WORDS]
    for _ in range(2):
        both = [
            subprocess.Popen(command, cwd=many.root, stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)})
            for _ in range(4)
        ]
        assert [one.communicate()[0].decode() for one in both] == [expected] * 4
    assert [path.name for path in (many.root / KEPT).parent.iterdir()] == ["experiments"]


def test_a_change_that_is_in_no_commit_yet_is_seen(many: Repo) -> None:
    many.sameday(*WORDS)
    many.write("experiments/e3.yaml", sound("e3", OUTPUT.format("t8")))
    assert "also written by e8" in many.sameday(*WORDS).out
    many.write("experiments/e7.yaml", sound("e7", "unknown: 1\n"))
    said = json.loads(many.sameday(*WORDS).out)
    assert [one["name"] for one in said["experiments"]] == ["e3", "e7", "reader"]


def test_a_named_file_is_compared_with_all_the_others(many: Repo) -> None:
    for _ in range(2):
        said = many.sameday("check", "experiments/e3.yaml")
        assert "also written by e7" in said.out


def test_outside_of_a_repository_nothing_is_kept(many: Repo, tmp_path: Path) -> None:
    folder = Repo(tmp_path / "folder")
    shutil.copytree(many.root, folder.root, ignore=shutil.ignore_patterns(".git"))
    assert "also written by e7" in folder.sameday("check", "experiments/e3.yaml").out
    assert sorted(path.name for path in folder.root.iterdir()) == [".gitignore", "experiments", "sameday.yaml"]
