"""What this process must never say: the secrets of its environment, by their names or since the settings name them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.settings import Settings

WORDS = frozenset(
    [
        "APIKEY",
        "AUTH",
        "COOKIE",
        "CREDENTIAL",
        "CREDENTIALS",
        "DSN",
        "KEY",
        "PASS",
        "PASSPHRASE",
        "PAT",
        "PWD",
        "WEBHOOK",
    ]
)
WITHIN = re.compile("PASSWORD|PASSWD|SECRET|TOKEN|APIKEY|PGPASS")
PLACES = ("PWD", "OLDPWD")  # the shell's own, which are folders
ADDRESS = re.compile(r"://[^\s:/@]{0,200}:[^\s]{1,500}@")


def of_environment(environment: Mapping[str, str]) -> Iterator[str]:
    """The values that look like secrets: by the variable's name, or by a password in an address."""
    for name, value in environment.items():
        upper = name.upper()
        secret = WITHIN.search(upper) or not WORDS.isdisjoint(upper.split("_"))
        if (secret and upper not in PLACES and not _is_place(value)) or ADDRESS.search(value):
            yield value


def _is_place(value: str) -> bool:
    """Whether the value is only the path of a file that holds the secret."""
    return value.startswith(("/", "~", ".")) and len(value) < os.pathconf("/", "PC_PATH_MAX") and os.path.lexists(value)


def of_settings(settings: Settings, environment: Mapping[str, str]) -> Iterator[str]:
    """The values of the variables that the settings name, and plain values that look like secrets all the same."""
    names = {name for backend in settings.backends for name in backend.secrets}
    names |= settings.manifests.secrets.keys()
    names |= {name for repo in settings.repos.values() for name in repo.secrets}
    yield from (environment[name] for name in names if name in environment)
    for repo in settings.repos.values():
        yield from of_environment(repo.environment)
