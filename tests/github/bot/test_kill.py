"""Runs that are killed at any request, and runs at the same time: in the end it is as if there had been one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.far.github import payloads
from tests.far.github.views import BOT
from tests.github.bot.conftest import BROKEN, Hosted, Ran

pytestmark = pytest.mark.slow

SIGNALS = [("SIGKILL", True), ("SIGTERM", False)]  # after the request took effect; before


def broken(hosted: Hosted, number: int) -> Any:
    """The event of a new pull request with a problem."""
    hosted.repo.git("checkout", "-q", "main")
    hosted.branch(f"change-{number}")
    hosted.write(BROKEN)
    return hosted.proposed("opened", number)


def merged(hosted: Hosted, number: int) -> Any:
    """The event of a merge that brings an experiment."""
    hosted.branch(f"change-{number}")
    hosted.put(f"reco-{number}")
    return hosted.merge(f"change-{number}", number)


def killed(hosted: Hosted, name: str, payload: Any, at: int, how: str, after: bool) -> None:
    """Run the workflow until a request, at which it is killed."""
    hosted.github.begin()
    started: list[Any] = []
    hosted.github.kill_at(at, lambda: getattr(started[0], "kill" if how == "SIGKILL" else "terminate")(), after=after)
    started.append(hosted.start(name, payload))
    started[0].communicate(timeout=60)
    assert started[0].returncode < 0
    assert len(hosted.github.requests) == at
    hosted.github.begin()


def said(ran: Ran) -> tuple[int, str, str]:
    """The verdict, wherever a workflow reads it."""
    return ran.code, ran.outputs["verdict"], ran.outputs["released"]


@pytest.mark.parametrize(("how", "after"), SIGNALS)
def test_a_check_that_is_killed_and_run_again(hosted: Hosted, how: str, after: bool) -> None:
    calm = hosted.bot("pull_request", broken(hosted, 10))
    for at in range(1, len(calm.requests) + 1):
        payload, number = broken(hosted, 10 + at), 10 + at
        killed(hosted, "pull_request", payload, at, how, after)
        ran = hosted.bot("pull_request", payload, again=True)
        assert said(ran) == said(calm)
        (comment,) = hosted.ours(number)
        assert "❌ sameday: 1 problem to fix" in comment
        (shown,) = hosted.github.check_runs(hosted.head())
        assert (shown["status"], shown["conclusion"], len(shown["annotations"])) == ("completed", "failure", 1)
        assert len(hosted.github.review_comments(number)) == 1


@pytest.mark.parametrize(("how", "after"), SIGNALS)
def test_a_release_that_is_killed_and_run_again(hosted: Hosted, how: str, after: bool) -> None:
    hosted.bot("schedule", payloads.schedule())  # the first release takes what it finds as live
    calm = hosted.bot("push", merged(hosted, 10))
    runs = hosted.repo.root / ".sameday" / "engine" / "runs"
    for at in range(1, len(calm.requests) + 1):
        payload, name = merged(hosted, 10 + at), f"reco-{10 + at}"
        killed(hosted, "push", payload, at, how, after)
        ran = hosted.bot("push", payload, again=True)
        assert (ran.code, ran.outputs["verdict"]) == (calm.code, calm.outputs["verdict"])
        (comment,) = hosted.ours(10 + at)
        assert f"<code>{name}</code> is live" in comment
        assert [d["state"] for d in hosted.github.deployments(f"sameday/{name}")] == ["success"]
        assert len([run for run in runs.iterdir() if run.name.startswith(f"{name}-")]) == 1
        assert hosted.bot("schedule", payloads.schedule()).requests == []


def test_two_runs_at_the_same_time(hosted: Hosted) -> None:
    for number in (10, 11, 12):
        payload = broken(hosted, number)
        both = [hosted.start("pull_request", payload) for _ in range(2)]
        for process in both:
            process.communicate(timeout=60)
        assert [process.returncode for process in both] == [1, 1]
        assert len(hosted.ours(number)) == 1


def race(hosted: Hosted) -> tuple[Any, str]:
    """An older run has its comment; the event of the next push, whose run sees none yet, and the older text."""
    hosted.bot("pull_request", broken(hosted, 7))
    (older,) = hosted.ours()
    hosted.put()
    return hosted.proposed("opened"), older


def test_the_newest_has_the_say_though_an_older_run_removed_its_comment(hosted: Hosted) -> None:
    payload, _ = race(hosted)
    comments = hosted.github.repository.comments
    hosted.github.begin()
    hosted.github.kill_at(2, lambda: comments.pop(max(comments)))  # as the first is kept, when both wrote one
    assert hosted.bot("pull_request", payload).code == 0
    (comment,) = hosted.ours()
    assert "ready to merge" in comment


def test_the_newest_has_the_say_though_an_older_run_wrote_first(hosted: Hosted) -> None:
    payload, older = race(hosted)
    comments = hosted.github.repository.comments
    comments.clear()
    hosted.github.begin()
    hosted.github.kill_at(1, lambda: hosted.github.comment(7, BOT, older))  # and ours is lost
    assert hosted.bot("pull_request", payload).code == 0
    (comment,) = hosted.ours()
    assert "ready to merge" in comment
