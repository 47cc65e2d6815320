"""Markdown is made of literals: no type checker tells a literal from another text, so this does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.report.plan import ANEW, FIRST, RETIRING

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "bot" / "report"
GIVEN = (REPORT / "escape.py", REPORT / "language.py")  # which make Markdown of literals that others give them
CODE = [path for folder in ("bot", "checks") for path in sorted((ROOT / folder).rglob("*.py")) if path not in GIVEN]
TEMPLATES = {"Markdown": (0,), "fill": (0,), "join": (1, 2), "count": (1,), "number": (2, 3), "say": (0,)}
"""What takes literals, and which of its arguments are."""
TABLES = {"STANDINGS": "standing.py", "NEXT": "standing.py", "HEADLINES": "merge_plan.py"}
"""Tables that hold nothing but literals, and the modules of them."""


def literal(node: ast.expr) -> bool:
    """A literal, one of two, one of a table, or what stands for one in another language."""
    if isinstance(node, ast.IfExp):
        return literal(node.body) and literal(node.orelse)
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name == "say" and len(node.args) == 1 and literal(node.args[0])
    if isinstance(node, ast.Subscript):
        return getattr(node.value, "id", "") in TABLES
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
                name in ("Markdown", "number")
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
        "fill(say(text))", "fill(TEXTS[text])", "number(say, 1, text, 'a')",
        "M = Markdown", "class M(Markdown): ...", "escape._made(text)", "from bot.report.escape import _made",
        "from bot.report.escape import Markdown as M",
    ],
)  # fmt: skip
def test_what_would_make_markdown_of_other_text_is_found(line: str) -> None:
    assert list(
        loose(f"from bot.report import escape\nfrom bot.report.escape import Markdown, count, fill, join\n{line}")
    )


def constants(name: str, module: str) -> Iterator[ast.expr]:
    """The values of a table, as its module has them."""
    for node in ast.parse((REPORT / module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == name:
            assert isinstance(node.value, ast.Dict)
            yield from node.value.values


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_forms_hold_literals(name: str) -> None:
    found = list(constants(name, TABLES[name]))
    assert found
    assert all(literal(value) or getattr(value, "id", "") in ("FIRST", "ANEW", "RETIRING") for value in found)
    assert all(isinstance(node, str) for node in (FIRST, ANEW, RETIRING))


def test_lines_need_no_cleaning() -> None:
    """They clean themselves: who does so before believes that others must."""
    for path in CODE:
        if path.parts[-2:] not in (("report", "line.py"), ("report", "annotation.py")):
            assert "console(" not in path.read_text(encoding="utf-8"), path
