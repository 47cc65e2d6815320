"""Whose jobs may run in what the settings call a repo: with its image, as its account, with its secrets."""

from __future__ import annotations

from collections.abc import Iterator

from bot.document.glob import matching
from bot.experiment.load import Experiment
from bot.settings import DEFAULT_REPO, Settings


def refused(experiment: Experiment, settings: Settings) -> Iterator[tuple[int, str]]:
    """The jobs, by position, that the settings keep out of the repo that they name, and why.

    A file's path decides, since owners are of paths (CODEOWNERS); a name is whatever the file says.
    """
    for i, job in enumerate(experiment.spec.jobs):
        repo = job.option.get("repo") or DEFAULT_REPO
        globs = settings.repo(repo).experiments
        if globs is not None and not matching([experiment.path], globs):
            yield i, f"the job '{job.name}' may not run in `repo: {repo}`, which is for other paths than this file's"
