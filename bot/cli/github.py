"""The command bot: what GitHub Actions runs."""

from __future__ import annotations

import argparse

from bot.actions.dispatch import act
from bot.actions.environment import Actions
from bot.cli.backends import Adapters
from bot.github.client import Patience
from bot.report.output import Printer


def bot_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Do what the event of this workflow asks for; the exit code is the verdict."""
    return act(Actions(backends.environment, out, Patience, backends))
