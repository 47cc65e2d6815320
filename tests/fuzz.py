"""How many cases tests with drawn values play: few and always the same, or as many new ones as SAMEDAY_COUNT says."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

COUNT = int(os.environ.get("SAMEDAY_COUNT") or 0)
"""As many cases are asked for; 0 stands for the few that each test has by default."""


def count(few: int, most: int = 1_000_000) -> int:
    """How many cases to play: `few`, or what is asked for, up to `most` where a case takes long."""
    return min(COUNT, most) if COUNT else few


def drawn(few: int, most: int = 1_000_000) -> settings:
    """The settings of a test whose values hypothesis draws. No case has a deadline, for the machine may be busy."""
    return settings(
        max_examples=count(few, most), deadline=None, derandomize=not COUNT, suppress_health_check=list(HealthCheck)
    )
