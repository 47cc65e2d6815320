"""How git is run: one program, found once, with nothing of a stranger's in force.

Git runs commands that a repository's configuration, attributes and environment name, and takes any folder that looks
like a repository for one. A pull request brings folders and attributes; so every command says which repository it
means, and what could start a program is switched off for all of them here.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UsageError
from bot.program import find, folders

PASSED = re.compile(
    r"HOME|USER|LOGNAME|TMPDIR|TZ|XDG_CONFIG_HOME|SSH_AUTH_SOCK|SSL_CERT_(?:FILE|DIR)|CURL_CA_BUNDLE"
    r"|(?:ALL|HTTPS?|NO)_PROXY|(?:all|https?|no)_proxy"
    r"|GIT_(?:CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_[0-9]+|VALUE_[0-9]+)|SSH|SSH_COMMAND|SSH_VARIANT|SSL_[A-Z_]+)"
)
"""Variables that git sees: whose configuration is in force, and how a remote is reached. No other `GIT_*`, which may
name another repository, index or program, and no credential of ours."""

SAFE = {
    "core.quotepath": "off",
    "core.fsmonitor": "false",  # the name of a program
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.alternateRefsCommand": "true",  # a program: the one that says nothing
    "protocol.ext.allow": "never",  # an address that is a command
    "safe.bareRepository": "explicit",  # a folder that only looks like a repository is not one
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "diff.orderFile": os.devnull,  # one that is gone ends every diff
    "diff.ignoreSubmodules": "all",  # looking at one runs git in it, with its configuration
    "merge.default": "text",  # the name of a driver
    "merge.renormalize": "false",  # applies attributes of the pull request
    "log.showSignature": "false",  # starts gpg
    "gc.auto": "0",
    "maintenance.auto": "false",
}
"""Configuration that holds for every command, whatever a repository's own files say."""

MISSING = "git is not installed here, or only inside of the repository, whose own files are not run"


Config = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Command:
    """The git program with the environment that it gets."""

    program: str
    environment: Mapping[str, str]

    def start(
        self, words: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None, config: Config = ()
    ) -> subprocess.Popen[bytes]:
        """Start git in `folder`, with pipes; `variables` and `config` are for this command only."""
        environment = configured({**self.environment, **(variables or {})}, (*config, *SAFE.items()))
        return subprocess.Popen(
            [self.program, "--no-pager", "--no-replace-objects", "--no-optional-locks", *words],
            cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(
        self, words: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None, config: Config = ()
    ) -> tuple[int, bytes, str]:
        """The exit code, what git printed, and the first line of what it complained of."""
        with self.start(words, folder, variables, config) as process:
            out, errors = process.communicate()
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        return process.returncode, out, lines[0] if lines else ""


def command(environment: Mapping[str, str], outside: Path) -> Command:
    """Git as `environment` finds it; no program in `outside`, which holds a stranger's files, is taken for it.

    Raises UsageError if there is no git.
    """
    path = os.pathsep.join(folders(environment.get("PATH", os.defpath), outside))
    program = find("git", path, outside)
    if program is None:
        raise UsageError(MISSING)
    passed = {name: value for name, value in environment.items() if PASSED.fullmatch(name)}
    # Messages in English, as all of ours; git asks nobody for a password.
    return Command(program, {**passed, "PATH": path, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"})


def configured(environment: Mapping[str, str], pairs: Config) -> dict[str, str]:
    """The variables with more configuration in them, which wins over what every file says."""
    variables = dict(environment)
    number = int(variables.get("GIT_CONFIG_COUNT") or 0)
    for key, value in pairs:
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        number += 1
    return variables | {"GIT_CONFIG_COUNT": str(number)}
