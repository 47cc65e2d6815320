"""Drafts of the example: by the rules as a document would say them, the same everywhere, and for every kind of list."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import pytest

from examples.serving.draft import METHODS, Item, coins, draft, seed
from tests.conftest import EXAMPLES
from tests.fuzz import count
from tests.serving.vectors import COUNT, Lists, drawn, page

SERVING = EXAMPLES / "serving"
Drafted = list[tuple[Item, str]]


def bits(text: str) -> Iterator[str]:
    """The coins as text, of one block after the other."""
    for block in itertools.count():
        digest = hashlib.sha256(f"{text}\x1f{block}".encode()).digest()
        yield "".join(f"{byte:08b}"[::-1] for byte in digest)


def drawer(text: str) -> Callable[[int], int]:
    """Draws below a number, read off that text."""
    blocks, rest = bits(text), ""

    def below(n: int) -> int:
        nonlocal rest
        width = len(f"{n - 1:b}") if n > 1 else 0
        while True:
            rest = rest if len(rest) >= width else next(blocks)
            word, rest = rest[:width], rest[width:]
            if int(word[::-1] or "0", 2) < n:
                return int(word[::-1] or "0", 2)

    return below


def by_the_rules(method: str, lists: Lists, length: int, text: str) -> Drafted:
    """What a draft is, as slow and plain as can be."""
    clean = [(name, list(dict.fromkeys(i for i in items if i is not None))) for name, items in lists]
    depth, below, found = min(length, *(len(items) for _, items in clean)), drawer(text), list[tuple[Item, str]]()
    first = below(2) if method == "balanced" and depth else 0
    waiting: list[tuple[str, list[Item]]] = []
    for turn in itertools.count():
        if len(found) == depth:
            break
        if method == "team":
            waiting = waiting or clean.copy()
            name, items = waiting.pop(below(len(waiting)))
        else:
            name, items = clean[(first + turn) % 2 if method == "balanced" else below(len(clean))]
        seen = {item for item, _ in found}
        fresh = [item for item in items if item not in seen]
        if method == "probabilistic":
            tickets = [item for n, item in enumerate(items, 1) if item in fresh for _ in range(1_000_000 // n**3 or 1)]
            found.append((tickets[below(len(tickets))], name))
        elif method == "team" or items[turn // 2] in fresh:
            found.append((fresh[0] if method == "team" else items[turn // 2], name))
    for item in (item for _, items in clean for item in items):
        if len(found) < length and item not in {item for item, _ in found}:
            found.append((item, ""))
    return found


def cases(many: int) -> Iterator[tuple[str, Lists, int, str]]:
    """Drafts of any kind."""
    random = Random(18)
    for n in range(many):
        method = random.choice(list(METHODS))
        lists = drawn(random, 2 if method == "balanced" else random.randint(2, 5), random.choice([1, 3, 9, 40]))
        yield method, lists, random.randint(1, 50), seed("salt", f"user-{n}", str(random.random()))


def holds(method: str, lists: Lists, length: int, text: str) -> None:
    """What is promised of every draft."""
    found = draft(method, dict(lists), length, text)
    items = [item for item, _ in found]
    offered = {item for _, given in lists for item in given if item is not None}
    assert len(set(items)) == len(items) == min(length, len(offered)), "all that there is, once each"
    depth = min(len({item for item in given if item is not None}) for _, given in lists)
    assert [ranker != "" for _, ranker in found] == [at < depth for at in range(len(found))], "credited to that depth"
    assert all(ranker == "" or item in dict(lists)[ranker] for item, ranker in found)
    for shorter in {1, length // 2 or 1, length}:
        assert draft(method, dict(lists), shorter, text) == found[:shorter], "a page is the beginning of a longer one"
    if method == "team":
        rounds = Counter(ranker for _, ranker in found if ranker)
        assert not rounds or max(rounds.values()) - min(rounds[name] for name, _ in lists) <= 1
    if method != "probabilistic":
        assert found == by_the_rules(method, lists, length, text)


def test_any_draft() -> None:
    for case in cases(500):
        holds(*case)


@pytest.mark.slow
def test_many_drafts() -> None:
    for case in cases(5 * count(4_000)):
        holds(*case)


def test_probabilistic_by_the_rules() -> None:
    lists: Lists = [("a", ["x", "y", 3]), ("b", [3, "x", "z", "w"])]
    for n in range(5):
        assert draft("probabilistic", dict(lists), 4, str(n)) == by_the_rules("probabilistic", lists, 4, str(n))


def test_vectors_are_told_apart() -> None:
    """Every method has lists that are short, and drafts that need more coins than one block has."""
    vectors = json.loads(page())
    assert len(vectors) == COUNT == len({vector["seed"] for vector in vectors})
    for method in METHODS:
        mine = [vector for vector in vectors if vector["method"] == method]
        credited = [sum(ranker != "" for ranker in vector["rankers"]) for vector in mine]
        assert {0, 1, 2} < set(credited)
        assert any(0 < many < len(vector["items"]) for many, vector in zip(credited, mine, strict=True))
    team = [sum(map(bool, vector["rankers"])) for vector in vectors if vector["method"] == "team"]
    assert max(team) > 150, "with five rankers, each place takes two coins"


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node here; install Node.js 18 or newer: nodejs.org")
def test_the_port_passes_the_vectors() -> None:
    done = subprocess.run(["node", "draft.mjs", "vectors.json"], cwd=SERVING, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1000 of 1000 vectors pass\n", "")


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node here; install Node.js 18 or newer: nodejs.org")
def test_a_wrong_port_does_not() -> None:
    vectors = json.loads((SERVING / "vectors.json").read_text())
    vectors[7]["items"].reverse()
    done = subprocess.run(
        ["node", "draft.mjs", "/dev/stdin"], input=json.dumps(vectors), cwd=SERVING, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "999 of 1000 vectors pass\n")
    assert "2026-11-08" in done.stderr


@pytest.mark.parametrize(
    ("method", "rankers", "length"),
    [("team", 2, 0), ("team", 2, -1), ("team", 1, 5), ("team", 0, 5), ("balanced", 3, 5), ("Team", 2, 5), ("", 2, 5)],
)
def test_what_is_no_draft(method: str, rankers: int, length: int) -> None:
    lists: dict[str, list[Item | None]] = {str(n): ["x"] for n in range(rankers)}
    with pytest.raises(ValueError, match=f"there is no {method} draft of {rankers} lists to {length} items"):
        draft(method, lists, length, "seed")


def test_a_ranking_id_that_is_used_again_with_other_lists() -> None:
    """The coins are the same: what both drafts can show alike, they do, and nothing is shown twice."""
    text = seed("salt", "ann", "2026-11-30")
    before = draft("team", {"a": ["x", "y", "z"], "b": ["y", "x", "z"]}, 3, text)
    after = draft("team", {"a": ["x", "n", "z"], "b": ["y", "x", "z"]}, 3, text)
    assert before[0] == after[0]
    assert len({item for item, _ in after}) == 3


def test_a_missing_list_leaves_the_control_alone() -> None:
    assert draft("team", {"control": ["x", "y"], "new": []}, 5, "s") == [("x", ""), ("y", "")]
    assert draft("team", {"control": [], "new": ["x", None]}, 5, "s") == [("x", "")]
    assert draft("team", {"control": [], "new": [None]}, 5, "s") == []


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7])
def test_coins_are_fair(n: int) -> None:
    drawn = Counter(coins(f"seed-{i}")(n) for i in range(3_000))
    assert set(drawn) == set(range(n))
    assert all(abs(many - 3_000 / n) < 4 * (3_000 / n) ** 0.5 for many in drawn.values())
