"""Tell on GitHub, and to a webhook, what needs a person: once, again when it changes, and when it is well again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.actions.environment import Actions
from bot.actions.forge import forge
from bot.commands.alarm import Looked, look
from bot.errors import SamedayError
from bot.github.client import Client
from bot.github.issues import WELL, Issues, newest
from bot.release.alarm import Alarm
from bot.report.alarm import alarm_lines, issue, issue_of_away, message
from bot.report.escape import Markdown, fill
from bot.tasks.tell import tell

BACKENDS = "a backend does not answer"


@dataclass(frozen=True, slots=True)
class About:
    """What is said of one experiment, or with the name '' of the backends; nothing is wrong where `text` is empty."""

    name: str
    text: Markdown
    alarms: tuple[Alarm, ...] = ()
    away: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The title of its issue, always the same."""
        return f"sameday: {self.name} needs a person" if self.name else f"sameday: {BACKENDS}"


def alarm(actions: Actions) -> int:
    """Look, and tell. The exit code is 0 where all that is wrong is told, so that GitHub tells of any other end."""
    looked = look(actions.workspace)
    actions.out.lines(alarm_lines(looked.alarms, looked.away, looked.released))
    github = forge(actions)
    wrong = bool(looked.away) or any(looked.alarms.values())
    told = github.say("tell of alarms", lambda client: _tell(client, looked, actions))
    actions.summarise(fill("**{} sameday: {}**\n", *_verdict(looked)))
    return 0 if told or not wrong else 1


def _verdict(looked: Looked) -> tuple[Markdown, str]:
    troubled = sum(bool(each) for each in looked.alarms.values())
    if not troubled and not looked.away:
        return Markdown("✅"), "nothing needs a person"
    words = [f"{troubled} of {looked.released} experiments need a person"] if troubled else []
    return Markdown("⚠️"), "; ".join([*words, *([BACKENDS] if looked.away else [])])


def _abouts(looked: Looked) -> Iterator[About]:
    yield About("", issue_of_away(looked.away), (), looked.away)
    for name, alarms in looked.alarms.items():
        yield About(name, issue(alarms), alarms)


def _tell(client: Client, looked: Looked, actions: Actions) -> None:
    issues = Issues(client, actions.login, actions.git.prefix())
    abouts = list(_abouts(looked))
    titles = {about.title: about.name for about in abouts}
    wrong = any(about.text for about in abouts)
    known = issues.ours(titles, actions.workspace.backends.now() if wrong else None)
    created = False
    for about in abouts:
        told = newest(known.get(about.name, []))
        if about.text:
            new = issues.tell(about.name, about.title, about.text, told)
            created = created or (new and (told is None or not told.open))
        else:
            new = told is not None and told.open
            if told is not None and told.open:
                issues.close(about.name, told, WELL, "completed")
        if new:
            _send(about, actions)
    if created:
        issues.close_doubles(titles)


def _send(about: About, actions: Actions) -> None:
    address = actions.environment.get("SAMEDAY_WEBHOOK", "")
    if not address:
        return
    try:
        tell(address, message(about.name, about.alarms, about.away, actions.page))
    except SamedayError as error:
        actions.trouble("could not tell the webhook", str(error))
