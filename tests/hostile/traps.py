"""Repositories inside of a repository, attributes and programs that a pull request may bring, each with a trap.

A trap leaves a mark when git springs it; `springs` is a plain git command that does, so that no trap is a dud.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Trap:
    """What is laid in a folder (given: the folder, and the program that leaves the mark), and how git springs it."""

    lay: Callable[[Path, Path], None]
    springs: tuple[str, ...]


def program(place: Path, mark: Path) -> Path:
    """A program that leaves the mark, and fails."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 1\n", encoding="utf-8")
    place.chmod(0o755)
    return place


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Put files below a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def embedded(config: str, **more: str) -> Callable[[Path, Path], None]:
    """Git takes the folder for a repository, and this for its configuration; `{}` is the program."""

    def lay(folder: Path, trap: Path) -> None:
        files = {"HEAD": "ref: refs/heads/x\n", "objects/info/packs": "", "refs/x": "", "config": config} | more
        write(folder, {name: text.format(trap=trap, here=folder) for name, text in files.items()})

    return lay


REMOTE = '[remote "origin"]\nurl = ssh://git@example.invalid/x\n'
BARE = "[core]\nrepositoryformatversion = 0\nbare = true\n"
TREE = "[core]\nrepositoryformatversion = 0\nbare = false\nworktree = {here}\n"
EMBEDDED = {
    "ssh command": Trap(embedded(BARE + "sshCommand = {trap}\n" + REMOTE), ("fetch", "origin")),
    "fsmonitor": Trap(embedded(TREE + "fsmonitor = {trap}\n"), ("status",)),
    "helper of a remote": Trap(
        embedded(BARE + '[remote "origin"]\nurl = ext::{trap}\n[protocol "ext"]\nallow = always\n'), ("fetch", "origin")
    ),
    "external diff": Trap(
        embedded(TREE + "[diff]\nexternal = {trap}\n"), ("diff", "--no-index", "--ext-diff", "HEAD", "config")
    ),
    "include": Trap(
        embedded(BARE + REMOTE + "[include]\npath = more\n", more="[core]\nsshCommand = {trap}\n"), ("fetch", "origin")
    ),
    "files of a worktree": Trap(
        embedded(BARE + "sshCommand = {trap}\n" + REMOTE, gitdir="{here}/.git\n", commondir=".\n"), ("fetch", "origin")
    ),
    "alternates": Trap(
        embedded(BARE + "sshCommand = {trap}\n" + REMOTE, **{"objects/info/alternates": "{here}/../.git/objects\n"}),
        ("fetch", "origin"),
    ),
}


def sprung(trap: Trap, folder: Path, mark: Path) -> bool:
    """Whether plain git, run in the folder, springs the trap; the mark is gone again afterwards."""
    subprocess.run(["git", *trap.springs], cwd=folder, capture_output=True, timeout=30)
    found = mark.exists()
    mark.unlink(missing_ok=True)
    return found


DRIVERS = """\
[filter "x"]
clean = {trap}
smudge = {trap}
required = true
[filter "y"]
process = {trap}
required = true
[diff "x"]
command = {trap}
textconv = {trap}
[merge "x"]
driver = {trap} %A
"""
"""Configuration of a user, whose drivers are chosen by attributes."""

ATTRIBUTES = {
    "a filter": "* filter=x\n",
    "a filter that stays": "* filter=y\n",
    "a diff driver": "* diff=x\n",
    "a merge driver": "* merge=x\n",
}
