"""Whatever stands in a repository: a located finding or one line, the right exit code, never a traceback."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.experiment.files import FolderFiles
from bot.experiment.repository import Repository
from tests.conftest import Repo, Said

SOUND = b"name: sound\njobs: [{name: j, command: x}]\n"
ESCAPES = """\
name: "a\\e[31m\\a\\u202e"
owner: "@acme\\n::error::pwned"
jobs:
  - {name: "j\\e]8;;http://x\\a", command: "\\e[2J", "\\e[1mkey": 1, dependencies: ["\\e[31mgone"]}
option: {"\\e[31mrepo": "\\e[31mx"}
inputs: {"\\x9b31m": {table: "\\e[31m"}}
"""
LAUGHS = "\n".join(["b0: &b0 [x, x]", *(f"b{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 9)}]" for i in range(1, 10))])
LISTS = "name: []\njobs: {}\nserving: []\ninputs: x\noutputs: 1\nschedule: []\n"
NAMES = """\
name: x
jobs: [{name: [a], command: {b: c}, dependencies: [[d]]}]
outputs: {o: {job: [a], columns: {a: []}, key: [{}], partition: {column: []}}}
serving: {kind: {a: b}, arms: [{name: {}, output: []}], slots: {start: [], end: x}, period: {start: 1, end: []}}
"""
CHAIN = "name: chain\njobs:\n" + "".join(
    f"- {{name: j{i}, command: x, dependencies: [j{max(i - 1, 0)}]}}\n" for i in range(1, 5_001)
)

# Each file, and where something is found in it: line, column, rule.
FILES: dict[str, tuple[bytes, tuple[int, int, str]]] = {
    "empty": (b"", (1, 1, "schema.empty")),
    "blank": (b" \n\n", (1, 1, "schema.empty")),
    "binary": (bytes(range(256)) * 100, (2, 118, "schema.syntax")),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 1000, (1, 1, "schema.syntax")),
    "ten-megabytes": (b"name: x\n" + b"# words\n" * 1_310_720, (1, 1, "schema.too-large")),
    "one-long-line": (b"name: " + b"x" * 1_000_000, (1, 1, "schema.missing-key")),
    "brackets": (b"[" * 100_000, (1, 31, "schema.too-large")),
    "mappings": (b"{a: " * 100_000, (1, 121, "schema.too-large")),
    "indented": (b"".join(b" " * i + b"a:\n" for i in range(1_000)), (31, 31, "schema.too-large")),
    "laughs": (LAUGHS.encode(), (6, 50, "schema.too-large")),
    "tabs": (b"name: x\njobs:\n\t- a\n", (3, 1, "schema.syntax")),
    "two-documents": (SOUND + b"---\n" + SOUND, (3, 1, "schema.syntax")),
    "a-list": (b"- name: x\n", (1, 3, "schema.wrong-type")),
    "a-word": (b"word\n", (1, 1, "schema.wrong-type")),
    "all-null": (b"name:\njobs:\n", (1, 6, "schema.wrong-type")),
    "all-lists": (LISTS.encode(), (1, 7, "schema.wrong-type")),
    "lists-as-names": (NAMES.encode(), (2, 9, "schema.wrong-type")),
    "escapes": (ESCAPES.encode(), (1, 7, "schema.name")),
    "raw-escapes": (b"name: \x1b[31m\n", (1, 7, "schema.syntax")),
    "latin-1": ("name: é\n".encode("latin-1"), (1, 7, "schema.syntax")),
    "utf-16": ("name: x\n".encode("utf-16"), (1, 1, "schema.syntax")),
    "self": (b"name: self\njobs: [{name: j, command: x, dependencies: [j]}]\n", (2, 45, "dag.self")),
    "chain": (CHAIN.encode(), (3, 41, "dag.unknown-job")),
    "types": (
        b"name: types\njobs: [{name: j, command: x}]\noutputs: {o: {table: t, job: j, columns: {c: '"
        + b"STRUCT<a " * 50_000 + b"'}}}\n", (3, 46, "schema.wrong-value")),
}  # fmt: skip
HARMLESS = "\n"  # the only control character that may reach a terminal


@pytest.fixture
def hostile(repo: Repo) -> Repo:
    """A repository with all of them."""
    folder = repo.root / "experiments"
    folder.mkdir()
    for name, (content, _) in FILES.items():
        (folder / f"{name}.yaml").write_bytes(content)
    return repo


def test_every_file_is_told_where_it_is_wrong(hostile: Repo) -> None:
    started = time.monotonic()
    said = hostile.sameday("check", "--offline", "--format", "json")
    assert time.monotonic() - started < 60
    assert (said.code, said.err) == (1, "")
    found = {}
    for experiment in json.loads(said.out)["experiments"]:
        assert all(check["outcome"] != "errored" for check in experiment["checks"]), experiment["path"]
        findings = [(f["line"], f["column"], f["rule"]) for check in experiment["checks"] for f in check["findings"]]
        found[Path(experiment["path"]).stem] = findings[0]
    assert found == {name: place for name, (_, place) in FILES.items()}


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "markdown", "github"])
def test_nothing_hostile_reaches_a_terminal(hostile: Repo, form: str) -> None:
    (hostile.root / "experiments" / "\x1b[31mred\n::error::x.yaml").write_bytes(b"nmae: x\n")
    said = hostile.sameday("check", "--offline", "--format", form)
    assert (said.code, said.err) == (1, "")
    strange = {c for c in said.out if not c.isprintable()} - set(HARMLESS) - {"\u200b"}
    assert strange == set()
    assert "\n::error::pwned" not in said.out
    assert "\n::error::x" not in said.out


def test_names_that_are_taken(repo: Repo) -> None:
    repo.write("experiments/a.yaml", SOUND.decode())
    repo.write("experiments/b/c.yaml", "# again\n" + SOUND.decode())
    said = repo.sameday("check", "--offline")
    assert said.code == 1
    assert (
        "experiments/a.yaml:1:7: error [schema.duplicate-name] the name 'sound' is taken by experiments/b/c.yaml"
        in said.out
    )
    assert (
        "experiments/b/c.yaml:2:7: error [schema.duplicate-name] the name 'sound' is taken by experiments/a.yaml"
        in said.out
    )


HERE = "put the file itself here"


def test_links_and_folders_and_pipes(repo: Repo, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_bytes(SOUND)
    folder = repo.root / "experiments"
    folder.mkdir()
    (folder / "folder.yaml").mkdir()
    (folder / "out.yaml").symlink_to(outside)
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "gone.yaml").symlink_to("nowhere.yaml")
    os.mkfifo(folder / "pipe.yaml")
    said = repo.sameday("check", "--offline", "experiments", "experiments/loop.yaml")
    assert (said.code, said.err) == (1, "")
    assert [line for line in said.out.splitlines() if ": error [" in line] == [
        f"experiments/gone.yaml:1:1: error [schema.unreadable] cannot be read: this is a link to nowhere.yaml; {HERE}",
        f"experiments/loop.yaml:1:1: error [schema.unreadable] cannot be read: this is a link to loop.yaml; {HERE}",
        f"experiments/out.yaml:1:1: error [schema.unreadable] cannot be read: this is a link to {outside}; {HERE}",
        "experiments/pipe.yaml:1:1: error [schema.unreadable] cannot be read: this is no file",
    ]


@contextmanager
def nobody() -> Iterator[None]:
    """Root may read everything, so it is nobody for a moment."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_file_without_permission(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(SOUND)
    (tmp_path / "a.yaml").chmod(0)
    folder = FolderFiles(tmp_path)
    with nobody():
        (experiment,) = Repository.load(folder, [], ["a.yaml"]).experiments
    assert [(p.rule, p.message) for p in experiment.problems] == [("unreadable", "cannot be read: Permission denied")]


@pytest.mark.slow
def test_a_file_is_found_by_whatever_path_leads_to_it(repo: Repo, run: Callable[..., Said]) -> None:
    repo.write("experiments/a.yaml", SOUND.decode())
    for path in ("a.yaml", "./a.yaml", "../experiments/a.yaml", str(repo.root / "experiments" / "a.yaml"), ".", ".."):
        said = run("check", "--offline", path, cwd=repo.root / "experiments")
        assert (said.code, said.err) == (0, "")
        assert "1 experiment: passed" in said.out
