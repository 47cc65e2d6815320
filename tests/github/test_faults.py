"""The fake fails as GitHub does, on demand, and counts who does not wait."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.far.github import KINDS, GitHub
from tests.far.github.asked import BASE, HEAD, Asked


def test_rates(github: GitHub) -> None:
    """80 requests that create content in a minute; then GitHub is closed for a minute, and counts who does not wait."""
    now = 1_000_000.0
    github.clock = lambda: now
    github.pull(5, HEAD, BASE)
    token = github.token()
    statuses = [Asked(github, "POST", "issues/5/comments", {"body": "x"}, token).status for _ in range(81)]
    assert statuses == [201] * 80 + [403]
    answer = Asked(github, "GET", "issues/5/comments")
    assert (answer.status, answer.headers["retry-after"], github.impatient) == (403, "60", 1)
    assert "secondary rate limit" in answer.json["message"]
    now += 60
    answer = Asked(github, "GET", "issues/5/comments")
    assert (answer.status, github.impatient, answer.headers["x-ratelimit-used"]) == (200, 1, "82")
    assert int(answer.headers["x-ratelimit-remaining"]) == 1_000 - 82
    github.rates.hourly = 82
    answer = Asked(github, "GET", "issues/5/comments")
    assert (answer.status, answer.headers["x-ratelimit-remaining"]) == (403, "0")
    now = float(answer.headers["x-ratelimit-reset"])
    assert Asked(github, "GET", "issues/5/comments").status == 200
    assert github.impatient == 1


DONE = {"drop-after", "slow", "html-after"}
LOST = {"drop-before", "drop-after", "slow"}


@pytest.mark.parametrize("kind", KINDS)
def test_fault(github: GitHub, kind: Any) -> None:
    """Each strikes the second request only; what limits holds on until its end."""
    now = 1_000_000.5
    github.clock, github.slow = lambda: now, 0.6
    github.pull(5, HEAD, BASE)
    github.fault(kind, 2)
    url, headers = (
        f"{github.url}/repos/acme/experiments/issues/5/comments",
        {"authorization": f"token {github.token()}"},
    )
    with requests.Session() as session:
        session.headers.update(headers)
        assert session.get(url, timeout=5).status_code == 200
        answer: requests.Response | None = None
        if kind in LOST:
            with pytest.raises(requests.exceptions.RequestException):
                session.post(url, json={"body": "x"}, timeout=0.1)
        else:
            answer = session.post(url, json={"body": "x"}, timeout=5)
            assert answer.status_code == (200 if kind.startswith("html") else int(kind[:3]))
            assert answer.text.startswith("<html>") == (kind in ("502", "html", "html-after"))
        assert len(github.comments(5)) == (kind in DONE)
        if kind[:3] in ("403", "429"):
            assert answer is not None
            assert ("retry-after" in answer.headers) == (kind in ("429", "403-secondary"))
            assert (answer.headers["x-ratelimit-remaining"] == "0") == (kind == "403-primary")
            assert session.get(url, timeout=5).status_code == answer.status_code
            now = float(answer.headers["x-ratelimit-reset"]) if kind == "403-primary" else now + 60
        assert session.get(url, timeout=5).status_code == 200
    assert github.impatient == (kind[:3] in ("403", "429"))
    seen = answer.status_code if answer is not None else 0
    assert github.requests[1].status == (201 if kind in DONE else seen)


@pytest.mark.parametrize("after", [False, True])
def test_kill(github: GitHub, after: bool) -> None:
    github.pull(5, HEAD, BASE)
    heard: list[str] = []
    github.kill_at(1, lambda: heard.append("killed"), after=after)
    with pytest.raises(OSError, match="closed connection"):
        Asked(github, "POST", "issues/5/comments", {"body": "x"})
    assert (heard, len(github.comments(5))) == (["killed"], int(after))
    github.begin()
    assert Asked(github, "POST", "issues/5/comments", {"body": "x"}).status == 201
    assert len(github.requests) == 1
