"""Markdown is made of literals: no type checker tells a literal from another text, so this does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ESCAPE = ROOT / "bot" / "report" / "escape.py"
CODE = [path for folder in ("bot", "checks") for path in sorted((ROOT / folder).rglob("*.py")) if path != ESCAPE]
TEMPLATES = {"Markdown": (0,), "fill": (0,), "join": (1, 2), "count": (1,)}
"""What takes literals, and which of its arguments are."""


def literal(node: ast.expr) -> bool:
    """A literal, or one of two."""
    if isinstance(node, ast.IfExp):
        return literal(node.body) and literal(node.orelse)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def loose(source: str) -> Iterator[int]:
    """The lines where something else than a literal becomes Markdown."""
    tree = ast.parse(source)
    imports = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "bot.report.escape"
    ]
    taken = {alias.asname or alias.name: alias.name for node in imports for alias in node.names}
    yield from (node.lineno for node in imports for alias in node.names if alias.asname or alias.name.startswith("_"))
    called = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            of_ours = (
                name == "Markdown"
                or name in taken
                or (isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "escape")
            )
            if of_ours and name in TEMPLATES:
                called.add(id(node.func))
                given = [node.args[i] for i in TEMPLATES[name] if i < len(node.args)]
                if not all(map(literal, given)) or any(isinstance(a, ast.Starred) for a in node.args[:1]):
                    yield node.lineno
                if any(
                    keyword.arg in (None, "text", "template", "between", "end", "noun") for keyword in node.keywords
                ):
                    yield node.lineno
            if name == "cast" and any("Markdown" in ast.unparse(argument) for argument in node.args[:1]):
                yield node.lineno
        if isinstance(node, ast.ClassDef) and any("Markdown" in ast.unparse(base) for base in node.bases):
            yield node.lineno
        if isinstance(node, ast.Assign) and ast.unparse(node.value) in (
            "Markdown",
            "fill",
            "escape.Markdown",
            "escape.fill",
        ):
            yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr == "_made":
            yield node.lineno


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_markdown_is_made_of_literals(path: Path) -> None:
    assert list(loose(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "Markdown(text)", "Markdown(f'{text}')", "Markdown('a' + text)", "Markdown('a' if x else text)",
        "Markdown(*text)", "Markdown(text='a')", "fill(text)", "fill(f'{text}', 1)", "fill(*text)",
        "fill(template=text)", "join(parts, text)",
        "join(parts, between=text)", "count(1, text)", "cast(Markdown, text)",
        "escape.Markdown(text)", "escape.fill(text)",
        "M = Markdown", "class M(Markdown): ...", "escape._made(text)", "from bot.report.escape import _made",
        "from bot.report.escape import Markdown as M",
    ],
)  # fmt: skip
def test_what_would_make_markdown_of_other_text_is_found(line: str) -> None:
    assert list(
        loose(f"from bot.report import escape\nfrom bot.report.escape import Markdown, count, fill, join\n{line}")
    )


def test_lines_need_no_cleaning() -> None:
    """They clean themselves: who does so before believes that others must."""
    for path in CODE:
        if path.parts[-2:] not in (("report", "line.py"), ("report", "annotation.py")):
            assert "console(" not in path.read_text(encoding="utf-8"), path
