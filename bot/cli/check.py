"""Commands of the pull request: check and plan."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.backends import Adapters
from bot.commands import check as checking
from bot.commands.locate import open_workspace
from bot.commands.plan import selected
from bot.errors import UsageError
from bot.finding import Report
from bot.report import annotation, json, markdown, text
from bot.report.line import Line
from bot.report.output import Output
from bot.workspace import Workspace


def check(args: argparse.Namespace, out: Output, backends: Adapters) -> int:
    """Run the checks; the verdict is the exit code."""
    workspace = open_workspace(Path(args.paths[0] if args.paths else "."), "check", backends, args.base)
    out.complain(map(Line, workspace.faults))
    report = _check(args, workspace)
    for _ in range(checking.FIXES if args.fix else 0):
        if not checking.fix(report, workspace.root):
            break
        del workspace.repository  # its files have changed
        report = _check(args, workspace)
    _print(report, args, workspace, out)
    return checking.CODES[report.verdict] or (2 if workspace.faults else 0)


def _check(args: argparse.Namespace, workspace: Workspace) -> Report:
    selection = checking.select(workspace, args.paths, args.base)
    return checking.check(workspace, selection, offline=args.offline, only=args.only)


def _print(report: Report, args: argparse.Namespace, workspace: Workspace, out: Output) -> None:
    if args.format == "json":
        out.write(json.report(report))
    elif args.format == "markdown":
        out.write(_comment(report, args, workspace))
    else:
        if args.format == "github":
            out.write(annotation.report(report))
        out.lines(text.report(report, workspace.prefix))


def _comment(report: Report, args: argparse.Namespace, workspace: Workspace) -> str:
    """The comment that the bot would post."""
    selection = checking.select(workspace, args.paths, args.base)
    planned = selected(workspace, selection, bool(args.paths or args.base)).words
    return markdown.comment(markdown.Page(report, planned, selection.repository, _commit(workspace)))


def _commit(workspace: Workspace) -> str:
    """The commit that is checked out, or words for there being none."""
    try:
        return workspace.git.commit()
    except UsageError:
        return "no commit"


def plan(args: argparse.Namespace, out: Output, backends: Adapters) -> int:
    """Print what a merge would do."""
    workspace = open_workspace(Path(), "release", backends)
    planned = selected(workspace, checking.select(workspace, (), args.base), bool(args.base)).words
    if args.format == "json":
        out.write(json.plan(planned))
    elif args.format == "markdown":
        out.write((markdown.plan(planned) or "Merging this changes nothing that is released") + "\n")
    else:
        out.lines(text.plan(planned))
    return 0
