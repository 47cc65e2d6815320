"""What GitHub Actions runs: the event decides what is done."""

from __future__ import annotations

import argparse
import contextlib
import os

from bot.cli.actions import Actions
from bot.cli.known import of_environment
from bot.cli.output import Output
from bot.errors import SamedayError
from bot.finding import Report
from bot.github.client import Patience
from bot.github.event import Nothing, Proposal, Push, Schedule, read
from bot.report import json, mask
from bot.report.escape import Markdown, join, prose
from bot.report.line import Line


def bot(args: argparse.Namespace, out: Output) -> int:
    """Do what the event of this workflow asks for; the exit code is the verdict."""
    return act(Actions(os.environ, out, Patience))


def act(actions: Actions) -> int:
    """The same for any environment and clock; faults are shown on the run's page, too."""
    with mask.knowing(of_environment(actions.environment)):
        return _shown(actions)


def _shown(actions: Actions) -> int:
    try:
        with contextlib.chdir(actions.root):
            return _act(actions)
    except SamedayError as error:
        words = [prose(line, 1_000) for line in str(error).splitlines()]
        actions.summarise(join([Markdown("**⚠️ sameday could not do its work**"), *words], "\n\n", "\n"))
        actions.report("unknown", json.report(Report(())), [])
        raise


def _act(actions: Actions) -> int:
    event = read(actions.word("GITHUB_EVENT_NAME"), actions.payload)
    if isinstance(event, Nothing):  # most comments are: nothing more is even imported
        actions.out.lines([Line(event.reason, "faint")])
        return 0
    if isinstance(event, Proposal):
        from bot.cli.pull import check

        return check(event, actions)
    if isinstance(event, Push | Schedule):
        from bot.cli.merge import merge

        return merge(actions, event if isinstance(event, Push) else None)
    from bot.cli.asked import asked

    return asked(event, actions)
