"""Commands of the release: release, rollback, run and status."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from bot.cli.backends import Adapters
from bot.commands.alarm import look
from bot.commands.backfill import backfill
from bot.commands.backfills import dates, fill_in
from bot.commands.called import name_of
from bot.commands.images import images
from bot.commands.locate import open_workspace
from bot.commands.off import turn_off, turn_on
from bot.commands.release import Telling, code, filed, release, shows_logs
from bot.commands.rollback import behind, crossed, roll_back, roll_back_day
from bot.commands.status import status
from bot.errors import UsageError
from bot.report.alarm import alarm_lines
from bot.report.backfill import filled_lines, plan_lines
from bot.report.line import Line
from bot.report.output import Printer
from bot.report.progress import (
    Progress,
    fault_lines,
    progress_lines,
    release_lines,
    rollback_lines,
    run_lines,
    turned_lines,
)
from bot.report.status import status_lines
from bot.report.status_json import status_json
from bot.workspace import Workspace


def release_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Release what differs from the ledger."""
    workspace = open_workspace(Path(), args.env, backends)
    built = images(workspace.settings, args.images, workspace.committed)
    telling = Telling(workspace.git.author(), filed(workspace), progress(out))
    summary = release(workspace, [name_of(workspace, word) for word in args.experiment], telling, built)
    out.lines(release_lines(summary, logs=shows_logs(workspace)))
    out.lines(fault_lines(summary.faults))
    return code(summary)


def rollback_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """The previous release back."""
    workspace = open_workspace(Path(), "release", backends)
    actor, name = workspace.git.author(), name_of(workspace, args.name)
    if args.date is not None:
        out.lines(map(Line, roll_back_day(workspace, name, args.date, actor)))
        return 0
    rollback = roll_back(workspace, name, actor)
    out.lines(rollback_lines(name, rollback, crossed(workspace, rollback)))
    day = None if args.no_run else behind(workspace, rollback)
    return 0 if day is None else one_run(workspace, name, day, out)


def off_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """The flag off."""
    workspace = open_workspace(Path(), "release", backends)
    out.lines(turned_lines(turn_off(workspace, args.name, workspace.git.author())))
    return 0


def on_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """The flag on again."""
    workspace = open_workspace(Path(), "release", backends)
    out.lines(turned_lines(turn_on(workspace, args.name, workspace.git.author())))
    return 0


def run_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """One run for one date, by what is released."""
    workspace = open_workspace(Path(), "release", backends)
    if args.first or args.last or args.dry_run:
        return _fill(workspace, args, out)
    name = name_of(workspace, args.name)
    return one_run(workspace, name, args.date, out, unreleased=args.unreleased, again=args.again)


def _fill(workspace: Workspace, args: argparse.Namespace, out: Printer) -> int:
    if args.first is None or args.last is None or args.date or args.unreleased:
        raise UsageError("several dates are `--from DATE --to DATE`, without `--date` and `--unreleased`")
    backfill = dates(workspace, args.name, args.first, args.last, again=args.again)
    out.lines(plan_lines(backfill))
    if args.dry_run:
        return 0
    ended = []
    for one in fill_in(workspace, backfill, progress(out), again=args.again):
        ended.append(one.run)
        out.lines(run_lines(one.run, one.notes, logs=shows_logs(workspace)))
    out.lines(filled_lines(backfill, ended))
    return 0 if len(ended) == len(backfill.wanted) and all(run.state == "succeeded" for run in ended) else 1


def one_run(
    workspace: Workspace,
    name: str,
    day: date | None,
    out: Printer,
    *,
    unreleased: bool = False,
    again: bool = False,
) -> int:
    """See one run through, for the newest date unless one is named."""
    last = backfill(workspace, name, day, progress(out), unreleased=unreleased, again=again)
    out.lines(run_lines(last.run, last.notes, logs=shows_logs(workspace)))
    return 0 if last.run.state == "succeeded" else 1


def status_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """What is live, running, failed."""
    rows = status(open_workspace(Path(), "release", backends), args.names)
    if args.format == "json":
        out.write(status_json(rows))
    else:
        out.lines(status_lines(rows, runs=bool(args.names)))
    return 0


def alarm_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """What needs a person; 1 if anything does, 3 if that is not known."""
    looked = look(open_workspace(Path(), "release", backends))
    out.lines(alarm_lines(looked.alarms, looked.away, looked.released))
    return 1 if any(looked.alarms.values()) else 3 if looked.away else 0


def progress(out: Printer) -> Progress:
    """Prints every step and node as it happens."""
    seen: set[tuple[str, str, str]] = set()
    return lambda experiment, what: out.lines(progress_lines(experiment, what, seen))
