"""Patterns of code: each one names a file, or says what it should have been."""

from __future__ import annotations

from collections.abc import Iterator

from bot.check import Experiment, Problem
from bot.document.glob import has_match, meant
from bot.experiment.repository import Repository


def check(experiment: Experiment, repository: Repository) -> Iterator[Problem]:
    """Every pattern that names no file."""
    for i, glob in enumerate(experiment.spec.sources):
        if has_match(repository.paths, glob):
            continue
        close = meant(repository.paths, glob)
        hint = f"did you mean '{close}'?" if close else "patterns start at the folder of sameday.yaml"
        yield Problem("no-match", ("sources", i), f"the pattern '{glob}' names no file", hint, replace=close)
