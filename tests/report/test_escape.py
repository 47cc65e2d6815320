"""Text from outside does nothing in Markdown, a terminal or a workflow's log, whatever it is."""

from __future__ import annotations

import re

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from bot.report.escape import Markdown, clean, code, cut, fence, fill, prose
from tests.fuzz import drawn

EXTENSIONS = ["table", "strikethrough", "autolink", "tagfilter", "tasklist"]
HOSTILE = [
    "@everyone", "@acme/reco", "ping me@example.com", "#12", "GH-12", "acme/reco#12", "www.example.com", "http://x.y",
    "https://x.y/z?a=b", "![beacon](https://x.y/a.png)", "<img src=x onerror=y>", "</code><script>", "a | b", "`x | y`",
    "**bold** _it_ ~~s~~", "a\n\n# head", "```\nout\n```", "</details>", "&lt;b&gt;", "[x](javascript:1)",
    "<!-- c -->", ":smile:", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "a\u202eb", "--- \n---",
    "1. x", "- x", "\\", "ftp://x.y", "x:y",
    "mailto:a@b.c", "xmpp:a@b.c", "=\n=", "| a |\n|---|",
]  # fmt: skip


def rendered(markdown: str) -> str:
    """What GitHub's own renderer makes of it."""
    return str(cmarkgfm.markdown_to_html_with_extensions(markdown, Options.CMARK_OPT_UNSAFE, EXTENSIONS))


def check(html: str, columns: int) -> None:
    """One row of the asked number of cells, and not one tag that is not ours."""
    assert html.count("<td>") == columns
    assert set(re.findall(r"</?([a-zA-Z]+)", html)) <= {"table", "thead", "tbody", "tr", "th", "td", "code", "p"}
    # GitHub's mentions and references are found in the rendered text, outside of code.
    words = re.sub(r"<code>.*?</code>", "", html)
    assert not re.search(r"@\w|(?<![\w&])#\d|\bGH-\d|www\.|://", words)


def table(cell: str) -> str:
    return fill("| a | b |\n|---|---|\n| {} | end |", Markdown(cell))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("safe", [code, prose], ids=["code", "prose"])
def test_hostile_text_does_nothing(text: str, safe: object) -> None:
    check(rendered(table(safe(text))), 2)  # type: ignore[operator]


@drawn(100)
@given(st.text(alphabet=st.characters() | st.sampled_from("@#|`<>[]()!*_~:/.\\&w\n\x1b"), max_size=60))
def test_no_text_at_all_does_anything(text: str) -> None:
    check(rendered(table(code(text))), 2)
    check(rendered(table(prose(text))), 2)


@drawn(100)
@given(st.text(alphabet="`~ \nab", max_size=80))
def test_no_text_closes_a_fence(text: str) -> None:
    html = rendered(fence(text, "text") + "\n\nafter")
    assert html.endswith("<p>after</p>\n")
    assert html.count("<pre") == 1


def test_fill_escapes_what_is_not_markdown() -> None:
    assert fill("**{}** of {}", "a*b", 3) == "**<code>a&#42;b</code>** of 3"
    assert fill("{}", Markdown("*ours*")) == "*ours*"


def test_clean_leaves_what_can_be_read() -> None:
    assert clean("naïve 日本語 🚀\tx") == "naïve 日本語 🚀 x"
    assert clean("\x1b[1;31mred\x1b[0m\x00\u200b") == "red"
    assert clean("a\nb", keep="\n") == "a\nb"


def test_cut_says_that_it_cut() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"


def test_readable_words_stay_as_they_are() -> None:
    assert prose("sync scores to serving (12.5%), 2026-11-30") == "sync scores to serving (12.5%), 2026-11-30"
