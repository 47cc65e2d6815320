"""An interleaving test that runs, and is changed; and what it names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.traffic.conftest import Examine, ab, file, repository, said

EVENTS = {"events": {"apply": {"table": "logs.applications", "unit": "user_id", "item": "job_id", "at": "at"}}}
OLD, NEW, MORE = (
    {"name": "old", "control": True, "table": "reco.v3"},
    {"name": "new", "table": "reco.v4"},
    {"name": "more", "table": "reco.v5"},
)


def lists(**changed: Any) -> bytes:
    """A test that runs at NOW."""
    serving = {"kind": "interleaving", "surfaces": [{"channel": "api"}], "rankers": [OLD, NEW], "draft": {"length": 20},
               "credit": {"event": "apply", "within": "24h"},
               "period": {"start": "2026-11-30", "end": "2026-12-21"}, **changed}  # fmt: skip
    return file("lists", {key: value for key, value in serving.items() if value is not None})


RUNS, ELSE = "the test runs since 2026-11-30, and ", " is changed, so that users see another list"
CHANGED: dict[str, tuple[bytes, list[tuple[int, str]]]] = {
    "a ranker's table": (
        lists(rankers=[OLD, {**NEW, "table": "reco.v6"}]), [(13, "the ranker 'new' (line 13 before)")]),
    "a ranker more": (lists(rankers=[OLD, NEW, MORE]), [(15, "the ranker 'more'")]),
    "a ranker less": (
        lists(rankers=[OLD, MORE]), [(13, "the ranker 'more'"), (5, "the ranker 'new' (line 13 before)")]),
    "another control": (
        lists(rankers=[{**NEW, "control": True}, {**OLD, "control": False}]),
        [(10, "the ranker 'new' (line 13 before)"), (13, "the ranker 'old' (line 10 before)")]),
    "the length": (lists(draft={"length": 10}), [(15, "the draft (line 15 before)")]),
    "the method": (lists(draft={"length": 20, "method": "balanced"}), [(15, "the draft (line 15 before)")]),
}  # fmt: skip


@pytest.mark.parametrize(("after", "wanted"), CHANGED.values(), ids=CHANGED)
def test_changed(after: bytes, wanted: list[tuple[int, str]], examine: Examine) -> None:
    found = said(examine(repository(after), repository(lists()), settings=EVENTS))
    assert sorted(found) == sorted(("treatment", line, f"{RUNS}{what}{ELSE}") for line, what in wanted)


UNCHANGED = {
    "another order": lists(rankers=[NEW, OLD]),
    "what was the default": lists(draft={"length": 20, "method": "team"}),
    "the credit, which is read later": lists(credit={"event": "apply", "within": "12h"}),
    "the next phase": lists(phase=2, draft={"length": 10}, period={"start": "2026-12-07", "end": "2026-12-21"}),
}


@pytest.mark.parametrize("after", UNCHANGED.values(), ids=UNCHANGED)
def test_unchanged(after: bytes, examine: Examine) -> None:
    assert said(examine(repository(after), repository(lists()), settings=EVENTS)) == []


def test_from_lists_to_arms(examine: Examine) -> None:
    """All of its users see something else."""
    before, after = repository(lists()), repository(file("lists", ab(surfaces=[{"channel": "api"}])))
    rule, _, message = said(examine(after, before, settings=EVENTS))[0]
    assert (rule, message) == (
        "running-test",
        f"{RUNS}its arms are changed from interleaved (line 5 before) to control 80, als 20: 100.0% of its users "
        "would move",
    )


def test_rankers_of_one_table(examine: Examine) -> None:
    found = said(examine(repository(lists(rankers=[OLD, {**NEW, "table": "reco.v3"}])), settings=EVENTS))
    assert found == [("one-table", 14, "the ranker 'new' serves what 'old' serves: there is nothing to compare")]


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({}, "known: none; the settings declare `events`"),
        ({"events": {"view": EVENTS["events"]["apply"]}}, "known: view; the settings declare `events`"),
        ({"events": {"aply": EVENTS["events"]["apply"]}}, "did you mean 'aply'?"),
    ],
)
def test_an_event_that_is_not_there(settings: dict[str, Any], hint: str, examine: Examine) -> None:
    result = examine(repository(lists()), settings=settings)
    assert said(result) == [("unknown-event", 18, "there is no event 'apply'")]
    assert result.findings[0].hint == hint


def test_from_arms_to_lists(examine: Examine) -> None:
    before = repository(file("lists", ab(surfaces=[{"channel": "api"}])))
    found = said(examine(repository(lists()), before, settings=EVENTS))
    wanted = "control 80, als 20 (line 7 before) to interleaved: 100.0% of its users would move"
    assert [(rule, message.rpartition("from ")[2]) for rule, _, message in found] == [("running-test", wanted)]
