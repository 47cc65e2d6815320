"""The reference of the command line, made from its parser; and of the action, from action.yml."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.cli.arguments import parser
from tests.docs.keys import cell, one_line

ROOT = Path(__file__).parents[2]
COMMANDS = """\
# Commands

Made from the command line's own help, which `sameday COMMAND --help` prints.

Every command that reads experiments looks for `sameday.yaml` in the folder where it starts and those above it.

| exit code | means |
|---|---|
| 0 | nothing blocks |
| 1 | a check or a release step failed |
| 2 | the words or the settings are wrong |
| 3 | a backend could not be reached: nothing is known, so nothing failed |
| 130 | you pressed Ctrl-C |
| 141 | nobody reads the output any more, as after `\\| head`: what was to come did not happen |
"""
ACTION = """\
# The action

Made from `action.yml`. `sameday init` writes a workflow that uses it; see [Pull requests](../guides/pull-requests.md).

The action installs itself from a lock with hashes into an environment of its own. It imports nothing of the pull
request, executes nothing of it and reads no configuration from it.
"""


def commands() -> str:
    """Every command with its options."""
    return COMMANDS + "".join(section(*one) for one in below("", parser()))


def below(before: str, command: argparse.ArgumentParser) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """The commands that a parser has, by name, each with its help text; those that have more stand for those."""
    for subparsers in (action for action in command._actions if isinstance(action, argparse._SubParsersAction)):
        helps = {choice.dest: choice.help or "" for choice in subparsers._choices_actions}
        for name, one in subparsers.choices.items():
            more = [*below(f"{before}{name} ", one)]
            yield from more or [(f"{before}{name}", helps[name], one)]


def section(name: str, words: str, command: argparse.ArgumentParser) -> str:
    """One command."""
    rows = [row(action) for action in command._actions if not isinstance(action, argparse._HelpAction)]
    table = "\n| argument | meaning |\n|---|---|\n" + "".join(rows) if rows else ""
    return f"\n## sameday {name}\n\n{words[:1].upper()}{words[1:]}.\n{table}"


def row(action: argparse.Action) -> str:
    """One argument."""
    value = action.metavar or ("\\|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    option = "".join(action.option_strings[:1])
    assert action.help, f"{option or value} has no help text"
    words = action.help
    name = " ".join(word for word in (option, str(value) if action.nargs != 0 else "") if word)
    shown = isinstance(action.default, str | int) and action.default and str(action.default) not in words
    meaning = f"{words} ({action.default} if absent)" if shown else words
    return f"| `{name}` | {cell(one_line(meaning[:1].upper() + meaning[1:]))} |\n"


def action() -> str:
    """What a workflow gives the action, and gets."""
    value: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    given = "".join(
        f"| `{name}` | {code(one['default'])} | {cell(one_line(one['description']))} |\n"
        for name, one in value["inputs"].items()
    )
    got = "".join(f"| `{name}` | {cell(one_line(one['description']))} |\n" for name, one in value["outputs"].items())
    return (
        f"{ACTION}\n## Inputs\n\n| input | default | meaning |\n|---|---|---|\n{given}"
        f"\n## Outputs\n\n| output | meaning |\n|---|---|\n{got}"
    )


def code(text: str) -> str:
    """Text as code, or a dash for none."""
    return f"`{text}`" if text else "–"
