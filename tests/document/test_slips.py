# ruff: noqa: RUF001
"""What people write that YAML does not take: named at its place, once, with a fix where it is certain."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from bot.experiment.load import Experiment, load
from bot.report.fixes import edited
from tests.conftest import EXAMPLES

HEAD = "name: a\njobs:\n  - name: j\n"
JOBS = "name: a\njobs: [{name: j, command: x}]\n"
COLON = "the character U+FF1A (fullwidth colon) is no `:`"
SPACES = "; YAML takes plain spaces only"

# The file, and of each finding: line, column, what it begins with, what the fix puts there.
Told = tuple[int, int, str, str | None]
SLIPS: dict[str, tuple[str, list[Told]]] = {
    "a full-width colon": ("name：a\njobs: [{name: j, command: x}]\n", [(1, 5, COLON, ": ")]),
    "only full-width colons": ("name：a\nowner：b\n", [(1, 5, COLON, ": "), (2, 6, COLON, ": ")]),
    "one before a mapping": (JOBS + "schedule：\n  cron: 0 4 * * *\n", [(3, 9, COLON, ":")]),
    "one deep inside": (HEAD + "    command：x\n", [(4, 12, COLON, ": ")]),
    "a full-width comma": (
        "name: a\njobs: [{name: j，command: x}]\n", [(2, 16, "the character U+FF0C (fullwidth comma)", ", ")]),
    "full-width spaces": (
        'name: x\njobs:\n　- {name: a, command: "true"}\n',
        [(3, 1, f"the character U+3000 (ideographic space) indents this line{SPACES}", " ")]),
    "no-break spaces": (
        "name: x\njobs:\n\xa0\xa0- {name: a, command: x}\n",
        [(3, 1, f"the character U+00A0 (no-break space) indents this line{SPACES}", "  ")]),
    "one after a colon": (
        "name:\xa0a\njobs: []\n", [(1, 6, f"the character U+00A0 (no-break space) stands here{SPACES}", " ")]),
    "tabs": (
        "name: a\njobs:\n\t- name: j\n\t  command: x\n",
        [(3, 1, f"a tab indents this line{SPACES}", None), (4, 1, f"a tab indents this line{SPACES}", None)]),
    "a schedule": (
        JOBS + "schedule:\n  cron: */5 * * * *\n", [(4, 9, "text that begins with `*` needs", '"*/5 * * * *"')]),
    "a schedule between braces": (
        JOBS + "schedule: {cron: * * * * *, timezone: UTC}\n",
        [(3, 18, "text that begins with `*` needs", '"* * * * *"')]),
    "an owner": (JOBS + "owner: @acme/reco\n", [(3, 8, "text that begins with `@` needs quotes", '"@acme/reco"')]),
    "a backtick": (JOBS + "owner: `x`\n", [(3, 8, "text that begins with a backtick needs quotes", '"`x`"')]),
    "a placeholder": (
        HEAD + "    command: {{ x }} --y  # z\n", [(4, 14, "text that begins with `{{` needs", '"{{ x }} --y"')]),
    "one between braces": (
        "name: a\njobs: [{name: j, command: {{ x }} }]\n",
        [(2, 27, "text that begins with `{{` needs", '"{{ x }}"')]),
    "a test of the shell": (
        HEAD + "    command: [ -f x ] && y\n", [(4, 14, "text that begins with `[` needs", '"[ -f x ] && y"')]),
    "a colon in text": (
        HEAD + "    command: x --cfg key: value\n",
        [(4, 14, "text with `: ` in it needs quotes", '"x --cfg key: value"')]),
    "quotes in quotes": (
        HEAD + '    command: "echo "hi""\n', [(4, 14, "the text goes on after its closing quote", None)]),
    "an open quote": (
        'name: "a\njobs: [{name: j, command: x}]\nowner: "@a"\n', [(1, 7, 'the quote `"` is not closed', None)]),
    "an open bracket": (
        'name: a\njobs: [{name: j, command: x}\nowner: "@a"\n', [(2, 7, "the `[` here is not closed", None)]),
    "a line too far right": (
        HEAD + "     command: x\n", [(4, 6, "this line is indented by 5 spaces, which fits no line above", None)]),
    "a line too far left": (HEAD + "   command: x\n", [(4, 4, "this line is indented by 3 spaces", None)]),
    "a colon without a space": (HEAD.replace(": j", ":j") + "    command: x\n", [
        (3, 9, "a space is missing after `:`", ": ")]),
    "the same between braces": ("name: a\njobs:\n- {name:j,command:x}\n", [
        (3, 8, "a space is missing after `:`", ": "), (3, 18, "a space is missing after `:`", ": ")]),
    "a dash without a space": ("name: a\njobs:\n  -name: j\n   command: x\n", [
        (3, 3, "a space is missing after `-`", None)]),
    "a block of text": (HEAD + "    command: |\n    echo hi\n", [
        (5, 5, "the text after `|` or `>` in line 4 must be indented", None)]),
    "a merge conflict": ("name: a\n<<<<<<< HEAD\njobs: []\n=======\njobs: [1]\n>>>>>>> x\n", [
        (2, 1, "a merge conflict is left in the file", None)]),
    "a template": ("{{- if .Values.x }}\nname: a\n{{- end }}\n", [
        (1, 1, "this is a template, which becomes YAML when it is rendered", None)]),
    "several": (JOBS + "owner: @b\nschedule: {cron: */5 * * * *}\n", [
        (3, 8, "text that begins with `@`", '"@b"'), (4, 18, "text that begins with `*`", '"*/5 * * * *"')]),
    "two in a line": ("name: a\njobs: [{name： j， command: x}]\n", [
        (2, 13, COLON, ": "), (2, 16, "the character U+FF0C", ", ")]),
}  # fmt: skip


def told(experiment: Experiment) -> list[Told]:
    """Every problem as the tables have them."""
    found = []
    for problem in experiment.problems:
        span = experiment.tree.span(problem.route, problem.on)
        fix = experiment.tree.edit(problem.route, problem.replace, problem.on) if problem.replace is not None else None
        found.append((span.line, span.column, problem.message, fix.text if fix else None))
    return found


def mended(text: str) -> str:
    """The text with all certain fixes made."""
    experiment = load("x.yaml", text.encode())
    edits = [experiment.tree.edit(p.route, p.replace, p.on) for p in experiment.problems if p.replace is not None]
    return edited(text, [edit for edit in edits if edit])


@pytest.mark.parametrize(("text", "wanted"), SLIPS.values(), ids=SLIPS)
def test_slip(text: str, wanted: list[Told]) -> None:
    found = told(load("x.yaml", text.encode()))
    assert [(line, column, fix) for line, column, _, fix in found] == [(a, b, fix) for a, b, _, fix in wanted]
    for (_, _, message, _), (_, _, words, _) in zip(found, wanted, strict=True):
        assert message.startswith(words)


CERTAIN = [text for text, wanted in SLIPS.values() if all(fix for *_, fix in wanted)]


@pytest.mark.parametrize("text", CERTAIN)
def test_a_certain_fix_leaves_a_text_that_can_be_read(text: str) -> None:
    after = mended(text)
    assert after != text
    assert "syntax" not in {problem.rule for problem in load("x.yaml", after.encode()).problems}


EXAMPLE = (EXAMPLES / "experiments" / "next-locale.yaml").read_text(encoding="utf-8")
KEYS = [n for n, line in enumerate(EXAMPLE.split("\n")) if re.match(r"\s*(- )?\w+:( |$)", line)]
INTO: dict[str, Callable[[str], str]] = {
    "full-width": lambda line: line.replace(":", "：", 1),
    "no-break": lambda line: re.sub(r": (?=\S)", ":\xa0", line, count=1),
    "tight": lambda line: re.sub(r": (?=[a-z])", ":", line, count=1),
    "indent": lambda line: re.sub(r"^( +)", lambda indent: "\xa0" * len(indent[1]), line),
}


LINES = EXAMPLE.split("\n")
PLACES = [(kind, n) for kind, slip in INTO.items() for n in KEYS if slip(LINES[n]) != LINES[n]]


@pytest.mark.parametrize(("kind", "n"), PLACES)
def test_every_line_of_the_example(kind: str, n: int) -> None:
    """One slip in a sound file is one finding on its line, and its fix gives back what the file said."""
    lines, line = LINES, INTO[kind](LINES[n])
    text = "\n".join([*lines[:n], line, *lines[n + 1 :]])
    experiment = load("x.yaml", text.encode())
    assert [line for line, *_ in told(experiment)] == [n + 1]
    assert load("x.yaml", mended(text).encode()).parsed == load("x.yaml", EXAMPLE.encode()).parsed


@pytest.mark.slow
def test_long_files_are_told_without_trials() -> None:
    """Reading ends somewhere in a large file: that takes no longer than reading it a few times."""
    text = "".join(f"k{i}: {{a: 1, b: [x, y]}}\n" for i in range(20_000)) + "owner: @a\n"
    started = time.process_time()
    problem = load("x.yaml", text.encode()).problems[0]
    assert time.process_time() - started < 20
    assert problem.message.startswith(("text that begins", "this is not YAML"))


ONE: dict[str, tuple[str, Any]] = {
    "a job's command": ("name: a\njobs: [{name: j, comand: x}]\n", [(2, 18, "command")]),
    "all jobs": (
        "name: a\njob: [{name: j, command: x}]\noutputs:\n  o: {table: t, job: j, columns: {a: STRING}}\n",
        [(2, 1, "jobs")]),
    "and what is wrong below it": (
        "name: a\njob: [{name: j, comand: x, dependencies: [i]}]\noutputs:\n"
        "  o: {table: t, job: k, columns: {a: STRIN}}\n",
        [(2, 1, "jobs"), (2, 17, "command"), (4, 22, "j"), (4, 38, "STRING")]),
    "a type with a comma": (
        JOBS + "outputs: {o: {table: t, job: j, columns: {p: NUMERIC(10,2), c: STRING}}}\n",
        [(3, 46, '"NUMERIC(10, 2)"')]),
    "a struct": (
        JOBS + "outputs: {o: {table: t, job: j, columns: {p: STRUCT<a INT64, b STRING>, c: STRING}}}\n",
        [(3, 46, '"STRUCT<a INT64, b STRING>"')]),
    "a tag": ("name: a\njobs: [{name: j, command: !x }]\n", [(2, 27, None)]),
    "a key of another language": (
        "name: a\njobs: [{name: j, command: x}, {name: k, command: x, depends_on: [j]}]\n", [(2, 53, "dependencies")]),
    "both spellings": ("name: a\njobs: [{name: j, command: x, comand: x}]\n", [(2, 30, "command")]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), ONE.values(), ids=ONE)
def test_one_mistake_is_one_finding(text: str, wanted: list[tuple[int, int, str | None]]) -> None:
    found = told(load("x.yaml", text.encode()))
    assert sorted((line, column, fix) for line, column, _, fix in found) == wanted


def test_a_slip_around_another_one_is_told_once_that_is_mended() -> None:
    """Its words would be those of the edit that was tried."""
    line = "  arms: [{name: a, table: b}, {name: c, table: reco.v4}]period: {start: 2036-12-01, weeks: 3}"
    experiment = load("x.yaml", f"name: a\nserving:\n{line}\n".encode())
    spans = [experiment.tree.span(problem.route, problem.on) for problem in experiment.problems]
    assert spans
    assert all(span.end_column <= len(line) + 1 for span in spans)
