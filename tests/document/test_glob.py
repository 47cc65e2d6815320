"""Patterns over paths: which are refused, and that matching takes time in proportion, whatever a pattern says."""

from __future__ import annotations

import random
import re
import sys
from typing import Any

import pytest

from bot.document.glob import LENGTH, matching
from tests.conftest import Repo
from tests.fuzz import count

COUNT = count(3_000)
REFUSED = {
    "../x": "without a leading `/`, `.` or `..`",
    "/x/*.yaml": "without a leading `/`, `.` or `..`",
    "a/../../b": "without a leading `/`, `.` or `..`",
    "a/./b": "without a leading `/`, `.` or `..`",
    "code/": "it names files, as in `folder/**`",
    "a//b": "it names files, as in `folder/**`",
    "*.{yaml,yml}": "write a pattern for each case",
    "[a-z].yaml": "write a pattern for each case",
    "!a.yaml": "write a pattern for each case",
    "a\\\\b": "write a pattern for each case",
    "**.py": "`**` stands alone between two slashes",
    "a/b**/c": "`**` stands alone between two slashes",
    "": "it is empty, or holds a control character",
    "a\\0b": "it is empty, or holds a control character",
    "a\\nb": "it is empty, or holds a control character",
    "\\e[31m": "it is empty, or holds a control character",
}


@pytest.mark.slow
@pytest.mark.parametrize("glob", REFUSED)
def test_a_pattern_that_means_nothing_is_refused_where_it_stands(glob: str, repo: Repo) -> None:
    repo.write("experiments/a.yaml", f'name: a\njobs: [{{name: j, command: x}}]\nsources: ["{glob}"]\n')
    said = repo.sameday("check", "--offline")
    assert (said.code, said.err) == (1, "")
    assert "experiments/a.yaml:3:11: error [schema.wrong-value] sources.0 should be a pattern" in said.out
    assert REFUSED[glob] in said.out
    repo.write("sameday.yaml", f'experiments: ["{glob}"]\n')
    said = repo.sameday("check", "--offline")
    assert said.code == 2
    assert "sameday.yaml:1:15: error experiments.0 should be a pattern" in said.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("command", '  - {name: j, command: "a\\0b"}'),
        ("commands", '  - {name: j, commands: [a, "b\\x1b[31m"]}'),
        ("option", '  - {name: j, command: x, option: {repo: "a\\x07"}}'),
    ],
)
def test_words_for_programs_hold_no_control_character(key: str, line: str, repo: Repo) -> None:
    """A NUL would end in a traceback of whoever starts the job, of every release from then on."""
    repo.write("experiments/a.yaml", f"name: a\njobs:\n{line}\n")
    said = repo.sameday("check", "--offline")
    assert (said.code, said.err) == (1, "")
    assert f"{key}" in said.out
    assert "should hold no control character such as" in said.out
    repo.write("experiments/a.yaml", 'name: a\njobs:\n  - {name: j, command: "a\\n\\tb"}\n')
    assert repo.sameday("check", "--offline").code == 0


def model(glob: str, path: str) -> bool:
    """What a pattern means, without a thought for time."""
    if not glob:
        return not path
    if glob == "**":
        return bool(path)
    if glob.startswith("**/"):
        return any(model(glob[3:], path[at:]) for at in [0, *(m.end() for m in re.finditer("/", path))])
    if glob[0] == "*":
        stop = path.find("/") if "/" in path else len(path)
        return any(model(glob[1:], path[at:]) for at in range(stop + 1))
    return bool(path) and (path[0] == glob[0] or (glob[0] == "?" and path[0] != "/")) and model(glob[1:], path[1:])


def test_every_pattern_means_what_the_model_says() -> None:
    some = random.Random(7)
    found = 0
    for _ in range(COUNT):
        glob = "/".join("**" if some.random() < 0.3 else word(some, "ab*?.") for _ in range(some.randint(1, 4)))
        path = "/".join(word(some, "ab.") for _ in range(some.randint(1, 5)))
        if glob.startswith("./"):
            continue  # which is left out, so that it begins the next part
        wanted = model(glob, path)
        assert bool(matching([path], [glob])) == wanted, (glob, path)
        found += wanted
    assert found > COUNT / 20, "enough of them match"


def word(some: random.Random, letters: str) -> str:
    """A part of a path or of a pattern, in which no two stars stand together."""
    return re.sub(r"\*+", "*", "".join(some.choice(letters) for _ in range(some.randint(1, 4))))


WORST = {
    "stars": ("*a" * (LENGTH // 2 - 1) + "b", "a" * 4_000),
    "folders": ("**/a/" * (LENGTH // 5 - 1) + "b", "a/" * 2_000 + "a"),
    "both": ("**/*a*a/" * (LENGTH // 8 - 1) + "b", "aaaa/" * 800 + "a"),
    "questions": ("*?" * (LENGTH // 2 - 1) + "b", "a" * 4_000),
}


@pytest.mark.parametrize("name", WORST)
def test_no_pattern_takes_long(name: str) -> None:
    """Counted in lines of ours that are run, and the rest by the engine's own bound: atomic groups look once."""
    glob, path = WORST[name]
    lines = 0

    def count(frame: Any, event: str, value: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    path = path.replace("b", "a") + "c"
    ends, glob = glob, f"{glob[:-1]}c"  # so that it is not its end that tells
    assert ends != glob
    matching([path], [glob])  # which compiles it
    sys.settrace(count)
    try:
        matching([path], [glob])
    finally:
        sys.settrace(None)
    assert lines < 10 * path.count("/") * glob.count("/") + 40 * len(glob) + 200


def test_a_hundred_patterns_and_no_more(repo: Repo) -> None:
    many = ", ".join(f"x{i}/**" for i in range(101))
    repo.write("experiments/a.yaml", f"name: a\njobs: [{{name: j, command: x}}]\nsources: [{many}]\n")
    said = repo.sameday("check", "--offline")
    assert said.code == 1
    assert "experiments/a.yaml:3:1: error [schema.wrong-value] sources should have at most 100 entries" in said.out
    repo.write("experiments/a.yaml", f"name: a\njobs: [{{name: j, command: x}}]\nsources: [{'x' * 201}]\n")
    assert "experiments/a.yaml:3:11: error [schema.wrong-value] sources.0" in repo.sameday("check", "--offline").out
