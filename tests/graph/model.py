"""What tests of graphs measure against: written to be seen right, not to be fast."""

from __future__ import annotations

from collections.abc import Mapping


def connected(graph: Mapping[str, list[str]], start: str) -> dict[str, list[str]]:
    """What is connected with a node, whatever the direction."""
    seen = {start}
    while True:
        more = {a for n in seen for a in graph[n] if a in graph} | {n for n in graph if seen & set(graph[n])}
        if more <= seen:
            return {n: graph[n] for n in seen}
        seen |= more
