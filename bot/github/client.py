"""One repository on GitHub, asked with patience: limits are obeyed, nothing is created twice, waiting has an end.

PyGithub carries the requests. Its own retries repeat a POST that took effect, never repeat a PATCH, and may sleep for
an hour, so they are off; what is repeated here, and when, follows GitHub's rules for its limits.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.answer import Answer, answer, answers
from bot.errors import Refused, Unreachable

if TYPE_CHECKING:
    from github.Requester import Requester

TIMEOUT = 10  # seconds for one answer
TRIES = 5  # of one request
FIRST_WAIT = 1.0  # seconds before the first repetition of what failed; doubled each time
LIMIT_WAIT = 60.0  # seconds GitHub asks for where a secondary limit names none
REST = 60.0  # seconds in which GitHub is not asked again once a request was given up
PAGE = 100  # of a list, at most
WRITES = 70  # in a minute; GitHub refuses from the 80th
PAGES = 100  # of a list; GitHub takes 2,500 comments on a pull request, and shows 1,000 check suites of a commit
LEFT = "x-ratelimit-remaining"
NUMBER = re.compile(r"[0-9]{1,12}\Z")  # of seconds, since whenever
GITHUB = "GitHub"


class Forbidden(Refused):
    """The token may not do this (or, what GitHub does not tell apart, the thing is not there)."""


class BadToken(Forbidden):
    """GitHub does not know the token: it may do nothing at all."""


class Invalid(Refused):
    """GitHub does not take what was sent."""


class _Later(Exception):
    """Not now: what happened, when to ask again at the soonest, and whether the request may have taken effect."""

    def __init__(self, cause: str, wait: float | None = None, *, landed: bool = True) -> None:
        super().__init__(cause)
        self.wait, self.landed = wait, landed


@dataclass
class Patience:
    """How long GitHub's troubles are borne; `left` seconds of them, over all requests together."""

    left: float
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    timeout: int = TIMEOUT


