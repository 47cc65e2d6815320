"""Which accounts belong to whom: what is sameday's own is no job's."""

from __future__ import annotations

from collections.abc import Iterator

from bot.finding import Problem, Route
from bot.settings.model import Settings

NOBODYS = "default"  # the service account of pods that name none, in every namespace
TOKEN = ".service-account-token"  # noqa: S105  ends the name of the Secret in which Argo looks for an account's


def problems(settings: Settings) -> Iterator[Problem]:
    """Every account of sameday's own that something else runs as, too."""
    own = settings.manifests
    where: dict[str, Route] = {
        own.executor: ("manifests", "executor"),
        own.service_account: ("manifests", "service_account"),
    }
    if own.executor == own.service_account:
        message = f"manifests.executor and manifests.service_account are both '{own.executor}'"
        yield Problem("account", where[own.executor], message, "name an account for each")
    if NOBODYS in where:
        message = f"{'.'.join(map(str, where[NOBODYS]))} is '{NOBODYS}', which jobs without an account run as"
        yield Problem("account", where[NOBODYS], message, "name an account that is nobody else's")
    tokens = {f"{account}{TOKEN}" for account in where}
    for name, repo in settings.repos.items():
        if repo.service_account in where:
            message = f"repos.{name}.service_account is '{repo.service_account}', which is sameday's own"
            hint = "name an account with the rights of these jobs alone"
            yield Problem("account", ("repos", name, "service_account"), message, hint)
        for variable, place in repo.secrets.items():
            if place.split("/")[0] in tokens:
                message = f"repos.{name}.secrets.{variable} is the token of an account of sameday's own"
                yield Problem("account", ("repos", name, "secrets", variable), message, "take it out")
