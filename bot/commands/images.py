"""Images that a build has just made, as a workflow hands them over."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.document.faults import shown
from bot.document.nearest import nearest
from bot.errors import UsageError
from bot.experiment.repository import Repository
from bot.ports import Built
from bot.settings import DEFAULT_REPO, Settings

IMAGE = re.compile(r"[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}")


def images(settings: Settings, given: Iterable[str], repository: Repository) -> tuple[Built, ...]:
    """Images that were just built; a digest alone takes its name from the image that the settings name."""
    used = {job.option.get("repo") or DEFAULT_REPO for e in repository.by_name.values() for job in e.spec.jobs}
    built = []
    for word in given:
        repo, _, image = word.partition("=")
        image = image.strip()
        if image.startswith("sha256:"):
            image = f"{(settings.repo(repo).image or '').partition('@')[0]}@{image}"
        if not IMAGE.fullmatch(image):
            raise UsageError(f"--images {word}: write REPO=DIGEST, as in reco-batch=registry/reco@sha256:… (64 digits)")
        if repo not in used | settings.repos.keys():
            close = nearest(repo, used | settings.repos.keys())
            hint = f"; did you mean '{close}'?" if close else ""
            raise UsageError(
                f"--images {word}: no job has `option: {{repo: {shown(repo)}}}`, nor do the settings{hint}"
            )
        built.append(Built(repo, image, settings.repo(repo).image))
    return tuple(built)
