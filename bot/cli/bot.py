"""What GitHub Actions runs: the event decides what is done."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
from pathlib import Path

from bot.cli import forge, release, world
from bot.cli.actions import SUMMARY, Actions
from bot.cli.announce import Announcer
from bot.cli.check import CODES
from bot.cli.output import Output
from bot.cli.place import Place, load_repository, open_place
from bot.cli.proposal import Proposed, examine, foresee, propose
from bot.errors import SamedayError, UsageError
from bot.experiment.repository import Repository
from bot.finding import Report
from bot.git import Commit, Git
from bot.github import pulls
from bot.github.client import Patience
from bot.github.deployment import Deployments
from bot.github.event import Nothing, Proposal, Push, Request, Schedule, read
from bot.plan import Found
from bot.report import json, text
from bot.report import release as release_report
from bot.report.escape import Markdown, console, fill, prose
from bot.report.line import Line
from bot.report.markdown import Page, fitted
from bot.settings import FILE

LONG = 600.0  # seconds that a release, which takes long itself, waits for GitHub in all


def bot(args: argparse.Namespace, out: Output) -> int:
    """Do what the event of this workflow asks for; the exit code is the verdict."""
    return act(Actions(os.environ, out, Patience))


def act(actions: Actions) -> int:
    """The same for any environment and clock; faults are shown on the run's page, too."""
    try:
        with contextlib.chdir(actions.root):
            return _act(actions)
    except SamedayError as error:
        words = [prose(line, 1_000) for line in str(error).splitlines()]
        actions.summarise(Markdown("\n\n".join(["**⚠️ sameday could not do its work**", *words]) + "\n"))
        raise


def _act(actions: Actions) -> int:
    event = read(actions.word("GITHUB_EVENT_NAME"), actions.payload)
    if isinstance(event, Nothing):
        actions.out.lines([Line(event.reason, "faint")])
        return 0
    if isinstance(event, Proposal):
        return check(event, actions)
    if isinstance(event, Push):
        return _release(actions, event)
    if isinstance(event, Schedule):
        return _release(actions, None)
    return _asked(event, actions)


def check(proposal: Proposal, actions: Actions) -> int:
    """Check what is proposed and say so; the verdict stands before anything is said on GitHub."""
    proposed = propose(actions.git(), proposal)
    if not proposed.names and not proposed.faults:
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
    proposal, notes = proposed.proposal, []
    if proposed.offline:
        left = sorted({r.id for e in report.experiments for r in e.checks if r.reason == proposed.offline})
        added = f"; not run here: {', '.join(left)}" if left else ""
        notes.append(f"Only the checks that ask no backend were made ({proposed.offline}){added}.")
    return Page(
        report, planned, proposed.repository, proposal.head, unknown, tuple(notes),
        forge.link(actions.site, proposal.head, proposed.git.prefix()), fill("[the run]({})", Markdown(actions.page)),
    )  # fmt: skip


def _asked(request: Request, actions: Actions) -> int:
    """What a person asked for; a comment's author must be one who may, and is answered before any work."""
    there = forge.forge(actions)
    if request.comment is not None and not _allowed(request, request.comment, there, actions):
        return 0
    if request.verb == "check":
        if there.client is None or request.number is None:
            raise UsageError("a pull request cannot be read without GITHUB_TOKEN")
        return check(pulls.proposal(there.client, request.number), actions)
    if request.verb == "release":
        return _release(actions, None, request.experiment)
    words = [request.experiment] + (["--date", str(request.day)] if request.day else [])
    verb = "run" if request.verb == "backfill" else request.verb
    return _command([verb, *words], actions)


def _allowed(request: Request, comment: int, there: forge.Forge, actions: Actions) -> bool:
    if request.verb not in open_place(Path(), "release").settings.github.commands:
        actions.out.lines([Line(f"`github.commands` of the settings does not list {request.verb}", "faint")])
        return False
    if there.client is None:
        return False
    allowed = pulls.may_command(there.client, request.actor)
    there.say("react", lambda client: pulls.react(client, comment, pulls.SEEN if allowed else pulls.REFUSED))
    if not allowed:
        actions.out.lines([Line(f"{console(request.actor)} may not write to this repository", "warning")])
    return allowed


def _command(words: list[str], actions: Actions) -> int:
    """One of the other commands, in the folder of the settings."""
    from bot.cli.arguments import parser

    args = parser().parse_args(words)
    code = int(getattr(release, args.command)(args, actions.out))
    actions.summarise(fill("**{} sameday {}**\n", Markdown("✅" if code == 0 else "❌"), Markdown(" ".join(words))))
    return code


def _release(actions: Actions, push: Push | None, experiment: str = "") -> int:
    """Release what differs from the ledger, whatever the event says; the push only tells what was there before."""
    if _checks_only(actions):
        return 0
    place = release.opened("release")
    images = actions.environment.get("SAMEDAY_IMAGES", "").split()
    place = dataclasses.replace(place, settings=world.images(place.settings, images))
    repository, _ = load_repository(place)
    git = Git(place.root)
    _refuse_older(git, place)
    there = forge.forge(actions, LONG)
    shown = Deployments(there.client, git.commit(), actions.page) if there.client else None
    announcer = Announcer(actions, there, place, repository, shown)
    telling = release.Telling(actions.environment.get("GITHUB_ACTOR", ""), announcer.announce, announcer.progress)
    names = [experiment] if experiment else []
    summary = release.carry_out(place, repository, names, telling, _before(git, place, push), actions.out)
    live = [outcome.item.experiment for outcome in summary.outcomes if outcome.state == "live"]
    actions.report(summary.verdict, json.release(summary), live)
    actions.summarise(release_report.fitted(summary, SUMMARY, lambda words: len(words.encode("utf-8", "replace"))))
    return release.code(summary)


def _checks_only(actions: Actions) -> bool:
    """A team may begin with the checks: without engine and ledger there is nothing to release with, and no fault."""
    place = open_place(Path(), "release")
    if not place.declared or place.settings.engine or place.settings.ledger:
        return False
    actions.out.lines([Line(f"{FILE} names no engine and no ledger: pull requests are checked, nothing is released")])
    return True


def _refuse_older(git: Git, place: Place) -> None:
    """An old job that is run again must not bring back what has been replaced since."""
    entries = [e for found in release.ledger(place).entries().values() for e in found if e.step != "rollback"]
    newest = max(entries, key=lambda entry: entry.at, default=None)
    head = git.commit()
    if newest is None or newest.commit == head or not git.has(newest.commit):
        return
    if git.merge_base(newest.commit) == head:
        raise UsageError(
            f"{head[:12]} is older than {newest.commit[:12]}, which was released already: check out the default "
            "branch, not the event's commit"
        )


def _before(git: Git, place: Place, push: Push | None) -> Found | None:
    """What was there before the push, if that is known: a first release takes it as live."""
    if push is None or push.before is None or not git.has(push.before) or git.merge_base(push.before) != push.before:
        return None
    return Found(Repository.load(Commit(git, push.before), place.settings.experiments), push.before)
