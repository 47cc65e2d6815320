"""Commands of the release: release, rollback, run and status."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.backends import Adapters
from bot.commands.backfill import backfill
from bot.commands.images import images
from bot.commands.locate import open_workspace
from bot.commands.release import Telling, code, filed, invalid, shows_logs
from bot.commands.release import release as release_all
from bot.commands.rollback import roll_back
from bot.commands.status import status as rows_of
from bot.report import release as report
from bot.report import status as rows
from bot.report.output import Output


def release(args: argparse.Namespace, out: Output, backends: Adapters) -> int:
    """Release what differs from the ledger."""
    workspace = open_workspace(Path(), args.env, backends)
    built = images(workspace.settings, args.images, workspace.repository)
    telling = Telling(workspace.git.author(), filed(workspace), progress(out))
    summary = release_all(workspace, args.experiment, telling, built)
    out.lines(report.lines(summary, shows_logs(workspace)))
    out.lines(report.left(invalid(workspace)))
    return code(summary)


def rollback(args: argparse.Namespace, out: Output, backends: Adapters) -> int:
    """The previous release back."""
    workspace = open_workspace(Path(), "release", backends)
    out.lines(report.rolled_back(args.name, *roll_back(workspace, args.name, workspace.git.author())))
    return 0


def run(args: argparse.Namespace, out: Output, backends: Adapters) -> int:
    """One run for one date, by the experiment as it stands here."""
    workspace = open_workspace(Path(), "release", backends)
    last = backfill(workspace, args.name, args.date, progress(out))
    out.lines(report.run_lines(last, shows_logs(workspace)))
    return 0 if last.state == "succeeded" else 1


def status(args: argparse.Namespace, out: Output, backends: Adapters) -> int:
    """What is live, running, failed."""
    out.lines(rows.lines(rows_of(open_workspace(Path(), "release", backends))))
    return 0


def progress(out: Output) -> report.Progress:
    """Prints every step and node as it happens."""
    seen: set[tuple[str, str, str]] = set()
    return lambda experiment, what: out.lines(report.progress(experiment, what, seen))
