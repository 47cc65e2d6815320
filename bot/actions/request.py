"""What a person asks for, by a dispatch or by a comment, whose author must be one who may."""

from __future__ import annotations

from bot.actions.environment import Actions
from bot.actions.forge import Forge, forge
from bot.actions.merge import merge
from bot.actions.pull import check
from bot.actions.turned import announce
from bot.commands.backfill import backfill
from bot.commands.backfills import dates, fill_in
from bot.commands.off import turn_off, turn_on
from bot.commands.release import shows_logs
from bot.commands.rollback import crossed, roll_back
from bot.errors import UsageError
from bot.github import pulls
from bot.github.deployment import Deployments
from bot.github.event import Request
from bot.ports import Entry, Run
from bot.release.backfill import Backfill
from bot.report.backfill import filled_lines, plan_lines
from bot.report.escape import Markdown, fill, prose
from bot.report.line import Line
from bot.report.progress import Progress, progress_lines, rollback_lines, run_lines, turned_lines


def asked(request: Request, actions: Actions) -> int:
    """What a person asked for; a comment's author must be one who may, and is answered before any work."""
    github = forge(actions)
    comment = request.comment
    if comment is None:
        return _obey(request, github, actions)
    if not _allowed(request, comment, github, actions):
        return 0
    answer = pulls.FAILED
    try:
        code = _obey(request, github, actions)
        answer = pulls.FAILED if code else pulls.DONE
        return code
    finally:
        github.say("react", lambda client: pulls.react(client, comment, answer))


def _allowed(request: Request, comment: int, github: Forge, actions: Actions) -> bool:
    """Whether the author of a comment may ask for this; fails closed."""
    if request.verb not in actions.workspace.settings.github.commands:
        actions.out.lines([Line(f"`github.commands` of the settings does not list {request.verb}", "faint")])
        return False
    if github.client is None:
        return False
    allowed = pulls.may_command(github.client, request.actor)
    github.say("react", lambda client: pulls.react(client, comment, pulls.SEEN if allowed else pulls.REFUSED))
    if not allowed:
        actions.out.lines([Line(f"{request.actor} may not write to this repository", "warning")])
    return allowed


def _obey(request: Request, github: Forge, actions: Actions) -> int:
    if request.verb == "check":
        if github.client is None or request.number is None:
            raise UsageError("a pull request cannot be read without GITHUB_TOKEN")
        # This run has a person's rights, also for a fork's pull request: the fork's own run points to this one.
        return check(pulls.proposed(github.client, request.number, request.commit), actions)
    if request.verb == "release":
        return merge(actions, None, request.experiment)
    if request.verb == "rollback":
        return _roll_back(request, github, actions)
    if request.verb in ("off", "on"):
        return _turn(request, github, actions)
    return _backfill(request, actions)


def _turn(request: Request, github: Forge, actions: Actions) -> int:
    turn = turn_off if request.verb == "off" else turn_on
    entry = turn(actions.workspace, request.experiment, request.actor)
    actions.out.lines(turned_lines(entry))
    announce(entry, request.actor, github, actions)
    return 0


def _roll_back(request: Request, github: Forge, actions: Actions) -> int:
    workspace = actions.workspace
    rollback = roll_back(workspace, request.experiment, request.actor)
    actions.out.lines(rollback_lines(request.experiment, rollback, crossed(workspace, rollback)))
    deployments = Deployments(github.client, workspace.git.commit(), actions.page) if github.client else None
    if deployments is not None:
        github.say("show the deployment", lambda _: deployments.take_back(rollback.now, rollback.before))
    serves = rollback.before.run if rollback.before else "nothing"
    actions.summarise(fill("**✅ sameday: {} is rolled back**, serves {}\n", request.experiment, serves))
    return 0


def _backfill(request: Request, actions: Actions) -> int:
    workspace, seen = actions.workspace, set[tuple[str, str, str]]()

    def progress(experiment: str, what: Entry | Run) -> None:
        actions.out.lines(progress_lines(experiment, what, seen))

    if request.day is not None and request.last is not None:
        return _fill(dates(workspace, request.experiment, request.day, request.last, again=False), progress, actions)
    last = backfill(workspace, request.experiment, request.day, progress)
    actions.out.lines(run_lines(last.run, last.notes, logs=shows_logs(workspace)))
    code = 0 if last.run.state == "succeeded" else 1
    mark, words = (Markdown("❌"), Markdown("could not be")) if code else (Markdown("✅"), Markdown("is"))
    day = request.day or "today"
    actions.summarise(fill("**{} sameday: {} {} filled in** for {}\n", mark, request.experiment, words, day))
    return code


def _fill(wanted: Backfill, progress: Progress, actions: Actions) -> int:
    """Several dates; the run's page counts them."""
    workspace, ended = actions.workspace, list[Run]()
    actions.out.lines(plan_lines(wanted))
    for one in fill_in(workspace, wanted, progress):
        ended.append(one.run)
        actions.out.lines(run_lines(one.run, one.notes, logs=shows_logs(workspace)))
    lines = [line.text for line in filled_lines(wanted, ended)] or ["nothing was to be made"]
    actions.out.lines(filled_lines(wanted, ended))
    well = len(ended) == len(wanted.wanted) and all(run.state == "succeeded" for run in ended)
    mark = Markdown("✅") if well else Markdown("❌")
    actions.summarise(fill("**{} sameday: {}**: {}\n", mark, wanted.name, prose("; ".join(lines))))
    return 0 if well else 1
