"""Commands of the release: release, rollback, run and status."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.backends import Adapters
from bot.commands.backfill import backfill
from bot.commands.images import images
from bot.commands.locate import open_workspace
from bot.commands.release import Telling, code, filed, invalid, release, shows_logs
from bot.commands.rollback import roll_back
from bot.commands.status import status
from bot.report.output import Printer
from bot.report.progress import (
    Progress,
    invalid_lines,
    progress_lines,
    release_lines,
    rollback_lines,
    run_lines,
)
from bot.report.status import status_lines


def release_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Release what differs from the ledger."""
    workspace = open_workspace(Path(), args.env, backends)
    built = images(workspace.settings, args.images, workspace.repository)
    telling = Telling(workspace.git.author(), filed(workspace), progress(out))
    summary = release(workspace, args.experiment, telling, built)
    out.lines(release_lines(summary, logs=shows_logs(workspace)))
    out.lines(invalid_lines(invalid(workspace)))
    return code(summary)


def rollback_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """The previous release back."""
    workspace = open_workspace(Path(), "release", backends)
    out.lines(rollback_lines(args.name, roll_back(workspace, args.name, workspace.git.author())))
    return 0


def run_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """One run for one date, by the experiment as it stands here."""
    workspace = open_workspace(Path(), "release", backends)
    last = backfill(workspace, args.name, args.date, progress(out))
    out.lines(run_lines(last, logs=shows_logs(workspace)))
    return 0 if last.state == "succeeded" else 1


def status_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """What is live, running, failed."""
    out.lines(status_lines(status(open_workspace(Path(), "release", backends))))
    return 0


def progress(out: Printer) -> Progress:
    """Prints every step and node as it happens."""
    seen: set[tuple[str, str, str]] = set()
    return lambda experiment, what: out.lines(progress_lines(experiment, what, seen))
