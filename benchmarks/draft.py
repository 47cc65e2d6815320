"""Lists merged in a second: the example's team draft, a plain one with numpy, and mpkato/interleaving if it is here."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy

sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "serving"))
from draft import draft, seed

LENGTH = 20
LISTS = [[f"item-{n}" for n in range(LENGTH)], [f"item-{n}" for n in reversed(range(LENGTH))]]
OURS = dict(zip(("v3", "v4"), LISTS, strict=True))
SECONDS, RUNS = 0.5, 7
Merge = Callable[[int], object]


def ours(n: int) -> object:
    """The example's, of another user each time."""
    return draft("team", OURS, LENGTH, seed("salt", f"user-{n}", "2026-11-30"))


def plain(_: int) -> object:
    """As the literature has it (Radlinski and others, 2008): the smaller team picks; of equal ones, a coin decides."""
    merged: list[str] = []
    teams: list[list[str]] = [[], []]
    while len(merged) < LENGTH:
        first, second = map(len, teams)
        side = int(second < first or (first == second and numpy.random.randint(2)))
        pick = next((item for item in LISTS[side] if item not in merged), None)
        if pick is None:
            break
        merged.append(pick)
        teams[side].append(pick)
    return merged, teams


def theirs() -> Merge | None:
    """mpkato's, which no registry has: the package `interleaving` there is somebody else's, and empty."""
    try:
        from interleaving import TeamDraft
    except ImportError:
        return None
    method = TeamDraft(LISTS, LENGTH)
    return lambda _: method.interleave()


def rate(merge: Merge) -> float:
    """Merges in a second of this processor's time."""
    done, start = 0, time.process_time()
    while (taken := time.process_time() - start) < SECONDS:
        for n in range(done, done + 100):
            merge(n)
        done += 100
    return done / taken


def compare(title: str, merge: Merge, other: Merge, least: float) -> None:
    """Both in turn."""
    pairs = [(rate(merge), rate(other)) for _ in range(RUNS)]
    ratios: Sequence[float] = sorted(one / two for one, two in pairs)
    mine, its = (median(column) for column in zip(*pairs, strict=True))
    spread = f"{ratios[0]:.1f} to {ratios[-1]:.1f}"
    print(f"{title}: {mine:,.0f} merges/s against {its:,.0f}, {median(ratios):.1f}x ({spread}; at least {least}x)")


def main() -> None:
    """Print both ratios."""
    compare("the example against plain numpy", ours, plain, 1)
    if (peer := theirs()) is None:
        print("no mpkato/interleaving to compare with: pip install git+https://github.com/mpkato/interleaving")
    else:
        compare("the example against mpkato/interleaving", ours, peer, 15)


if __name__ == "__main__":
    main()
