"""A file of several documents: each is a tree of its own, with the lines of the whole file."""

from __future__ import annotations

from bot.document.compose import Reading
from bot.document.read import read_all, resolve

READING = Reading(resolve)


def test_each_document_has_its_own_values_and_the_files_lines() -> None:
    first, second = read_all(b"# one\na: 1\n---\n---\nb:\n  - c: 2\n...\n", READING)
    assert (first.data, second.data) == ({"a": 1}, {"b": [{"c": 2}]})
    assert (first.span(("a",)).line, second.span(("b", 0, "c")).line) == (2, 6)


def test_anchors_do_not_reach_into_the_next() -> None:
    _, second = read_all(b"a: &x 1\n---\nb: *x\n", READING)
    assert second.data is None
    assert [problem.message for problem in second.problems()] == ["the alias *x is not defined above"]


def test_a_fault_ends_the_reading() -> None:
    first, second = read_all(b"a: 1\n---\nb: [\n---\nc: 3\n", READING)
    assert first.data == {"a": 1}
    assert [problem.rule for problem in second.problems()] == ["syntax"]


def test_nothing_is_no_document() -> None:
    assert read_all(b"# nothing\n", READING) == []


def test_tags_have_the_meaning_that_the_reading_gives_them() -> None:
    (tree,) = read_all(b"a: !!str 5\nb: !ours 6\n", Reading(resolve, lambda tag, text: f"{tag} {text}"))
    assert tree.data == {"a": "tag:yaml.org,2002:str 5", "b": "!ours 6"}
    assert tree.problems() == []
