"""One open issue for each thing that needs a person: found by a hidden marker, or by its title, and by its author."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.answer import Answer
from bot.github.client import Client
from bot.report.escape import Markdown

CLOSED = timedelta(days=30)  # for which an issue that a person closed is remembered
MARK = re.compile(r"<!-- sameday alarm ([0-9a-f]{16}) ([a-z0-9-]{0,63}) ([0-9a-f]{16}) -->\n")
OVER = "0" * 16  # in the place of the digest, once it is well again
CHANGED, WELL, TWICE = "It has changed.", "It is well again.", "Another issue tells of it."


@dataclass(frozen=True, slots=True)
class Told:
    """An issue of ours; `digest` is of what it says, '' where a person has taken the marker away, or it is over."""

    number: int
    open: bool
    digest: str
    text: str
    """What it says, without the marker."""


@dataclass(frozen=True, slots=True)
class Issues:
    """The issues about one folder of a repository. `login` is whose issues are ours."""

    client: Client
    login: str
    folder: str

    def tell(self, name: str, title: str, text: Markdown, told: Told | None) -> bool:
        """Have an open issue say the text, unless a person closed one that says the same; says whether that is new."""
        digest = _short(text)
        if told is not None and told.digest == digest:
            return False
        body = self._marked(name, digest, text)
        if told is not None and told.open:
            self.client.change(f"issues/{told.number}", {"title": title, "body": body})
            self._comment(told.number, f"{CHANGED}\n\n{text}")
            return True
        self.client.create("issues", {"title": title, "body": body}, self._created(name, title))
        return True

    def close(self, name: str, told: Told, why: str, reason: str) -> None:
        """Close an issue, with a word of why; `reason` is one that GitHub knows. The same, once more, is told anew."""
        self._comment(told.number, why)
        over = {"state": "closed", "state_reason": reason, "body": self._marked(name, OVER, told.text)}
        self.client.change(f"issues/{told.number}", over)

    def close_doubles(self, titles: Mapping[str, str]) -> None:
        """Where two told of the same at the same time, the first one stays."""
        for name, issues in self.ours(titles, None).items():
            for told in issues[1:]:
                self.close(name, told, TWICE, "not_planned")

    def ours(self, titles: Mapping[str, str], now: datetime | None) -> dict[str, list[Told]]:
        """Our open issues by the name that they are about, oldest first; with `now` those closed lately, too."""
        found: dict[str, list[Told]] = {}
        for issue in self._listed(now):
            mark = MARK.match(issue.text("body"))
            if issue.part("user").text("login") != self.login or issue.part("pull_request").data:
                continue
            if mark is not None and mark[1] != _short(self.folder):
                continue
            name = mark[2] if mark is not None else titles.get(issue.text("title"))
            if name is not None:
                text = issue.text("body")[mark.end() if mark else 0 :]
                digest = mark[3].replace(OVER, "") if mark else ""
                told = Told(issue.count("number"), issue.text("state") == "open", digest, text)
                found.setdefault(name, []).append(told)
        return {name: sorted(each, key=lambda told: told.number) for name, each in found.items()}

    def _listed(self, now: datetime | None) -> Iterator[Answer]:
        yield from self.client.pages("issues", state="open")
        if now is not None:
            yield from self.client.pages("issues", state="closed", since=f"{now - CLOSED:%Y-%m-%dT%H:%M:%SZ}")

    def _marked(self, name: str, digest: str, text: str) -> str:
        return f"<!-- sameday alarm {_short(self.folder)} {name} {digest} -->\n{text}"

    def _comment(self, number: int, text: str) -> None:
        def look() -> object:
            said = self.client.pages(f"issues/{number}/comments")
            return {} if any(one.text("body") == text for one in said[-1:]) else None

        self.client.create(f"issues/{number}/comments", {"body": text}, look)

    def _created(self, name: str, title: str) -> Callable[[], object]:
        return lambda: {} if any(told.open for told in self.ours({title: name}, None).get(name, ())) else None


def newest(issues: list[Told]) -> Told | None:
    """The issue that counts: the first that is open, else the one that was made last."""
    return next((told for told in issues if told.open), issues[-1] if issues else None)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
