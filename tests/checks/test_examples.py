"""Every example says on its lines what is found there, and nothing else is found.

`# <- rule` marks a finding of the line it stands on, `# line N <- rule` one of a line that takes no comment. What
belongs to an example's repository stands in a folder of the example's name.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.report import manual
from checks import CHECKS
from tests.checks.conftest import Examine

HERE = Path(__file__).parent
BROKEN = HERE.parents[1] / "examples" / "broken"
MARK = re.compile(r"<- ([a-z-]+\.[a-z-]+)")
ELSEWHERE = re.compile(r"# line (\d+) <- ([a-z-]+\.[a-z-]+)")


def marks(text: str) -> list[tuple[int, str]]:
    """What should be found: line and rule."""
    elsewhere = [(int(line), rule) for line, rule in ELSEWHERE.findall(text)]
    here = ELSEWHERE.sub("", text).split("\n")
    return sorted(elsewhere + [(n, rule) for n, line in enumerate(here, 1) for rule in MARK.findall(line)])


def found(report: Any) -> list[tuple[int, str]]:
    """What is found: line and rule."""
    return sorted((finding.span.line, finding.rule) for finding in report.findings)


def files(path: Path) -> dict[str, bytes]:
    """An example, and the rest of its repository."""
    more = sorted(p for p in path.with_suffix("").rglob("*") if p.is_file())
    return {p.relative_to(path.parent).as_posix(): p.read_bytes() for p in [path, *more]}


def examples(kind: str) -> list[Any]:
    """The examples of all checks that pass, or that fail."""
    paths = sorted(HERE.glob(f"*/{kind}/*.yaml"))
    return [pytest.param(path, id=f"{path.parts[-3]}/{path.stem}") for path in paths]


@pytest.mark.parametrize("path", examples("fails"))
def test_fails(path: Path, examine: Examine) -> None:
    wanted = marks(path.read_text(encoding="utf-8"))
    assert wanted
    assert found(examine(files(path), path.parts[-3])) == wanted


@pytest.mark.parametrize("path", examples("passes"))
def test_passes(path: Path, examine: Examine) -> None:
    report = examine(files(path), path.parts[-3])
    assert found(report) == marks(path.read_text(encoding="utf-8"))
    assert [(result.outcome, result.reason) for result in report.experiments[0].checks] == [("passed", "")]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in sorted(BROKEN.glob("*.yaml"))])
def test_broken_examples(path: Path, examine: Examine) -> None:
    """All checks that need no backend say of it just what its name says."""
    wanted = marks(path.read_text(encoding="utf-8"))
    assert [rule for _, rule in wanted] == [path.stem]
    assert found(examine({"x.yaml": path.read_bytes()}, offline=True)) == wanted


SNIPPETS = [(name, kind, text) for name, check in CHECKS.items() for kind, text in manual.examples(check).items()]


@pytest.mark.parametrize(("name", "kind", "text"), SNIPPETS, ids=[f"{name}-{kind}" for name, kind, _ in SNIPPETS])
def test_manuals_do_not_lie(name: str, kind: str, text: str, examine: Examine) -> None:
    wanted = marks(text)
    assert bool(wanted) == (kind == "Fails")
    assert found(examine({"x.yaml": text.encode()}, name)) == wanted


def test_every_manual_shows_both() -> None:
    assert [(name, kind) for name, kind, _ in SNIPPETS] == [
        (name, kind) for name in CHECKS for kind in ("Passes", "Fails")
    ]
