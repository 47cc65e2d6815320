"""Commands of the pull request: check and plan."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.backends import Adapters
from bot.commands.brought import brought, of_base, unnamed
from bot.commands.check import CODES, FIXES, check, corrections, fix, select
from bot.commands.locate import open_workspace
from bot.commands.patterns import unmatched
from bot.commands.plan import committed, selected
from bot.errors import UsageError
from bot.finding import Report
from bot.report.fixes import diff_lines, fixed_lines
from bot.report.formats import FORMATS, PLANS, View
from bot.report.line import Line
from bot.report.output import Printer
from bot.workspace import Workspace

if TYPE_CHECKING:
    from bot.report.page import Page


def check_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Run the checks; the verdict is the exit code."""
    workspace = open_workspace(Path(args.paths[0] if args.paths else "."), "check", backends, args.base)
    out.complain(map(Line, workspace.faults))
    if not args.paths:
        out.complain(map(Line, unmatched(workspace.settings, workspace.files.paths())))
    report = _check(args, workspace)
    if args.diff:
        out.lines(diff_lines(corrections(report, workspace.root), workspace.prefix))
        return CODES[report.verdict]
    fixed: list[Line] = []
    for _ in range(FIXES if args.fix else 0):
        if not fix(report, workspace.root):
            break
        fixed += fixed_lines(report, workspace.prefix)
        report = _check(args, workspace)
    if fixed:
        what = f"{len(fixed)} correction{'s' if len(fixed) != 1 else ''}"
        out.complain([*fixed, Line(f"made {what}; what is left:")])
    out.show(FORMATS[args.format].report(_view(report, args, workspace)))
    return CODES[report.verdict] or (2 if workspace.faults else 0)


def _check(args: argparse.Namespace, workspace: Workspace) -> Report:
    selection = select(workspace, args.paths, args.base)
    report = check(workspace, selection, offline=args.offline, only=args.only)
    here = brought(workspace) if selection.before is not None else None
    if here is None or selection.before is None:
        return report
    after = workspace.load(workspace.files, by=here)
    lost = unnamed(workspace.files, set(workspace.files.paths()), selection.before.repository, after)
    return Report((*lost, *of_base(workspace, selection, report, here)))


def _view(report: Report, args: argparse.Namespace, workspace: Workspace) -> View:
    def page() -> Page:
        """What the bot would post."""
        from bot.report.page import Page

        selection = select(workspace, args.paths, args.base)
        planned = selected(workspace, selection, narrowed=bool(args.paths or args.base)).words
        return Page(report, planned, selection.repository, _commit(workspace))

    return View(report, prefix=workspace.prefix, page=page)


def _commit(workspace: Workspace) -> str:
    """The commit that is checked out, or words for there being none."""
    try:
        return workspace.git.commit()
    except UsageError:
        return "no commit"


def plan_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Print what a merge would do."""
    workspace = open_workspace(Path(), "release", backends)
    chosen = select(workspace, (), args.base, committed(workspace))
    planned = selected(workspace, chosen, narrowed=bool(args.base)).words
    out.show(PLANS[args.format](planned))
    return 0
