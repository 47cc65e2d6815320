"""A reference draft for interleaving: copy it into your application. It needs nothing but Python.

The lists of several rankers become one, and each item knows the ranker that it is credited to. The same salt, user and
ranking id give the same list on every machine. `vectors.json` says what 1,000 drafts come to: a port to another
language is right if it gives the same, as `draft.mjs` does.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

Item = str | int
Lists = Mapping[str, Sequence[Item]]
Below = Callable[[int], int]
Side = tuple[str, Iterator[Item]]
WEIGHT = 1_000_000  # probabilistic: the weight of a list's first item; the n-th has this divided by n ** 3, at least 1


def draft(method: str, lists: Mapping[str, Sequence[Item | None]], length: int, seed: str) -> list[tuple[Item, str]]:
    """At most `length` items, each with the ranker that it is credited to.

    The control's list comes first in `lists`. As many places as the shortest list is long are drafted. After them the
    control's list goes on, then the others', credited to nobody (""): no ranker wins or loses by a list that is short.
    Of equal items in one list the first counts; None is no item.

    Raises ValueError for an unknown method, a length below 1, fewer than two lists, or more for `balanced`.
    """
    if method not in METHODS or length < 1 or len(lists) < 2 or (method == "balanced" and len(lists) > 2):
        raise ValueError(f"there is no {method} draft of {len(lists)} lists to {length} items")
    clean = {name: [item for item in dict.fromkeys(items) if item is not None] for name, items in lists.items()}
    depth = min(length, *map(len, clean.values()))
    drafted = METHODS[method](clean, depth, coins(seed)) if depth else {}
    if depth < length:
        for item in (item for items in clean.values() for item in items):
            if len(drafted) < length:
                drafted.setdefault(item, "")
    return list(drafted.items())


def seed(salt: str, unit: str, ranking: str) -> str:
    """What decides a draft: the flag's salt, the user, and the ranking id."""
    return f"{salt}\x1f{unit}\x1f{ranking}"


def coins(seed: str) -> Below:
    """A function that draws one of 0 to n - 1: from as many bits as n - 1 has, and again while they are n or more.

    The bits are those of SHA-256 over the seed and the block's number, 0, 1, and so on: of each byte the lowest first.
    One block is enough for most drafts; where it has too few bits left, the next one begins.
    """
    block = bits = left = 0

    def below(n: int) -> int:
        nonlocal block, bits, left
        width = (n - 1).bit_length()
        while True:
            if left < width:
                text = f"{seed}\x1f{block}".encode()
                block, bits, left = block + 1, int.from_bytes(hashlib.sha256(text).digest(), "little"), 256
            drawn, bits, left = bits & ((1 << width) - 1), bits >> width, left - width
            if drawn < n:
                return drawn

    return below


def team(lists: Lists, depth: int, below: Below) -> dict[Item, str]:
    """In each round every ranker, in a drawn order, picks the best of its items that is still there."""
    picked: dict[Item, str] = {}
    for order in rounds([(name, iter(items)) for name, items in lists.items()], below):
        for name, rest in order:
            for item in rest:
                if item not in picked:
                    picked[item] = name
                    break
            if len(picked) == depth:
                return picked
    raise AssertionError("rounds go on")


def rounds(sides: list[Side], below: Below) -> Iterator[list[Side]]:
    """The rankers in a drawn order, again and again. For two of them a whole block of coins is drawn at once."""
    both = sides, sides[::-1]
    while len(sides) == 2:
        flips = below(1 << 256)
        for _ in range(256):
            yield both[flips & 1]
            flips >>= 1
    while True:
        left = sides.copy()
        yield [left.pop(below(len(left))) for _ in sides]


def balanced(lists: Lists, depth: int, below: Below) -> dict[Item, str]:
    """Two rankers give their next item in turn, new or not. It favours one of two lists that are shifted by a place."""
    sides, picked = list(lists.items()), dict[Item, str]()
    first, turn = below(2), 0
    while len(picked) < depth:
        name, items = sides[(first + turn) % 2]
        picked.setdefault(items[turn // 2], name)
        turn += 1
    return picked


def probabilistic(lists: Lists, depth: int, below: Below) -> dict[Item, str]:
    """For each place a drawn ranker picks any of its items that are still there, the higher the likelier."""
    sides, picked = list(lists.items()), dict[Item, str]()
    while len(picked) < depth:
        name, items = sides[below(len(sides))]
        there = [(item, WEIGHT // n**3 or 1) for n, item in enumerate(items, 1) if item not in picked]
        at = below(sum(weight for _, weight in there))
        for item, weight in there:
            if at < weight:
                picked[item] = name
                break
            at -= weight
    return picked


METHODS = {"team": team, "balanced": balanced, "probabilistic": probabilistic}