@dataclass
class Client:
    """Requests to one repository. Raises Forbidden, Invalid, or Unreachable when patience ends."""

    requester: Requester
    repository: str
    patience: Patience
    closed: float = 0.0
    """The moment before which GitHub is not to be asked."""
    writes: deque[float] = field(default_factory=lambda: deque(maxlen=WRITES))

    def get(self, path: str, **query: str | int) -> Answer:
        """One resource below the repository."""
        return answer(self._repeat("GET", path, query, None, None), GITHUB)

    def some(self, path: str, **query: str | int) -> list[Answer]:
        """The first elements of a list."""
        return answers(self._repeat("GET", path, query, None, None), GITHUB)

    def pages(self, path: str, key: str = "", **query: str | int) -> list[Answer]:
        """Every element of a list; `key` leads to it where the list is not the whole answer."""
        elements: list[Answer] = []
        for number in range(1, PAGES + 1):
            page = self._repeat("GET", path, {**query, "per_page": PAGE, "page": number}, None, None)
            part = answers(page.get(key) if key and isinstance(page, dict) else page, GITHUB)
            elements += part
            if len(part) < PAGE:
                return elements
        raise Unreachable(f"GitHub answers {path} with a list that has no end")

    def change(self, path: str, body: Mapping[str, Any], look: Callable[[], Any] | None = None) -> Answer:
        """Change a resource; where doing so twice is more than once, `look` finds whether it took effect."""
        return answer(self._repeat("PATCH", path, {}, body, look), GITHUB)

    def delete(self, path: str) -> None:
        """Remove a resource; one that is gone already is as good."""
        try:
            self._repeat("DELETE", path, {}, None, None)
        except Forbidden:
            if self._gone(path):
                return
            raise

    def create(self, path: str, body: Mapping[str, Any], look: Callable[[], Any]) -> Answer:
        """Create a resource once: after an answer that was lost, `look` finds what may be there already (or None)."""
        return answer(self._repeat("POST", path, {}, body, look), GITHUB)

    def _gone(self, path: str) -> bool:
        try:
            self.get(path)
        except Forbidden:
            return True
        return False

    def _repeat(
        self,
        verb: str,
        path: str,
        query: Mapping[str, Any],
        body: Mapping[str, Any] | None,
        look: Callable[[], Any] | None,
    ) -> Any:
        wait = FIRST_WAIT
        for left in range(TRIES - 1, -1, -1):
            self._wait_until(self.closed)
            if verb != "GET":
                self._pace()
            began = self.patience.clock()
            try:
                return self._once(verb, path, query, body)
            except _Later as error:
                now = self.patience.clock()
                self.patience.left -= now - began
                pause = wait if error.wait is None else error.wait
                if not left or pause > self.patience.left:
                    self.closed = max(self.closed, now + max(REST, pause))
                    raise Unreachable(f"GitHub did not take {verb} {path}: {error}") from None
                wait *= 2
                self._wait_until(now + pause)
                effect = look() if look is not None and error.landed else None
                if effect is not None:
                    return effect
        raise AssertionError  # the last try returns or raises

    def _wait_until(self, moment: float) -> None:
        pause = moment - self.patience.clock()
        if pause <= 0:
            return
        if pause > self.patience.left:
            raise Unreachable(f"GitHub is not asked for another {pause:.0f} s")
        self.patience.left -= pause
        self.patience.sleep(pause)

    def _pace(self) -> None:
        """Stay below what GitHub takes in a minute; a pause of our own is no trouble, and uses no patience up."""
        now = self.patience.clock()
        if len(self.writes) == WRITES and now - self.writes[0] < LIMIT_WAIT:
            self.patience.sleep(LIMIT_WAIT - (now - self.writes[0]))
        self.writes.append(self.patience.clock())

    def _once(self, verb: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any] | None) -> Any:
        import requests
        from github import GithubException

        url = f"/repos/{self.repository}/{path}"
        try:
            _, data = self.requester.requestJsonAndCheck(
                verb, url, parameters=dict(query) or None, input=dict(body) if body is not None else None
            )
        except GithubException as error:
            raise self._understood(error) from None
        except requests.exceptions.RequestException as error:
            raise _Later(type(error).__name__) from None
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            raise _Later("the answer was no JSON") from None  # or such as PyGithub stumbles over
        # PyGithub hands a proxy's HTML over as {"data": "<html>..."}, and gives what was got its `url`.
        if verb != "DELETE" and (data is None or (isinstance(data, dict) and set(data) <= {"data", "url"})):
            raise _Later("the answer was no JSON")
        return data

    def _understood(self, error: Any) -> Exception:
        headers = {str(k).lower(): str(v) for k, v in (error.headers or {}).items()}
        message = str((error.data or {}).get("message", "") if isinstance(error.data, dict) else "")
        status = int(error.status)
        if status == 429 or (status == 403 and ("rate limit" in message.lower() or headers.get(LEFT) == "0")):
            pause = self._pause(headers)
            return _Later(f"{status}, a rate limit for another {pause:.0f} s", pause, landed=False)
        if status >= 500:
            return _Later(str(status))
        if status in (400, 409, 422):
            return Invalid(f"GitHub refused it ({status}): {message} {_details(error.data)}".strip())
        return (BadToken if status == 401 else Forbidden)(f"GitHub refused it ({status}): {message}")

    def _pause(self, headers: Mapping[str, str]) -> float:
        """Seconds to wait, in the order GitHub gives: what it says, when the hour is over, else a minute."""
        after = headers.get("retry-after", "")
        if NUMBER.match(after):
            return float(after)
        reset = headers.get("x-ratelimit-reset", "")
        if headers.get(LEFT) == "0" and NUMBER.match(reset):
            return max(float(reset) - self.patience.clock(), 1.0)
        return LIMIT_WAIT


def _details(data: Any) -> str:
    errors = data.get("errors") if isinstance(data, dict) else []
    errors = errors if isinstance(errors, list) else [errors]
    return "; ".join(str(e.get("message") or e.get("field", "")) if isinstance(e, dict) else str(e) for e in errors)


def connect(token: str, url: str, repository: str, patience: Patience) -> Client:
    """A client for `owner/name` behind the API at `url`."""
    from github import Auth, Github

    github = Github(
        auth=Auth.Token(token), base_url=url, retry=None, timeout=patience.timeout,
        seconds_between_requests=0, seconds_between_writes=0,
    )  # fmt: skip
    return Client(github.requester, repository, patience)
