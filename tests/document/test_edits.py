"""A fix, applied to the file, leaves a file without that finding and changes nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.document.read import read
from tests.conftest import Repo

JOBS = "name: job\njobs:\n"
OUTPUT = "outputs:\n  scores: {table: t, job: a, columns: {user: STRING, dt: DATE}, key: [@]}\n"
# The file with a place for the fault, what stands there, what the fix puts there.
FIXES = {
    "a key": (JOBS + "- {name: a, @: x}\n", "comand", "command"),
    "on the first line": ("{name: first, jobs: [{name: a, @: x}]}\n", "comand", "command"),
    "a quoted key": (JOBS + "- {name: a, @: x}\n", "'comand'", "'command'"),
    "a key in double quotes": (JOBS + "- {name: a, @: x}\n", '"comand"', '"command"'),
    "after wide characters": (JOBS + "- {name: a, option: {t: 日本語🚀}, @: x}\n", "comand", "command"),
    "two on one line": (
        JOBS + "- {name: a, @: []}\n", "comand: x, dependancies", "command: x, dependencies"
    ),
    "a reference": (JOBS + "- {name: a, command: x}\n" + OUTPUT, "usr", "user"),
    "a value": (
        JOBS + "- {name: a, command: x}\nserving: {kind: @, arm: {name: b, table: t}}\n", '"al"', '"all"'
    ),
    "a job": (
        JOBS + "- {name: extract, command: x}\n- {name: b, command: x, dependencies: [@]}\n", "extarct", "extract"
    ),
    "through an alias": (
        JOBS + "- &a {name: a, command: x, @: 1h}\n- {<<: *a, name: b}\n", "timout", "timeout"
    ),
}  # fmt: skip
FORMS = {"plain": ("", "\n"), "CRLF": ("", "\r\n"), "byte order mark": ("\ufeff", "\n")}


@pytest.mark.parametrize(("mark", "ending"), FORMS.values(), ids=FORMS)
def test_fix(repo: Repo, mark: str, ending: str) -> None:
    """All files in one command; byte order marks and line endings stay as they are."""
    files = {Path(repo.root, f"experiments/{i}.yaml"): fix for i, fix in enumerate(FIXES.values())}

    def content(place: Path, text: str, word: str) -> bytes:
        text = text.replace("name: job\n", f"name: job-{place.stem}\n").replace("@", word)
        return (mark + text.replace("\n", ending)).encode()

    Path(repo.root, "experiments").mkdir()
    for place, (text, wrong, _) in files.items():
        place.write_bytes(content(place, text, wrong))
    said = repo.sameday("check", "--offline", "--fix")
    assert said.code == 0
    assert said.err.splitlines()[-1].endswith(" corrections; what is left:")
    for place, (text, _, right) in files.items():
        assert place.read_bytes() == content(place, text, right)


UNSAFE = {
    "alias": "*a",
    "anchor": "&a x",
    "block": "|\n    x\n",
    "folded": ">-\n    x\n",
    "list": "[x]",
    "map": "{x: 1}",
}


@pytest.mark.parametrize("value", UNSAFE.values(), ids=UNSAFE)
def test_what_cannot_be_replaced_safely_is_left_alone(value: str) -> None:
    """To replace an anchored value would take its anchor away from those who use it."""
    tree = read(f"before: &a y\nvalue: {value}".encode())
    assert not tree.faults
    assert tree.edit(("value",), "new") is None


def test_what_is_not_written_cannot_be_replaced() -> None:
    assert read(b"a: 1").edit(("b",), "new") is None
    assert read(b"").edit(("b",), "new") is None


SLIPS = "name: zz\njob: [{name: j, comand: x, timeout: 10min}]\nschedule: {cron: */5 * * * *, timezone: Tokyo}\n"
MENDED = (
    'name: zz\njobs: [{name: j, command: x, timeout: "10m"}]\nschedule: {cron: "*/5 * * * *", timezone: Asia/Tokyo}\n'
)


@pytest.mark.parametrize("words", [(), ("experiments/zz.yaml",), ("zz",)])
def test_fixes_are_told(repo: Repo, words: tuple[str, ...]) -> None:
    """Each correction and how many there were, round by round; what is left is the report."""
    repo.write("experiments/zz.yaml", SLIPS if words != ("zz",) else SLIPS.replace("*/5 * * * *", '"*/5 * * * *"'))
    said = repo.sameday("check", "--offline", "--fix", *words)
    assert (repo.root / "experiments" / "zz.yaml").read_text(encoding="utf-8") == MENDED
    assert "fixed experiments/zz.yaml:2:1: unknown key 'job': now jobs\n" in said.err
    assert "what is left:\n" in said.err
    assert "1 experiment: passed" in said.out
    assert repo.sameday("check", "--offline", "--fix", *words).err == ""


def test_a_diff_changes_nothing(repo: Repo) -> None:
    text = SLIPS.replace("*/5 * * * *", '"*/5 * * * *"')
    repo.write("experiments/zz.yaml", text)
    said = repo.sameday("check", "--offline", "--diff")
    assert said.code == 1
    assert said.out.splitlines()[:2] == ["--- experiments/zz.yaml", "+++ experiments/zz.yaml"]
    assert [line for line in said.out.splitlines()[3:] if line[0] in "+-"] == [
        "-job: [{name: j, comand: x, timeout: 10min}]",
        '-schedule: {cron: "*/5 * * * *", timezone: Tokyo}',
        '+jobs: [{name: j, command: x, timeout: "10m"}]',
        '+schedule: {cron: "*/5 * * * *", timezone: Asia/Tokyo}',
    ]
    assert (repo.root / "experiments" / "zz.yaml").read_text(encoding="utf-8") == text
