"""Telling of a flag that a person turned off, or on again: on the pull request that brought it, and to a webhook."""

from __future__ import annotations

from bot.actions.announcer import cause
from bot.actions.environment import Actions
from bot.actions.forge import Forge
from bot.errors import SamedayError
from bot.github import comment, pulls
from bot.github.client import Client
from bot.ports import Entry
from bot.report.turned import turned_message, turned_text
from bot.tasks.tell import tell


def announce(entry: Entry, actor: str, github: Forge, actions: Actions) -> None:
    """Tell both, as far as they can be reached; the flag is turned whether or not they can."""
    text = turned_text(entry, actor)
    actions.summarise(text)
    github.say("comment on the pull request", lambda client: _comment(client, entry, actor, actions))
    if address := actions.environment.get("SAMEDAY_WEBHOOK", ""):
        try:
            tell(address, turned_message(entry, actor, actions.page))
        except SamedayError as error:
            actions.trouble("could not tell the webhook", str(error))


def _comment(client: Client, entry: Entry, actor: str, actions: Actions) -> None:
    workspace, name = actions.workspace, entry.item.experiment
    commit = cause(workspace, entry.commit, name) if workspace.git.has(entry.commit) else entry.commit
    pull = pulls.of_commit(client, commit)
    if pull is not None:
        about = f"{workspace.git.prefix()} {name} {entry.step} {entry.version}"
        comment.post(client, pull.number, actions.login, about, turned_text(entry, actor))
