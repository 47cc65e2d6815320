"""What needs a person is an issue on GitHub, and a message to a webhook: once, again when it changes, then closed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.far.github import issues as far
from tests.far.github import payloads
from tests.github.bot.conftest import Hosted, Ran

pytestmark = pytest.mark.slow

TITLE = "sameday: reco needs a person"
BOT = "github-actions[bot]"


@pytest.fixture
def live(hosted: Hosted) -> Hosted:
    """An experiment that is live, and the hourly look."""
    hosted.now = time.time()
    hosted.bot("schedule", payloads.schedule())  # the first release takes what it finds as live
    hosted.put()
    assert hosted.bot("schedule", payloads.schedule()).code == 0
    hosted.environment["SAMEDAY_SCHEDULED"] = "alarm"
    return hosted


def alarm(hosted: Hosted) -> Ran:
    """The hourly look."""
    return hosted.bot("schedule", payloads.schedule())


def lose(hosted: Hosted, *parts: str) -> None:
    """Something of what is live is gone."""
    hosted.repo.root.joinpath(".sameday", *parts).unlink()


def flag(hosted: Hosted) -> None:
    """Its flag is gone."""
    lose(hosted, "flags", "experiments.flagd.json")


def shown(hosted: Hosted) -> list[tuple[int, str, str]]:
    """The issues: number, state, title."""
    return [(one["number"], one["state"], one["title"]) for one in hosted.github.alarms()]


def said(hosted: Hosted, number: int) -> list[str]:
    """The first lines of our comments on an issue."""
    return [body.splitlines()[0] for body in hosted.ours(number)]


def test_nothing_is_said_of_what_is_well(live: Hosted) -> None:
    ran = alarm(live)
    assert (ran.code, shown(live), ran.requests) == (0, [], [("GET", "issues")])
    assert ran.summary == "**✅ sameday: <code>nothing needs a person</code>**\n"


def test_told_once_and_closed_when_it_is_well(live: Hosted) -> None:
    flag(live)
    assert alarm(live).code == 0
    assert shown(live) == [(1, "open", TITLE)]
    (issue,) = live.github.alarms()
    text = issue["body"].split("\n", 1)[1]
    assert text == (
        "- **gone**: the flag reco is gone\n"
        "  the next release puts it back&#58; Run workflow with <code>release</code>, or <code>sameday release</code>\n"
    )
    assert [method for method, _ in alarm(live).requests] == ["GET", "GET"], "it is told"
    live.environment.pop("SAMEDAY_SCHEDULED")
    alarm(live)  # a release, which puts the flag back
    live.environment["SAMEDAY_SCHEDULED"] = "alarm"
    alarm(live)
    assert shown(live) == [(1, "closed", TITLE)]
    assert said(live, 1) == ["It is well again."]
    flag(live)
    alarm(live)
    assert shown(live) == [(1, "closed", TITLE), (2, "open", TITLE)], "that is another time"


def test_told_again_when_it_changes(live: Hosted) -> None:
    flag(live)
    alarm(live)
    lose(live, "engine", "schedules", "reco.json")
    alarm(live)
    (issue,) = live.github.alarms()
    assert "the schedule of reco is gone" in issue["body"]
    assert said(live, 1) == ["It has changed."]
    alarm(live)
    assert len(live.ours(1)) == 1


def test_an_issue_that_a_person_closed_stays_closed_until_something_changes(live: Hosted) -> None:
    flag(live)
    alarm(live)
    live.github.repository.opened[1].update(state="closed")
    alarm(live)
    assert shown(live) == [(1, "closed", TITLE)]
    lose(live, "engine", "schedules", "reco.json")
    alarm(live)
    assert shown(live) == [(1, "closed", TITLE), (2, "open", TITLE)]


@pytest.mark.parametrize("edited", [{"body": "we are on it"}, {"title": "reco is broken"}])
def test_an_issue_that_a_person_edited_is_still_ours(live: Hosted, edited: dict[str, str]) -> None:
    flag(live)
    alarm(live)
    live.github.repository.opened[1].update(edited)
    alarm(live)
    assert len(shown(live)) == 1


def test_somebody_elses_issue_is_none_of_ours(live: Hosted) -> None:
    flag(live)
    alarm(live)
    theirs = dict(live.github.alarms()[0])
    live.github.repository.opened.clear()
    far.open_issue(live.github.repository, "mallory", theirs["title"], theirs["body"])
    alarm(live)
    assert [(one["user"]["login"], one["state"]) for one in live.github.alarms()] == [
        ("mallory", "open"),
        (BOT, "open"),
    ]


def test_two_at_once_leave_one_issue(live: Hosted) -> None:
    """Another look makes its own issue between our look for one and the making of ours; its answer we get never."""
    flag(live)
    alarm(live)
    twin = dict(live.github.alarms()[0])
    live.github.repository.opened.clear()
    live.github.begin()
    live.github.kill_at(2, lambda: far.open_issue(live.github.repository, BOT, twin["title"], twin["body"]), after=True)
    ran = alarm(live)
    assert [state for _, state, _ in shown(live)] == ["open", "closed"], ran.requests
    assert said(live, 3) == ["Another issue tells of it."]


def test_what_cannot_be_told_fails_so_that_github_tells_it(live: Hosted) -> None:
    flag(live)
    live.token = live.github.token("write", deny={"issues"})
    ran = alarm(live)
    assert ran.code == 1
    assert "could not tell of alarms" in ran.out
    live.token = ""
    assert alarm(live).code == 1


def test_backends_that_do_not_answer(live: Hosted) -> None:
    flag(live)
    alarm(live)
    ledger = live.repo.root / ".sameday" / "ledger.sqlite"
    kept = ledger.read_bytes()
    ledger.write_bytes(b"no database")
    assert alarm(live).code == 0
    away = "sameday: a backend does not answer"
    assert shown(live) == [(1, "open", TITLE), (2, "open", away)], "of the experiment nothing is known"
    ledger.write_bytes(kept)
    alarm(live)
    assert shown(live) == [(1, "open", TITLE), (2, "closed", away)]


def test_the_webhook_is_told_as_often_as_the_issue(live: Hosted, chat: tuple[str, list[Any]]) -> None:
    live.environment["SAMEDAY_WEBHOOK"], messages = chat
    flag(live)
    alarm(live)
    alarm(live)
    (message,) = messages
    assert message["text"] == "sameday: reco: gone: the flag reco is gone"
    assert message["alarms"][0]["kind"] == "gone"
    Path(live.repo.root, "experiments", "reco.yaml").unlink()
    live.repo.commit()
    live.environment.pop("SAMEDAY_SCHEDULED")
    alarm(live)
    live.environment["SAMEDAY_SCHEDULED"] = "alarm"
    alarm(live)
    assert [one["text"] for one in messages[1:]] == ["sameday: reco is well again"]
