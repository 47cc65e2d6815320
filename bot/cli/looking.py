"""What a check leaves out where a stranger could run it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.settings import Settings


def looking(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """The settings for looking only: where a pull request's own workflow may run, nobody acts as the runs.

    An author who could act as them there could do all that the runs may, so no check may need it. A merge queue's
    branch holds what was reviewed, a protected one what was merged.
    """
    reviewed = (
        environment.get("GITHUB_EVENT_NAME") == "merge_group" or environment.get("GITHUB_REF_PROTECTED") == "true"
    )
    if settings.warehouse is None or reviewed or environment.get("GITHUB_ACTIONS") != "true":
        return settings
    return settings.model_copy(update={"warehouse": settings.warehouse.as_itself()})
