"""What a merge, a schedule or a person releases: whatever differs from the ledger, told on GitHub."""

from __future__ import annotations

from bot.actions.announcer import Announcer
from bot.actions.environment import SUMMARY, Actions
from bot.actions.forge import forge
from bot.commands.background import background
from bot.commands.commit import bring, snapshot
from bot.commands.images import images
from bot.commands.release import Telling, code, release, shows_logs
from bot.commands.tools import require
from bot.github.deployment import Deployments
from bot.github.event import Push
from bot.report import json
from bot.report.line import Line
from bot.report.progress import fault_lines, release_lines
from bot.report.release import Logs, fitted_release
from bot.settings import FILE

LONG = 600.0  # seconds that a release, which takes long itself, waits for GitHub in all


def merge(actions: Actions, push: Push | None, experiment: str = "") -> int:
    """Release what differs from the ledger, whatever the event says; the push only tells what was there before."""
    workspace, before = actions.workspace, push.before if push else None
    settings = workspace.settings
    if workspace.declared and not settings.engine and not settings.ledger:  # a team may begin with the checks
        message = f"{FILE} names no engine and no ledger: pull requests are checked, nothing is released"
        actions.out.lines([Line(message)])
        return 0
    require(workspace)
    built = images(settings, actions.environment.get("SAMEDAY_IMAGES", "").split(), workspace.committed)
    bring(workspace, before)
    github = forge(actions, LONG)
    deployments = Deployments(github.client, workspace.git.commit(), actions.page) if github.client else None
    announcer = Announcer(actions, github, workspace, deployments)
    telling = Telling(actions.environment.get("GITHUB_ACTOR", ""), announcer.announce, announcer.progress)
    names = [experiment] if experiment else []
    summary = release(workspace, names, telling, built, snapshot(workspace, before))
    actions.out.lines(release_lines(summary, logs=shows_logs(workspace)))
    actions.out.lines(fault_lines(summary.faults))
    live = [outcome.item.experiment for outcome in summary.outcomes if outcome.state == "live"]
    actions.report(summary.verdict, json.release(summary), live)
    logs: Logs = "here" if shows_logs(workspace) else "none"
    about = background(workspace, summary)
    actions.summarise(fitted_release(summary, SUMMARY, lambda text: len(text.encode("utf-8", "replace")), logs, about))
    return code(summary)
