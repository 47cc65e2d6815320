"""What happened on GitHub, as small values: a webhook's payload is taken apart here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from bot.answer import Answer, Nonsense, answer
from bot.errors import UsageError

Verb = Literal["check", "release", "backfill", "rollback", "off", "on"]
VERBS: Mapping[str, Verb] = {verb: verb for verb in get_args(Verb)}
NAMED: Mapping[str, str] = {"backfill": "fill", "rollback": "roll back", "off": "turn off", "on": "turn on"}
"""The verbs that need an experiment's name, and how one says them."""
SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")
DIGITS = re.compile(r"[0-9]{1,18}\Z")  # of a pull request's number
ZERO = re.compile(r"0+\Z")
WORD = "/sameday"  # what a comment begins with that is a command
DEPENDABOT = "dependabot[bot]"  # its pull requests get what a fork's get: no secrets, a token that only reads


@dataclass(frozen=True, slots=True)
class Proposal:
    """Commits that somebody wants to merge; `number` is None for a group of the merge queue.

    `trusted` is False where GitHub gives no secrets and a token that only reads: forks and Dependabot.
    """

    number: int | None
    head: str
    base: str
    trusted: bool = True
    released: bool = True
    """Whether it goes into the default branch, which is what is released."""
    fresh: bool = False
    """Whether the pull request was just opened, so that nothing can have been said on it."""


@dataclass(frozen=True, slots=True)
class Push:
    """Commits that reached the default branch; `before` is None where that is not known."""

    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """The time has come to catch up."""


@dataclass(frozen=True, slots=True)
class Request:
    """A person asked for something: by a dispatch, or by a comment (which is yet to be authorised)."""

    verb: Verb
    actor: str
    experiment: str = ""
    day: date | None = None
    last: date | None = None
    """The last of several days, of which `day` is the first."""
    number: int | None = None
    """The pull request: where the comment stands, or which one to check."""
    comment: int | None = None
    commit: str = ""
    """The commit that the person has looked at and wants checked, or ''."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Not for us, and why."""

    reason: str


Event = Proposal | Push | ScheduledRun | Request | Nothing


def read(name: str, payload: Mapping[str, Any]) -> Event:
    """The event `name` with its payload as a value; raises UsageError where the payload is not what GitHub sends."""
    if name in READ:
        try:
            return READ[name](answer(payload, "its payload"))
        except Nonsense as error:
            raise UsageError(f"the event {name} is not what GitHub sends: {error}") from None
    if name == "schedule":
        return ScheduledRun()
    if name in ("pull_request_target", "workflow_run"):
        raise UsageError(f"the event {name} runs with secrets beside code of a stranger; use `pull_request`")
    return Nothing(f"there is nothing to do for the event {name}")


def _pull_request(payload: Answer) -> Event:
    action, pull = _line(payload, "action"), payload.part("pull_request")
    if action == "closed":
        return Nothing("there is nothing to do when a pull request is closed")
    # Whatever else happened to it is checked in full: a run that passed without a look would stand in the place of
    # the one before, so that a new title or label turned a failed check green.
    sender = payload.part("sender").word("login")
    trusted = not is_fork(pull) and sender != DEPENDABOT
    return proposal(pull, trusted=trusted, fresh=action == "opened")


def proposal(pull: Answer, *, trusted: bool, fresh: bool = False) -> Proposal:
    """A pull request as GitHub describes it, in an event or when it is asked for."""
    base = pull.part("base")
    released = base.word("ref") == base.part("repo").word("default_branch")
    return Proposal(pull.count("number"), sha(pull.part("head")), sha(base), trusted, released, fresh)


def is_fork(pull: Answer) -> bool:
    """Whether a pull request comes from another repository, or from one that is gone."""
    head = pull.part("head").part("repo")
    return not head.data or head.count("id") != pull.part("base").part("repo").count("id")


def sha(side: Answer, key: str = "sha") -> str:
    """A commit's id, which goes into commands and addresses: nothing else may stand there."""
    commit = side.text(key)
    if not SHA.match(commit):
        raise side.wrong(key, "a commit's id")
    return commit


