"""Commands about runs: list, logs, stop, retry."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from bot.cli.backends import Adapters
from bot.cli.release import one_run
from bot.commands.called import name_of
from bot.commands.locate import open_workspace
from bot.commands.runs import chosen, follow, log, recent, run_of, stop
from bot.ports import date_of
from bot.report.line import Line
from bot.report.output import Printer
from bot.report.runs import log_lines, run_list, stopped_lines
from bot.report.status_json import runs_json
from bot.workspace import Workspace


def runs_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """What the verb says."""
    workspace = open_workspace(Path(), "release", backends)
    if args.verb == "list":
        return _list(workspace, args, out)
    if args.verb == "logs":
        return _logs(workspace, args, out)
    if args.verb == "stop":
        return _stop(workspace, args, out)
    run = run_of(workspace, args.name, args.date)
    return one_run(workspace, name_of(workspace, args.name), date_of(run.name), out)


def _list(workspace: Workspace, args: argparse.Namespace, out: Printer) -> int:
    found = recent(workspace, args.name)
    if args.format == "json":
        out.write(runs_json(found))
    else:
        out.lines(run_list(found) if found else [Line(f"the engine has no run of {args.name}")])
    return 0


def _logs(workspace: Workspace, args: argparse.Namespace, out: Printer) -> int:
    run = run_of(workspace, args.name, args.date)
    node = chosen(run, args.job)
    if not args.follow:
        out.lines(log_lines(run, node, log(workspace, run, node.name)))
        return 0
    for line in follow(workspace, run, node.name, time.sleep):
        out.lines([Line(line)])
    return 0


def _stop(workspace: Workspace, args: argparse.Namespace, out: Printer) -> int:
    run, was_running = stop(workspace, args.name, args.date)
    again = f"sameday runs retry {args.name} --date {date_of(run.name)}"
    out.lines(stopped_lines(run, was_running=was_running, again=again))
    return 0
