"""Examples with random damage: never an exception, never a check that crashes, every finding inside the file."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.check import Context
from bot.check.runner import run
from bot.document.read import read
from bot.experiment.load import Experiment, load
from bot.experiment.repository import Repository
from bot.finding import Finding
from bot.report.fixes import edited
from bot.settings import Settings
from checks import CHECKS
from tests.fuzz import drawn

ROOT = Path(__file__).parents[2]
FILES = [*ROOT.glob("examples/*/*.yaml"), *ROOT.glob("tests/checks/*/passes/*.yaml")]
TEXTS = sorted(path.read_text(encoding="utf-8") for path in FILES)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
OTHER = b"name: other\njobs: [{name: j, command: x}]\noutputs: {o: {table: t, job: j, columns: {a: STRING}}}\n"
SETTINGS = Settings.model_validate({"options": {"repo": ["examples"]}, "ignorable": ["flags.small-arm"]})

TOKENS = re.compile(r"[\w.@/$-]+|[^\w\s]|\s+")
WILD = [
    "", "null", "~", "[]", "{}", "[[]]", "{a: {b: c}}", "-1", "0", "1e400", "99999999999999999999", "0x1f", "1_000",
    "on", "true", "2026-02-30", "0 25 * * *",
    "@", "`", "%", "!x", "!!int", "&a", "*a", "<<", "<<: *a", "? ", "- ", ": ",
    ":", "#", "'", '"', "|", ">-", "[", "]", "{", "}", "{{", "}}", "\t", "\n", "\r", "\r\n", "\0", "\x1b[31m", "\u2028",
    "\x85", "\ufeff", "\ufffe", "é", "日本", "🚀", "---", "...", "x" * 3000, "STRUCT<a ", "ARRAY<" * 20, "name", "jobs",
    "other", "none",
]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WILD),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3),
    max_leaves=6,
)


@dataclass(frozen=True)
class Memory:
    """A tree of files that are nowhere else."""

    files: Mapping[str, bytes]

    def paths(self) -> Sequence[str]:
        return sorted(self.files)

    def read(self, path: str, limit: int) -> bytes:
        return self.files[path][:limit]


def examined(content: bytes) -> tuple[Experiment, list[Finding]]:
    """What all checks say of a file, offline; beside it is another experiment."""
    experiment, other = load("x.yaml", content), load("other.yaml", OTHER)
    repository = Repository((experiment, other), Memory({"x.yaml": content, "other.yaml": OTHER}))
    report = run(CHECKS, [experiment], Context(SETTINGS, repository, NOW, NOW))
    results = report.experiments[0].checks
    assert [result.reason for result in results if result.outcome == "errored"] == []
    assert experiment.parsed is not None or results[0].outcome == "failed"
    return experiment, report.findings


def hold(text: str) -> None:
    """What must be true of any file."""
    started = time.process_time()
    content = text.encode("utf-8", "surrogatepass")
    _, findings = examined(content)
    lines = text.removeprefix("\ufeff").split("\n")
    for finding in findings:
        for span in (finding.span, *(related.span for related in finding.related)):
            assert 1 <= span.line <= span.end_line <= len(lines)
            assert 1 <= span.column <= len(lines[span.line - 1]) + 1
            assert (span.line, span.column) <= (span.end_line, span.end_column)
            assert span.end_column <= len(lines[span.end_line - 1]) + 1
        assert len(finding.message) < 10_000
    fixes = {finding.fix for finding in findings if finding.fix is not None}
    if fixes:
        examined(edited(text.removeprefix("\ufeff"), fixes).encode())
    assert time.process_time() - started < 10


def damage(text: str, draw: Any) -> str:
    """The text with one thing wrong."""
    lines, tokens = text.split("\n"), TOKENS.findall(text)
    kind = draw(st.sampled_from(["delete", "double", "swap", "indent", "token", "token", "insert", "cut"]))
    i, j = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    if kind == "delete":
        del lines[i]
    elif kind == "double":
        lines.insert(j, lines[i])
    elif kind == "swap":
        lines[i], lines[j] = lines[j], lines[i]
    elif kind == "indent":
        lines[i] = draw(st.sampled_from([" ", "  ", "\t", "- "])) + lines[i]
    elif kind == "token" and tokens:
        tokens[draw(st.integers(0, len(tokens) - 1))] = draw(st.sampled_from(WILD))
        return "".join(tokens)
    else:
        at = draw(st.integers(0, len(text)))
        return text[:at] + (draw(st.sampled_from(WILD)) + text[at:] if kind == "insert" else "")
    return "\n".join(lines)


@given(st.data(), st.sampled_from(TEXTS), st.integers(1, 5))
@drawn(300)
def test_damaged_text(data: Any, text: str, times: int) -> None:
    for _ in range(times):
        text = damage(text, data.draw)
    hold(text)


def places(value: Any, route: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every route in nested values."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [route, *(place for key, below in items for place in places(below, (*route, key)))]


@given(st.data(), st.sampled_from([text for text in TEXTS if not read(text.encode()).faults]), st.integers(1, 4))
@drawn(300)
def test_wild_values(data: Any, text: str, times: int) -> None:
    """Well-formed files in which anything stands anywhere."""
    whole = {"root": read(text.encode()).data}
    for _ in range(times):
        *above, last = data.draw(st.sampled_from(places(whole)[1:]))
        parent: Any = whole
        for step in above:
            parent = parent[step]
        if data.draw(st.booleans()) or isinstance(parent, list):
            parent[last] = data.draw(VALUES)
        else:
            parent[data.draw(st.sampled_from(WILD))] = parent.pop(last)
        whole.setdefault("root", None)
    hold(json.dumps(whole["root"], indent=data.draw(st.sampled_from([None, 1]))))


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
@drawn(200)
def test_any_bytes(content: bytes) -> None:
    _, findings = examined(content)
    assert findings
