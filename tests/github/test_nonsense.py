"""GitHub, or what is in the way to it, answers or sends nonsense: that is told in a sentence, whatever it is."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.errors import SamedayError, Unreachable, UsageError
from bot.finding import Report
from bot.github import check_run, comment, pulls, review
from bot.github.client import Client, Patience, connect
from bot.github.comment import Source
from bot.github.deployment import Deployments
from bot.github.event import Nothing, read
from bot.github.pulls import Bringer
from bot.ports import Item
from bot.release.summary import ReleaseOutcome
from bot.report.escape import Markdown
from bot.report.fixes import Suggestion
from tests.far.github import GitHub, payloads
from tests.far.github.asked import BASE, HEAD
from tests.far.github.openapi import EXAMPLES
from tests.far.github.server import Said
from tests.wild import WILD, damaged

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("SAMEDAY_COUNT", "300"))
EVENTS = ("pull_request", "merge_group", "push", "workflow_dispatch", "issue_comment", "schedule", "watch")
BOT = "github-actions[bot]"
RUN = "reco-0badcafe-20261123"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ITEM = Item("reco", "new", RUN, "0badcafe", date(2026, 11, 23), 1, {"announce": "0" * 8}, (None, RUN))
HEADERS = ["", "0", "-1", "9" * 400, "nan", "inf", "1e999", "\u00b2", "x"]


def examples() -> list[tuple[str, Any]]:
    """Events as GitHub sends them, and ours."""
    found = [payloads.payload(case) for case in payloads.CASES]
    if EXAMPLES.exists():
        for event in json.loads(EXAMPLES.read_bytes()):
            if event["name"] in EVENTS:
                found += [(event["name"], example) for example in event["examples"]]
    return found


def told(act: Callable[[], object]) -> str:
    """What is said where there is no answer; anything but a fault of ours, in one line, is a crash."""
    try:
        act()
    except SamedayError as error:
        said = str(error)
    else:
        return ""
    assert said.strip()
    return said


def test_any_payload_is_an_event_or_refused_in_one_line() -> None:
    chance, known = random.Random(11), examples()
    for _ in range(10 * COUNT):
        name, payload = chance.choice(known)
        mutant = damaged(payload, chance)
        try:
            found = read(name, mutant)
            said = repr(found) + (found.reason if isinstance(found, Nothing) else "")
        except UsageError as error:
            said = str(error)
        assert "\n" not in said
        assert said.encode()


def acts(client: Client, said: int) -> list[Callable[[], object]]:
    """Everything that is asked of GitHub, and told to it."""
    source, report = Source(HEAD, 100), Report(())
    fix = Suggestion("a.yaml", 10, 10, "a", "b", ())
    shown = Deployments(client, HEAD, "https://github.com/acme/experiments/actions/runs/1")
    return [
        lambda: comment.say(client, 5, BOT, "check", source, lambda _: Markdown("words")),
        lambda: comment.say(client, 5, BOT, "release", source, lambda _: Markdown(str(id(source))), shared=False),
        lambda: check_run.publish(client, HEAD, "100-1", report, "title", "summary", ""),
        lambda: review.suggest(client, 5, HEAD, BOT, [fix], "", new=False),
        lambda: comment.post(client, 5, BOT, "reco off 3", Markdown("words")),
        lambda: shown.begin(ITEM),
        lambda: shown.end(ReleaseOutcome(ITEM, "live")),
        lambda: shown.take_back(ITEM, None),
        lambda: pulls.of_commit(client, HEAD),
        lambda: pulls.course(client, Bringer(5, NOW, NOW)),
        lambda: pulls.proposed(client, 5),
        lambda: pulls.may_command(client, "ada"),
        lambda: pulls.react(client, said, "eyes"),
    ]


@pytest.fixture
def client(loose: GitHub) -> Client:
    """A client whose pauses take no time."""
    loose.rates.hourly = 1 << 40
    loose.collaborator("ada", "write")
    now = [1_000_000.0]
    loose.clock = lambda: now[0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return connect(loose.token(), loose.url, payloads.NAME, Patience(1e9, lambda: now[0], sleep))


def test_any_answer_is_an_outage_or_none(loose: GitHub, client: Client) -> None:
    chance = random.Random(11)

    def spoil(status: int, data: Any, headers: dict[str, str]) -> Said:
        if chance.random() < 0.2:
            odd = {key: chance.choice(HEADERS) for key in ("retry-after", "x-ratelimit-remaining", "x-ratelimit-reset")}
            return chance.choice([status, 403, 429]), data, {**headers, **odd, "link": "<x>; rel=next"}
        return status, damaged(data, chance) if chance.random() < 0.7 else data, headers

    each = acts(client, loose.comment(5, "ada", "/sameday check"))
    assert {told(act) for act in each} == {""}, "this is about what goes well otherwise"
    for _ in range(max(1, COUNT // 10)):
        for act in each:
            client.patience.left, client.closed, loose.closed = 200.0, 0.0, None
            loose.spoil = spoil
            told(act)


@pytest.mark.parametrize("status", [200, 201, 403, 404, 422, 500])
@pytest.mark.parametrize("value", [value for value in WILD if value is not None], ids=lambda value: f"{value!r:.20}")
def test_any_value_with_any_status(loose: GitHub, client: Client, status: int, value: Any) -> None:
    loose.spoil = lambda _, __, headers: (status, value, headers)
    for act in (lambda: pulls.proposed(client, 5), lambda: client.create("issues/5/comments", {"body": "x"}, dict)):
        told(act)


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ([], "GitHub answers with nonsense: it should be an object"),
        ({"number": 5, "head": {"sha": HEAD}, "base": {"sha": BASE, "ref": ["main"]}}, "'base.ref' should be text"),
        (
            {"number": "5", "head": {}, "base": {"ref": "a", "repo": {"default_branch": "a"}}},
            "'number' should be a num",
        ),
    ],
)
def test_nonsense_says_who_answered_and_where(loose: GitHub, client: Client, spoiled: Any, said: str) -> None:
    loose.spoil = lambda status, _, headers: (status, spoiled, headers)
    with pytest.raises(Unreachable, match=said) as caught:
        pulls.proposed(client, 5)
    assert caught.value.code == 3


def test_a_list_without_an_end_ends(loose: GitHub, client: Client) -> None:
    loose.spoil = lambda status, _, headers: (status, [{"number": 1, "merged_at": None}] * 100, headers)
    with pytest.raises(Unreachable, match="a list that has no end"):
        pulls.of_commit(client, HEAD)
