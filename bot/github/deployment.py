"""A deployment per experiment: an environment `sameday/<experiment>` shows on GitHub what is live, since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.answer import Answer
from bot.github.client import PAGE, Client
from bot.ports import Item
from bot.release.summary import ReleaseOutcome
from bot.report.escape import clean, cut

TASK = "sameday"  # what tells our deployments from others
DESCRIPTION = 140  # characters that GitHub takes
STATES: Mapping[str, tuple[str, ...]] = {
    "live": ("success",),
    "retired": ("success", "inactive"),  # success ends what was live before, inactive ends itself
    "failed": ("failure",),
}
"""What is said at the end; everything else stays in progress, for the next release to end."""


@dataclass
class Deployments:
    """The deployments of one release of `commit`; `page` is where its log can be read."""

    client: Client
    commit: str
    page: str
    numbers: dict[tuple[str, str], int] | None = None
    ended: dict[tuple[str, str], str] = field(default_factory=dict)

    def begin(self, item: Item) -> int:
        """Show that the item is being released; what an earlier attempt began is gone on with."""
        key, numbers = _key(item), self._list() if self.numbers is None else self.numbers
        if key in numbers:
            self.numbers = numbers
            return numbers[key]
        self.numbers = None  # until it is certain what was created
        numbers[key] = self._create(key, item.run).count("id")
        self.numbers = numbers
        if item.change != "retired":  # which is over at once
            self._say(numbers[key], "in_progress", f"releasing {item.run}")
        return numbers[key]

    def end(self, outcome: ReleaseOutcome) -> None:
        """Show how the release of an item ended, unless that was said."""
        key = _key(outcome.item)
        states = STATES.get(outcome.state, ())
        if not states or self.ended.get(key) == outcome.state:
            return
        number = self.begin(outcome.item)
        for state in states:
            self._say(number, state, outcome.reason or f"{outcome.item.run} {outcome.state}")
        self.ended[key] = outcome.state

    def take_back(self, now: Item, before: Item | None) -> None:
        """Show that an earlier release serves again, or nothing does."""
        self.numbers = self._list()
        environment, release = _key(now)
        key = (environment, f"rollback of {release}")
        run = before.run if before else "nothing"
        number = self.numbers.get(key) or self._create(key, run).count("id")
        for state in ("success",) if before else ("success", "inactive"):
            self._say(number, state, f"rolled back to {run}")

    def _list(self) -> dict[tuple[str, str], int]:
        """The newest hundred of ours, by what they release."""
        numbers: dict[tuple[str, str], int] = {}
        for deployment in self.client.some("deployments", task=TASK, per_page=PAGE):
            payload = deployment.data.get("payload")
            release = payload.get("release") if isinstance(payload, dict) else None  # else it is somebody else's
            if isinstance(release, str):
                numbers.setdefault((deployment.text("environment"), release), deployment.count("id"))
        return numbers

    def _create(self, key: tuple[str, str], run: str) -> Answer:
        environment, release = key
        body = {
            "ref": self.commit,
            "task": TASK,
            "auto_merge": False,  # else GitHub may merge the branch into it, or wait for checks: this one too
            "required_contexts": [],
            "environment": environment,
            "description": cut(run, DESCRIPTION),
            "payload": {"release": release, "run": run},
        }

        def look() -> Any:
            number = self._list().get(key)
            return None if number is None else {"id": number}

        return self.client.create("deployments", body, look)

    def _say(self, number: int, state: str, description: str) -> None:
        body = {"state": state, "description": cut(clean(description), DESCRIPTION), "log_url": self.page}

        def look() -> Any:
            statuses = self.client.some(f"deployments/{number}/statuses", per_page=1)
            return statuses[0].data if statuses and statuses[0].text("state") == state else None

        self.client.create(f"deployments/{number}/statuses", body, look)


def _key(item: Item) -> tuple[str, str]:
    """What is the same release: its environment, its run, and all that its steps depend on."""
    return f"sameday/{item.experiment}", f"{item.run} {item.digests.get('announce', '')}"
