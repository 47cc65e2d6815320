"""What is wrong with the text itself: each fault with its rule, its words, its place, in bounded time."""

from __future__ import annotations

import time

import pytest

from bot.document.read import MAX_BYTES, read
from bot.document.tree import Tree
from bot.finding import Span


def laughs(levels: int, each: int = 9) -> str:
    """Lists of aliases of lists of aliases."""
    lines = ["a0: &a0 [x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * each)}]" for i in range(1, levels)]
    return "\n".join(lines)


FAULTS = {
    "two documents": ("name: a\n---\nname: b\n", "syntax", 2, 1, "a second document starts here"),
    "a document after its end": ("a: 1\n...\nb: 2\n", "syntax", 3, 1, "did not find expected <document start>"),
    "a tab as indentation": ("a:\n\tb: 1\n", "syntax", 2, 1, "a tab indents this line"),
    "an open bracket": ("a: [1, 2\nb: 3\n", "syntax", 1, 4, "the `[` here is not closed"),
    "an open quote": ('a: "x\n', "syntax", 1, 4, "is not closed in this line"),
    "two colons": ("a: b: c\n", "syntax", 1, 4, "text with `: ` in it needs quotes"),
    "an alias of nothing": ("a: 1\nb: *c\n", "syntax", 2, 4, "the alias *c is not defined above"),
    "an alias of itself": ("a: &a [*a]\n", "syntax", 1, 8, "the alias *a stands inside itself"),
    "NUL": ("a: é\nb: x\0y\n", "syntax", 2, 5, "the character U+0000 may not stand in YAML"),
    "an escape sequence": ("a: é \x1b[31m\n", "syntax", 1, 6, "the character U+001B may not stand in YAML"),
    "a line break of YAML 1.1 only": ("a: x\u2028b: y\n", "syntax", 1, 5, "the character U+2028"),
    "NEL": ("# x\u0085a: 1\n", "syntax", 1, 4, "the character U+0085"),
    "a lone carriage return": ("a: 1\rb: 2\n", "syntax", 1, 5, "the character U+000D"),
    "a mark in the middle": ("a: \ufeffx\n", "syntax", 1, 4, "the character U+FEFF"),
    "no character": ("a: \uffff\n", "syntax", 1, 4, "the character U+FFFF"),
    "a tag": ("a: 1\nb: !env TEAM\n", "tag", 2, 4, "the tag !env is not allowed"),
    "a python tag": ("b: !!python/object/apply:os.system [x]\n", "tag", 1, 4, "python/object/apply:os.system"),
    "a standard tag": ("b: !!str 1\n", "tag", 1, 4, "the tag tag:yaml.org,2002:str is not allowed"),
    "a tag on a mapping": ("a: !x {b: 1}\n", "tag", 1, 4, "the tag !x is not allowed"),
    "a list as key": ("? [a]\n: 1\n", "wrong-type", 1, 3, "a key must be text"),
    "a mapping as key": ("{a: 1}: 1\n", "wrong-type", 1, 1, "a key must be text"),
    "an alias of a list as key": ("a: &l [1]\n*l : 1\n", "wrong-type", 2, 1, "a key must be text"),
    "a long key": (f"a: &a {'x' * 1_025}\nb: {{*a : 1}}\n", "too-large", 2, 5, "a key has at most 1,024 characters"),
    "a merge of text": ("a: {<<: x}\n", "wrong-type", 1, 9, "'<<' merges mappings only"),
    "a merge of a list of text": ("a: {<<: [x]}\n", "wrong-type", 1, 9, "'<<' merges mappings only"),
    "100,000 brackets": ("a: " + "[" * 100_000, "too-large", 1, 33, "nested deeper than 30 levels"),
    "100,000 mappings": ("{a: " * 100_000, "too-large", 1, 121, "nested deeper than 30 levels"),
    "100,000 dashes": ("- " * 100_000, "too-large", 1, 61, "nested deeper than 30 levels"),
    "billion laughs": (laughs(10), "too-large", 7, 0, "aliases followed, the file holds more than 200,000 values"),
    "too many values": ("[" + "1," * 200_001 + "]", "too-large", 1, 0, "holds more than 200,000 values"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "rule", "line", "column", "words"), FAULTS.values(), ids=FAULTS)
def test_fault(source: str, rule: str, line: int, column: int, words: str) -> None:
    started = time.process_time()
    tree = read(source.encode())
    assert time.process_time() - started < 5
    problem = tree.problems()[0]
    span = tree.span(problem.route)
    assert (problem.rule, span.line) == (rule, line)
    assert column in (0, span.column)
    assert words in problem.message


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_bytes_that_are_no_text(mark: bytes) -> None:
    tree = read(mark + "a: é\nb: x".encode() + b"\xff\xfe")
    assert [(p.message, tree.span(p.route)) for p in tree.problems()] == [("this is not UTF-8 text", Span(2, 5, 2, 6))]


@pytest.mark.parametrize("content", [b"\xff\xfea\x00:\x00", b"\x89PNG\r\n\x1a\n", bytes(range(256)), b"\0" * 1000])
def test_binary(content: bytes) -> None:
    tree = read(content)
    assert [p.rule for p in tree.problems()] == ["syntax"]
    assert tree.data is None


def test_size() -> None:
    just = b"a: x #".ljust(MAX_BYTES, b"-")
    assert read(just).data == {"a": "x"}
    tree = read(just + b"-")
    assert [p.message for p in tree.problems()] == ["the file has 1,048,577 bytes, at most 1,048,576 are read"]
    assert tree.data is None


def places(tree: Tree) -> list[tuple[str, int, int, list[tuple[int, int]]]]:
    """Each fault's message, place and related places."""
    found = []
    for problem in tree.problems():
        span = tree.span(problem.route)
        related = [(tree.span(route).line, tree.span(route).column) for _, route in problem.related]
        found.append((problem.message, span.line, span.column, related))
    return found


def test_duplicate_keys_name_both_places() -> None:
    tree = read(b"a: 1\nb:\n  c: 1\n  d: {e: 1, 'e': 2}\n  c: 2\na: 2\na: 3\n")
    assert places(tree) == [
        ("duplicate key 'e'", 4, 13, [(4, 7)]),
        ("duplicate key 'c'", 5, 3, [(3, 3)]),
        ("duplicate key 'a'", 6, 1, [(1, 1)]),
        ("duplicate key 'a'", 7, 1, [(1, 1)]),
    ]
    assert tree.data["a"] == 1, "the first one counts"


def test_duplicates_by_value_not_by_spelling() -> None:
    assert places(read(b"1: x\n'1': y\n")) == [("duplicate key '1'", 2, 1, [(1, 1)])]


def test_several_tags_are_all_named() -> None:
    tree = read(b"a: !x 1\nb: [!y 2, !z {c: !w 3}]\n")
    assert [(line, column) for _, line, column, _ in places(tree)] == [(1, 4), (2, 5), (2, 11), (2, 18)]


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"# words\n", b"---", b"---\n", b"--- \n...\n", b"\xef\xbb\xbf", b"~"]
)
def test_nothing_in_it(content: bytes) -> None:
    tree = read(content)
    assert (tree.data, tree.faults, tree.span(())) == (None, [], Span(1, 1, 1, 1))
