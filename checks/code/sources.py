"""Patterns of code: each one names files that can be read, or says what it should have been."""

from __future__ import annotations

from collections.abc import Iterator

from bot.check import Experiment, Problem
from bot.document.glob import has_match, matching, meant
from bot.experiment.repository import Repository


def check(experiment: Experiment, repository: Repository) -> Iterator[Problem]:
    """Every pattern that names no file, and every file that a release could not read."""
    for i, glob in enumerate(experiment.spec.sources):
        if has_match(repository.paths, glob):
            yield from _unreadable(repository, i, glob)
            continue
        close = meant(repository.paths, glob)
        hint = f"did you mean '{close}'?" if close else "patterns start at the folder of sameday.yaml"
        yield Problem("no-match", ("sources", i), f"the pattern '{glob}' names no file", hint, replace=close)


def _unreadable(repository: Repository, number: int, glob: str) -> Iterator[Problem]:
    for path in matching(repository.paths, [glob]):
        try:
            repository.files.read(path, 1)
        except OSError as error:
            hint = "a release tells code by what its files hold: let the pattern name none but those"
            yield Problem("unreadable-source", ("sources", number), f"'{path}' cannot be read: {error}", hint)
