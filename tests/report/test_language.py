"""The frame in other languages: every form has one, nothing of it is left in English, and what is not ours stays."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.report import markdown
from bot.report.japanese import JAPANESE
from bot.report.language import LANGUAGES, japanese
from bot.report.markdown import comment
from bot.report.merge_plan import HEADLINES
from bot.report.page import LESS, Page
from bot.report.plan import COUNTED
from bot.report.release import Background, release_markdown
from bot.report.standing import NEXT, STANDINGS
from tests.report import values as v

HERE = Path(__file__).parent
REPORT = Path(markdown.__file__).parent
NAMED = {"say", "number"}


def said() -> Iterator[str]:
    """Every form that is said: in calls, and in the tables of what calls are given."""
    yield from (*HEADLINES, *COUNTED.values(), *NEXT.values(), *STANDINGS.values())
    for path in REPORT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in NAMED:
                for argument in node.args:
                    parts = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
                    yield from (one for part in parts if isinstance(one := getattr(part, "value", None), str))


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_every_form_has_its_japanese_and_nothing_else_has() -> None:
    assert set(said()) == set(JAPANESE)
    for form, words in JAPANESE.items():
        assert form.count("{}") == words.count("{}"), form
        assert re.findall(r"`[^`]+`|</?\w+>|[#*|]+", form) == re.findall(r"`[^`]+`|</?\w+>|[#*|]+", words), form


def test_a_comment_and_a_summary_in_japanese(golden: Any) -> None:
    page = Page(v.FAILED, v.PLANNED, v.REPOSITORY, v.COMMIT, say=japanese)
    golden(HERE / "golden" / "comment-failed-ja.md", comment(page))
    text = release_markdown(v.SUMMARY, about=Background({"als-v4": v.SEEN}, v.PROVEN, say=japanese))
    golden(HERE / "golden" / "release-ja.md", text)


def test_the_least_that_is_said_is_in_japanese_too() -> None:
    for report in (v.PASSED, v.FAILED, v.UNKNOWN_VERDICT):
        for detail in LESS:
            text = comment(Page(report, None, v.REPOSITORY, v.COMMIT, "the ledger is away", say=japanese), detail)
            first, _, rest = text.partition("\n")
            assert re.search(r"[ぁ-ん]", first)
            assert "次: " in rest
    assert set(LANGUAGES) == {"en", "ja"}
