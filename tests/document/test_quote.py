"""Whatever text is put into a file by a fix is read back as that very text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.document.read import read
from bot.document.tree import quote
from tests.fuzz import drawn

STYLES = ["", "'", '"']
AWKWARD = st.sampled_from([
    "", " ", "null", "Yes", "~", "1.10", "012", "a: b", "a #b", "- a", "---", "...", "*a", "&a", "!a", "%a", "@a", "`",
    "a'b", 'a"b', "a\\b", "a\nb", "\t", "\r", "\0", "\x1b[31m", "\x85", "\u2028", "\u3000", "\ufeff", "\uffff", "🚀",
    "é", "{a}", "[a]", "a,b", "?", "<<", "=", "x" * 3000, "a ", " a", "a:", "\U000e0001",
])  # fmt: skip
TEXT = st.text() | AWKWARD | st.builds("".join, st.lists(AWKWARD | st.text(max_size=3), max_size=4))


@given(TEXT, st.sampled_from(STYLES))
@drawn(400)
def test_round_trip(text: str, style: str) -> None:
    quoted = quote(text, style)
    tree = read(f"before: 1\nblock: {quoted}\nflow: [{quoted}, {{a: {quoted}}}]\nafter: 2\n".encode())
    assert tree.faults == []
    assert tree.data == {"before": 1, "block": text, "flow": [text, {"a": text}], "after": 2}


@given(st.text(min_size=1, max_size=40) | AWKWARD.filter(lambda text: len(text) < 100), st.sampled_from(STYLES))
@drawn(200)
def test_round_trip_as_a_key(text: str, style: str) -> None:
    tree = read(f"a: {{{quote(text, style)}: 1}}\n".encode())
    assert (tree.faults, tree.data) == ([], {"a": {text: 1}}) or text == "<<"


@pytest.mark.parametrize(
    ("text", "style", "quoted"),
    [
        ("dependencies", "", "dependencies"),
        ("reco.als_v4", "", "reco.als_v4"),
        ("ab", "'", "'ab'"),
        ("ab", '"', '"ab"'),
        ("it's", "'", "'it''s'"),
        ("on", "", '"on"'),
        ("1.10", "", '"1.10"'),
        ("a: b", "", '"a: b"'),
        ("a\nb", "'", '"a\\U0000000ab"'),
    ],
)
def test_it_is_quoted_only_as_much_as_it_must_be(text: str, style: str, quoted: str) -> None:
    assert quote(text, style) == quoted
