"""What GitHub Actions runs: the event decides what is done."""

from __future__ import annotations

from bot.actions.environment import Actions
from bot.errors import SamedayError
from bot.finding import Report
from bot.github.event import Nothing, Proposal, Push, ScheduledRun, read
from bot.report import json
from bot.report.escape import Markdown, join, prose
from bot.report.line import Line


def act(actions: Actions) -> int:
    """Do what the event of this workflow asks for; the exit code is the verdict. Faults are on the run's page, too."""
    try:
        return _act(actions)
    except SamedayError as error:
        words = [prose(line, 1_000) for line in str(error).splitlines()]
        actions.summarise(join([Markdown("**⚠️ sameday could not do its work**"), *words], "\n\n", "\n"))
        actions.report("unknown", json.report(Report(())), [])
        raise


def _act(actions: Actions) -> int:
    event = read(actions.word("GITHUB_EVENT_NAME"), actions.payload)
    if isinstance(event, Nothing):  # most comments are: nothing more is even imported
        actions.out.lines([Line(event.reason, "faint")])
        return 0
    if isinstance(event, Proposal):
        from bot.actions.pull import check

        return check(event, actions)
    scheduled = actions.environment.get("SAMEDAY_SCHEDULED") if isinstance(event, ScheduledRun) else None
    if scheduled == "alarm":
        from bot.actions.alarm import alarm

        return alarm(actions)
    if scheduled == "measure":
        from bot.actions.measure import measured

        return measured(actions)
    if isinstance(event, Push | ScheduledRun):
        from bot.actions.merge import merge

        return merge(actions, event if isinstance(event, Push) else None)
    from bot.actions.request import asked

    return asked(event, actions)