def _line(part: Answer, key: str) -> str:
    """A word that is said again in the log, where a second line could be a command."""
    value = part.word(key)
    if not value.isprintable():
        raise part.wrong(key, "a word")
    return value


def _merge_group(payload: Answer) -> Event:
    action = _line(payload, "action")
    if action != "checks_requested":
        return Nothing(f"there is nothing to do when a merge group is {action}")
    group = payload.part("merge_group")
    return Proposal(None, sha(group, "head_sha"), sha(group, "base_sha"))


def _push(payload: Answer) -> Event:
    branch = _line(payload.part("repository"), "default_branch")
    if payload.word("ref") != f"refs/heads/{branch}":
        return Nothing(f"only what reaches the default branch, {branch}, is released")
    if payload.truth("deleted"):
        return Nothing("the branch was deleted")
    before = sha(payload, "before")
    return Push(None if ZERO.match(before) else before, sha(payload, "after"))


def _dispatch(payload: Answer) -> Event:
    inputs = payload.part("inputs")
    given = {key: inputs.text(key).strip() for key, value in inputs.data.items() if isinstance(value, str)}
    branch, actor = _line(payload.part("repository"), "default_branch"), payload.part("sender").word("login")
    if payload.word("ref") != f"refs/heads/{branch}":
        raise UsageError(f"start the workflow from the default branch, {branch}: only that is released")
    verb = VERBS.get(given.get("command") or "release")
    if verb is None:
        raise UsageError(f"the input `command` is one of {', '.join(VERBS)}")
    number = _number(given.get("pull-request", ""))
    if verb == "check" and number is None:
        raise UsageError("the input `pull-request` says which one to check")
    name, commit = _experiment(verb, given.get("experiment", "")), given.get("commit", "")
    if commit and not SHA.match(commit):
        raise UsageError("the input `commit` is a commit's whole id: 40 digits of 0-9 and a-f")
    first, _, last = given.get("date", "").partition("..")
    return Request(verb, actor, name, _day(first.strip()), _day(last.strip()), number, commit=commit)


def _number(text: str) -> int | None:
    if text and not DIGITS.match(text):
        raise UsageError("the input `pull-request` is a number")
    return int(text) if text else None


def _experiment(verb: Verb, name: str) -> str:
    if name and not NAME.match(name):
        raise UsageError("the input `experiment` is an experiment's name: lower case letters, digits, hyphens")
    if not name and verb in NAMED:
        raise UsageError(f"the input `experiment` says which experiment to {NAMED[verb]}")
    return name


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(
            "the input `date` is a date such as 2026-11-30, or several such as 2026-11-28..2026-11-30"
        ) from None


def _comment(payload: Answer) -> Event:
    issue, comment = payload.part("issue"), payload.part("comment")
    if payload.word("action") != "created" or not issue.part("pull_request").data:
        return Nothing("only a new comment on a pull request can be a command")
    words = comment.text("body").split("\n", 1)[0].split()
    if words[:1] != [WORD]:
        return Nothing(f"the comment does not begin with {WORD}")
    verb = VERBS.get(words[1]) if len(words) > 1 else None
    name = words[2] if len(words) > 2 else ""
    if verb is None or verb == "backfill" or len(words) > 3 or (name and not _fits(verb, name)):
        others = ", ".join(
            f"`{WORD} {one}`" for one in ("check [COMMIT]", "release [NAME]", "rollback NAME", "off NAME")
        )
        return Nothing(f"a command reads {others} or `{WORD} on NAME`")
    if verb in NAMED and not name:
        return Nothing(f"this needs a name: `{WORD} {verb} NAME`")
    author, number = comment.part("user").word("login"), issue.count("number")
    commit, experiment = (name, "") if verb == "check" else ("", name)
    return Request(verb, author, experiment, number=number, comment=comment.count("id"), commit=commit)


def _fits(verb: Verb, word: str) -> bool:
    """Whether a comment's last word is what its verb takes: a whole commit, for parts of one can be made to agree."""
    return (SHA if verb == "check" else NAME).match(word) is not None


READ: Mapping[str, Callable[[Answer], Event]] = {
    "pull_request": _pull_request, "merge_group": _merge_group, "push": _push, "workflow_dispatch": _dispatch,
    "issue_comment": _comment,
}  # fmt: skip
