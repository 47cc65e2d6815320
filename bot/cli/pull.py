"""A pull request, or a group of the merge queue: checked, and told so."""

from __future__ import annotations

from dataclasses import replace

from bot.cli import forge
from bot.cli.actions import SUMMARY, Actions
from bot.cli.check import CODES
from bot.cli.proposal import Proposed, examine, foresee, propose
from bot.finding import Report
from bot.github.event import Proposal
from bot.report import json, text
from bot.report.escape import Markdown, link
from bot.report.line import Line
from bot.report.markdown import Page, fitted
from bot.settings import FILE

MAINTAINER = (
    "a maintainer looks at the commit and makes the other checks: Run workflow, with `check`, the number of this pull "
    "request and the commit."
)


def check(proposal: Proposal, actions: Actions) -> int:
    """Check what is proposed and say so; the verdict stands before anything is said on GitHub."""
    proposal = replace(proposal, fresh=proposal.fresh and actions.attempt == 1)
    proposed = propose(actions.git(), proposal, actions.environment.get("GITHUB_SHA", ""))
    if not proposed.names and not proposed.faults and not proposed.unset:
        actions.out.lines([Line("no experiment is changed", "good")])
        actions.report("passed", json.report(Report(())), [])
        forge.quiet(proposed, actions)
        return 0
    report = examine(proposed)
    page = _page(proposed, report, actions)
    actions.out.lines(text.report(report, proposed.git.prefix()))
    actions.report(report.verdict, json.report(report), [])
    actions.summarise(fitted(page, SUMMARY, lambda words: len(words.encode("utf-8", "replace"))))
    forge.show(proposed, page, actions)
    return CODES[report.verdict]


def _page(proposed: Proposed, report: Report, actions: Actions) -> Page:
    planned, unknown = foresee(proposed)
    proposal, notes, partly = proposed.proposal, [], ""
    if proposed.offline:
        left = sorted({r.id for e in report.experiments for r in e.checks if r.reason == proposed.offline})
        added = f"; not run here: {', '.join(left)}" if left else ""
        notes.append(f"Only the checks that ask no backend were made ({proposed.offline}){added}.")
        partly = MAINTAINER if not proposal.trusted else "review and merge; from then on the settings are in force."
    first = "solve the conflict with the base and push." if proposed.conflict else ""
    if proposed.unset:
        notes.append(f"It removes {FILE}: nothing would be checked or released any more.")
    return Page(
        report, planned, proposed.repository, proposal.head, unknown, tuple(notes), partly,
        forge.link(actions.site, proposal.head, proposed.git.prefix()), link(Markdown("the run"), actions.page),
        first,
    )  # fmt: skip
