"""What settings that a change brings make of the checks: those of the base are in force, and theirs are values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.commands.check import Selection, check
from bot.commands.locate import content
from bot.document.read import read
from bot.errors import UsageError
from bot.experiment.files import Files
from bot.experiment.repository import Repository
from bot.finding import CheckResult, ExperimentReport, Finding, Report
from bot.settings import FILE, Settings, load
from bot.workspace import Workspace

HINT = "correct the pattern; to retire them, delete their files"
OF_BASE = f"so says {FILE} of the base, which is in force until the merge; that of the merge would not"
FEW = 3  # names that a message has


def unnamed(
    files: Files, there: Collection[str], before: Repository, after: Repository
) -> Sequence[ExperimentReport]:  # fmt: skip
    """The error of the settings in `files`, if by them experiments of `before` would go whose files are `there`."""
    lost = {path: one.name for path, one in before.records.items() if path in there and path not in after.records}
    names = sorted(filter(None, lost.values()))
    if not names:
        return ()
    tree = read(content(files, FILE) or b"")
    few = f"{', '.join(names[:FEW])}{' and others' if len(names) > FEW else ''}"
    of = f"{len(names)} of {len(before.records)} experiments"
    message = f"`experiments` names {of} no longer, though their files are there: the merge would retire {few}"
    finding = Finding("settings.unnamed", "error", FILE, tree.span(("experiments",), "key"), message, HINT)
    return (ExperimentReport("", FILE, (CheckResult("settings", "failed", findings=(finding,)),)),)


def of_base(workspace: Workspace, selection: Selection, report: Report, later: Settings) -> Sequence[ExperimentReport]:
    """The report; a finding that `later`, the settings of the merge, would not have says that the base has it."""
    if not report.findings:
        return report.experiments
    base = _keys(check(workspace, selection, offline=True))
    past = base - _keys(check(workspace, selection, offline=True, by=later))

    def told(found: Finding) -> Finding:
        hint = "; ".join(filter(None, (found.hint, OF_BASE)))
        return replace(found, hint=hint) if _key(found) in past else found

    return [
        replace(one, checks=tuple(replace(of, findings=tuple(map(told, of.findings))) for of in one.checks))
        for one in report.experiments
    ]


def _key(found: Finding) -> tuple[object, ...]:
    return found.rule, found.path, found.span, found.message


def _keys(report: Report) -> set[tuple[object, ...]]:
    return set(map(_key, report.findings))


def brought(workspace: Workspace) -> Settings | None:
    """The settings as they are here, where they differ from those in force and nothing is wrong with them."""
    try:
        written = content(workspace.files, FILE)
    except UsageError:
        return None
    here = load(written or b"", "check", str(workspace.root), workspace.files.read).settings
    return None if here == workspace.settings else here
