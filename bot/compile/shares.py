"""Shares of traffic, in words."""

from __future__ import annotations


def percent(share: float) -> str:
    """A share in words that tell it from none and from all, as in 0.01% and 99.99%."""
    for digits in range(4):
        text = f"{share:.{digits}%}"
        if share in (0, 1) or 0 < float(text[:-1]) < 100:
            return text
    return "less than 0.001%" if share < 0.5 else "more than 99.999%"
