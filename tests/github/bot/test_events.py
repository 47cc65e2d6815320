"""What happened on GitHub becomes a small value; what GitHub does not send is refused in one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.errors import UsageError
from bot.github.event import Event, Nothing, Proposal, Push, Request, ScheduledRun, read
from tests.far.github import payloads
from tests.far.github.payloads import BASE, HEAD
from tests.github.bot.conftest import Hosted

PULL = Proposal(5, HEAD, BASE)
VALUES: dict[str, Event] = {
    "opened": Proposal(5, HEAD, BASE, fresh=True),
    "synchronize": PULL,
    "reopened": PULL,
    "ready_for_review": PULL,
    "closed": Nothing("there is nothing to do when a pull request is closed"),
    "merged": Nothing("there is nothing to do when a pull request is closed"),
    "fork": Proposal(5, HEAD, BASE, trusted=False, fresh=True),
    "deleted fork": Proposal(5, HEAD, BASE, trusted=False),
    "dependabot": Proposal(5, HEAD, BASE, trusted=False, fresh=True),
    "merge group": Proposal(None, HEAD, BASE),
    "push": Push(BASE, HEAD),
    "new branch": Push(None, HEAD),
    "forced": Push(BASE, HEAD),
    "other branch": Nothing("only what reaches the default branch, main, is released"),
    "tag": Nothing("only what reaches the default branch, main, is released"),
    "deleted": Nothing("the branch was deleted"),
    "dispatch": Request("release", "ada"),
    "dispatch of a check": Request("check", "ada", number=5),
    "schedule": ScheduledRun(),
    "comment": Request("check", "ada", number=5, comment=77),
    "comment on an issue": Nothing("only a new comment on a pull request can be a command"),
    "comment edited": Nothing("only a new comment on a pull request can be a command"),
}


def test_every_case_has_its_value() -> None:
    assert VALUES.keys() == payloads.CASES.keys()


@pytest.mark.parametrize("case", payloads.CASES)
def test_every_event_is_read(case: str) -> None:
    assert read(*payloads.payload(case)) == VALUES[case]


@pytest.mark.parametrize("case", [case for case, value in VALUES.items() if isinstance(value, Nothing)])
def test_what_is_not_ours_costs_no_request(hosted: Hosted, case: str) -> None:
    ran = hosted.bot(*payloads.payload(case))
    assert (ran.code, ran.requests, ran.summary) == (0, [], "")


def test_an_unknown_event_costs_no_request(hosted: Hosted) -> None:
    ran = hosted.bot("watch", {"action": "started"})
    assert (ran.code, ran.requests) == (0, [])


@pytest.mark.parametrize("name", ["pull_request_target", "workflow_run"])
def test_events_with_secrets_beside_foreign_code_are_refused(hosted: Hosted, name: str) -> None:
    ran = hosted.bot(name, payloads.pull_request())
    assert (ran.code, ran.requests) == (2, [])
    assert "use `pull_request`" in ran.out
    assert "could not do its work" in ran.summary


# https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
ACTIONS = (
    "assigned", "auto_merge_disabled", "auto_merge_enabled", "closed", "converted_to_draft", "demilestoned", "dequeued",
    "edited", "enqueued", "labeled", "locked", "milestoned", "opened", "ready_for_review", "reopened",
    "review_request_removed", "review_requested", "synchronize", "unassigned", "unlabeled", "unlocked",
)  # fmt: skip
PAGE = (Path(__file__).parents[3] / "docs" / "platform" / "github.md").read_text(encoding="utf-8")
ROWS = {
    action: (starts, done)
    for actions, starts, done in re.findall(r"^\| (`[a-z_`, ]+`) \| (yes|no) \| (.*?) \|$", PAGE, re.MULTILINE)
    for action in re.findall("[a-z_]+", actions)
}


def test_every_action_of_a_pull_request_has_a_row() -> None:
    assert tuple(sorted(ROWS)) == ACTIONS


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_what_its_row_says(action: str) -> None:
    starts, done = ROWS[action]
    event = read("pull_request", payloads.pull_request(action))
    assert isinstance(event, Nothing if done.startswith("nothing") else Proposal)
    workflow = (Path(__file__).parents[2] / "init" / "golden" / "plain" / "sameday.yml").read_text(encoding="utf-8")
    types = re.findall("[a-z_]+", re.search(r"types: \[(.*?)\]", workflow)[1])  # type: ignore[index]
    assert (action in types) is (starts == "yes")


def parts(value: Any, route: tuple[Any, ...] = ()) -> Any:
    """The routes to everything in a payload."""
    for key, part in value.items() if isinstance(value, dict) else ():
        yield (*route, key)
        yield from parts(part, (*route, key))


def changed(payload: Any, route: tuple[Any, ...], new: Any) -> Any:
    """The payload with one part replaced, or (...) left out."""
    if not route:
        return new
    rest = {key: part for key, part in payload.items() if key != route[0]}
    if len(route) == 1 and new is ...:
        return rest
    return rest | {route[0]: changed(payload[route[0]], route[1:], new)}


WRONG: list[Any] = [..., None, 7, "x", "", [], ["x"], {}, True, "é\n::error::x", "0" * 5_000, -1.5]


@pytest.mark.parametrize("case", payloads.CASES)
def test_odd_payloads_are_read_or_refused_in_one_line(case: str) -> None:
    name, payload = payloads.payload(case)
    for route in parts(payload):
        for wrong in WRONG:
            try:
                found = read(name, changed(payload, route, wrong))
                said = found.reason if isinstance(found, Nothing) else ""
            except UsageError as error:
                said = str(error)
            assert "\n" not in said, (route, wrong)


EVIL = ["--upload-pack=x", "main", "HEAD", "a" * 39, "a" * 41, "A" * 40, "a" * 40 + "\n", "../../x", "$(id)"]


@pytest.mark.parametrize("evil", EVIL)
def test_only_a_commit_is_a_commit(hosted: Hosted, evil: str) -> None:
    for name, payload in (
        ("pull_request", payloads.pull_request(head=evil)), ("pull_request", payloads.pull_request(base=evil)),
        ("merge_group", payloads.merge_group(head=evil)), ("merge_group", payloads.merge_group(base=evil)),
        ("push", payloads.push(before=evil)), ("push", payloads.push(after=evil)),
    ):  # fmt: skip
        ran = hosted.bot(name, payload)
        assert (ran.code, ran.requests) == (2, [])
        assert len(ran.out.splitlines()) == 1


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"command": "deploy"}, "`command` is one of check, release, backfill, rollback"),
        ({"experiment": "../x"}, "`experiment` is an experiment's name"),
        ({"experiment": "-x"}, "`experiment` is an experiment's name"),
        ({"command": "rollback"}, "says which experiment to roll back"),
        ({"command": "backfill"}, "says which experiment to fill"),
        ({"command": "backfill", "experiment": "reco", "date": "yesterday"}, "`date` is a date"),
        ({"command": "check"}, "says which one to check"),
        ({"command": "check", "pull-request": "7/files"}, "`pull-request` is a number"),
        ({"command": "check", "pull-request": "\uff17"}, "`pull-request` is a number"),
    ],
)
def test_a_dispatch_with_wrong_inputs_says_which(hosted: Hosted, inputs: dict[str, str], said: str) -> None:
    ran = hosted.bot("workflow_dispatch", payloads.workflow_dispatch(inputs))
    assert (ran.code, ran.requests) == (2, [])
    assert said in ran.out


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00"])
def test_a_payload_that_is_none_is_refused(hosted: Hosted, text: str) -> None:
    place = hosted.temp / "other.json"
    place.write_text(text, encoding="utf-8")
    hosted.environment = {"GITHUB_EVENT_PATH": str(place)}
    ran = hosted.bot("push", {})
    assert (ran.code, ran.requests) == (2, [])
    assert "is no payload of an event" in ran.out
