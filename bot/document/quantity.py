"""Kubernetes' quantities, compared."""

from __future__ import annotations

from collections.abc import Iterator

from bot.document.fields import Resources

UNITS = {"m": 1e-3, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


def amount(text: str) -> float:
    """Cores, or bytes."""
    unit = text.lstrip("0123456789.")
    return float(text.removesuffix(unit)) * UNITS[unit] if unit else float(text)


def above(resources: Resources, most: Resources) -> Iterator[tuple[str, str, str]]:
    """What is asked for beyond the most: its key, how much that is, and how much may be."""
    for key in Resources.model_fields:
        size, allowed = getattr(resources, key), getattr(most, key)
        if size and allowed and amount(size) > amount(allowed):
            yield key, size, allowed
