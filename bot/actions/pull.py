"""A pull request, or a group of the merge queue: checked, and told so."""

from __future__ import annotations

from dataclasses import replace

from bot.actions import forge
from bot.actions.environment import SUMMARY, Actions
from bot.commands.check import CODES
from bot.commands.patterns import unmatched
from bot.commands.proposal import PullRequest, examine, foresee, propose
from bot.commands.traffic import touched_layers
from bot.finding import Report
from bot.github.event import Proposal
from bot.report import json, text
from bot.report.escape import Markdown, link
from bot.report.language import LANGUAGES
from bot.report.line import Line
from bot.report.markdown import fitted
from bot.report.page import Page
from bot.settings import FILE

MAINTAINER = (
    "a maintainer looks at the commit and makes the other checks: Run workflow, with `check`, the number of this pull "
    "request and the commit."
)


def check(proposal: Proposal, actions: Actions) -> int:
    """Check what is proposed and say so; the verdict stands before anything is said on GitHub."""
    proposal = replace(proposal, fresh=proposal.fresh and actions.attempt == 1)
    pull = propose(
        actions.git, actions.backends, number=proposal.number, head=proposal.head, base=proposal.base,
        trusted=proposal.trusted, released=proposal.released, merge=actions.environment.get("GITHUB_SHA", ""),
    )  # fmt: skip
    if pull.quiet:
        actions.out.lines([Line("no experiment is changed", "good")])
        actions.report("passed", json.report(Report(())), [])
        forge.quiet(proposal, pull, actions)
        return 0
    report = examine(pull)
    page = _page(proposal, pull, report, actions)
    actions.out.lines(text.report(report, pull.git.prefix()))
    actions.report(report.verdict, json.report(report), [])
    actions.summarise(fitted(page, SUMMARY, lambda words: len(words.encode("utf-8", "replace"))))
    forge.show(proposal, pull, page, actions)
    return CODES[report.verdict]


def _page(proposal: Proposal, pull: PullRequest, report: Report, actions: Actions) -> Page:
    foreseen, unknown = foresee(pull)
    words = foreseen.words if foreseen else None
    notes, partly = [], ""
    if pull.offline:
        left = sorted({r.id for e in report.experiments for r in e.checks if r.reason == pull.offline})
        added = f"; not run here: {', '.join(left)}" if left else ""
        notes.append(f"Only the checks that ask no backend were made ({pull.offline}){added}.")
        partly = MAINTAINER if not proposal.trusted else "review and merge; from then on the settings are in force."
    first = "solve the conflict with the base and push." if pull.conflict else ""
    if pull.unset:
        notes.append(f"It removes {FILE}: nothing would be checked or released any more.")
    notes += unmatched(pull.merged, pull.after.paths)
    if pull.moved:
        notes.append(
            f"It names another {', '.join(pull.moved)}: the checks and the plan have looked at the one in force."
        )
    return Page(
        report, words, pull.selection.repository, proposal.head, unknown, tuple(notes), partly,
        forge.link(actions.site, proposal.head, pull.git.prefix()), link(Markdown("the run"), actions.page),
        first, touched_layers(pull), LANGUAGES[pull.workspace.settings.report.language],
    )  # fmt: skip
