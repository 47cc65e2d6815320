"""The example's application, over HTTP: what users get, and what stands in the exposure log."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

from bot.compile.flags import flag
from bot.settings import Settings
from examples.serving.draft import draft, seed
from examples.serving.pages import Cursor, written
from tests.serving.conftest import APP, KEY, OFF, World, day, running, spec, until

pytestmark = pytest.mark.slow
FRONT, BACK = ([f"29-i{n}" for n in order] for order in (range(12), range(11, -1, -1)))


def whole(app: World, user: str, size: int) -> list[str]:
    """All pages of this size, one after the other."""
    page = app.get(user, size=size)
    items: list[str] = page["items"]
    while page["cursor"]:
        page = app.get(user, size=size, cursor=page["cursor"])
        items += page["items"]
    return items


def test_pages_are_those_of_the_reference_draft(app: World) -> None:
    for user in ("ann", "bob"):
        found = app.get(user, size=100)
        coins = seed("lists:1", user, found["ranking"])
        wanted = [item for item, _ in draft("team", {"popular": FRONT, "similar": BACK}, 10, coins)]
        assert (found["items"], found["cursor"]) == (wanted, None)
        assert all(whole(app, user, size) == wanted for size in (1, 3, 5, 10))
    assert app.get("ann")["items"] != app.get("bob")["items"]


def test_a_page_goes_on_over_the_next_day_s_data(app: World) -> None:
    wanted = app.get("ann", size=10)["items"]
    first = app.get("ann", size=4)
    for name in ("popular", "similar"):
        app.fill(name, day(name, "2026-11-30"))
    second = app.get("ann", size=6, cursor=first["cursor"])
    assert first["items"] + second["items"] == wanted
    assert all(item.startswith("30-") for item in app.get("ann")["items"]), "who begins now sees the new day"
    app.sql(f"DELETE FROM popular__{KEY} WHERE dt = '2026-11-29'")
    anew = app.get("ann", size=10, cursor=first["cursor"])
    assert anew["items"] == app.get("ann", size=10)["items"], "of a day that is gone there is no next page"


def test_a_page_goes_on_over_midnight(app: World) -> None:
    """The cursor of a list that began on another day."""
    cursor = written(Cursor("2026-01-05", "2026-11-29,2026-11-29", 4), "lists:1", "ann")
    drafted = draft("team", {"popular": FRONT, "similar": BACK}, 10, seed("lists:1", "ann", "2026-01-05"))
    assert app.get("ann", size=3, cursor=cursor)["items"] == [item for item, _ in drafted[4:7]]
    for version in ("", "2026-11-29", "2026-11-29,2026-11-29,2026-11-29"):
        strange = written(Cursor("2026-01-05", version, 4), "lists:1", "ann")
        assert len(app.get("ann", size=3, cursor=strange)["items"]) == 3


def test_a_ranking_for_each_request(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.publish(flag(spec(draft={"length": 10, "per": "ranking"}), KEY, Settings()))
    for name in ("popular", "similar"):
        world.fill(name, day(name, "2026-11-29"))
    with running(world) as app:
        lists = [tuple(whole(app, "ann", 4)) for _ in range(12)]
    assert len(set(lists)) > 1
    assert all(len(set(items)) == 10 for items in lists), "pages of one list repeat nothing"
    assert len({line["ranking"] for line in world.exposures()}) == 12


def test_cursors_of_others(app: World) -> None:
    mine = app.get("ann", size=4)
    first = app.get("bob", size=4)
    for cursor in (mine["cursor"], "nonsense", mine["cursor"][:-3], "%00"):
        assert app.get("bob", size=4, cursor=cursor) == first


def test_a_test_that_is_turned_off(app: World) -> None:
    """Everybody sees the control from the next request on, and old cursors begin anew."""
    cursor = app.get("ann", size=4)["cursor"]
    app.publish(OFF)
    until(lambda: app.get("ann", size=12)["items"] == FRONT)
    assert app.get("ann", size=4, cursor=cursor)["items"] == FRONT[:4]
    assert {item["ranker"] for item in app.exposures()[-1]["items"]} == {""}


def test_exposures(app: World) -> None:
    first = app.get("ann", size=4)
    app.get("ann", size=4, cursor=first["cursor"])
    one, two = app.exposures()
    head = {"unit": "user_id", "id": "ann", "experiment": "lists", "phase": 1, "arm": "", "forced": False,
            "ranking": first["ranking"], "data": "2026-11-29,2026-11-29"}  # fmt: skip
    for line in (one, two):
        assert {key: line[key] for key in head} == head
        assert set(line) == {*head, "at", "flag", "items"}
    assert one["flag"] == two["flag"]
    assert [item["position"] for item in one["items"] + two["items"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    drafted = draft("team", {"popular": FRONT, "similar": BACK}, 8, seed("lists:1", "ann", first["ranking"]))
    assert [(item["item"], item["ranker"]) for item in one["items"] + two["items"]] == drafted


def test_testers_are_not_counted(app: World) -> None:
    assert app.get("ann", is_staff="true", size=10)["items"] == app.get("ann", size=10)["items"]
    assert app.get("ann", is_staff="true", tester_arm="similar", size=12)["items"] == BACK
    assert [line["forced"] for line in app.exposures()] == [True, False, True]


def test_who_is_not_in_the_test(app: World) -> None:
    assert app.get("ann", channel="push") == {"items": [], "cursor": None}
    assert app.exposures() == []


def test_a_ranker_that_has_nothing_leaves_the_control_alone(app: World) -> None:
    app.sql(f"DELETE FROM similar__{KEY} WHERE user_id = 'ann'")
    assert app.get("ann", size=12)["items"] == FRONT[:10]
    assert {item["ranker"] for item in app.exposures()[0]["items"]} == {""}
    assert app.get("cem")["items"] == []
    assert len(app.exposures()) == 1, "who is shown nothing is not counted"


def test_a_table_that_is_gone_is_no_error_for_the_user(app: World) -> None:
    app.sql(f"DROP TABLE similar__{KEY}")
    assert app.get("ann", size=12)["items"] == FRONT[:10]
    assert "no such table" in (app.folder / "app.log").read_text()


def test_rows_that_no_ranker_should_have_written(app: World) -> None:
    """NULL and NaN (which SQLite makes NULL), the same item twice, an id that is a number."""
    app.sql(f"DELETE FROM popular__{KEY}")
    rows = [("ann", None, 9.0), ("ann", "a", math.nan), ("ann", "b", 5.0), ("ann", "b", 4.0), ("ann", 7, 3.0)]
    app.fill("popular", [(*row, "2026-11-29") for row in rows])
    app.get("ann", size=2)
    items = [(item["item"], item["ranker"]) for item in app.exposures()[0]["items"]]
    assert sorted(items, key=str) == sorted([("b", "popular"), ("29-i11", "similar")], key=str)
    assert app.get("ann", size=10)["items"].count("b") == 1


@pytest.mark.parametrize("path", ["/", "/list", "/list?user=", "/list?user=a&size=0", "/list?user=a&size=x",
                                  "/list?user=a&size=101", "/list?user=a&size=-1", "/other?user=a"])  # fmt: skip
def test_wrong_requests(path: str, app: World) -> None:
    assert app.ask(path) == (400, {"error": "GET /list?user=ann&size=5"})


@pytest.mark.parametrize("user", ["a'; DROP TABLE x", "ユーザー", "🦊 ", "a" * 2_000, "\x1f"])
def test_any_user(user: str, app: World) -> None:
    app.fill("popular", day("popular", "2026-11-29", [user]))
    app.fill("similar", day("similar", "2026-11-29", [user]))
    assert len(whole(app, user, 3)) == 10
    assert app.exposures()[0]["id"] == user


def test_arms_and_their_fallback(tmp_path: Path) -> None:
    """The same application serves an A/B test."""
    arms = [{"name": "popular", "control": True, "output": "popular"}, {"name": "similar", "output": "similar"}]
    split = spec(kind="ab", rankers=[], draft=None, credit=None, arms=arms, fallback={"table": f"rest__{KEY}"})
    world = World(tmp_path)
    world.publish(flag(split, KEY, Settings()))
    for name in ("popular", "similar", "rest"):
        world.fill(name, day("popular" if name == "rest" else name, "2026-11-29", [f"user{n}" for n in range(40)]))
    world.sql(f"DELETE FROM similar__{KEY}")
    world.sql(f"UPDATE rest__{KEY} SET item_id = 'rest-' || item_id")
    with running(world) as app:
        for n in range(40):
            app.get(f"user{n}")
        firsts = {(line["arm"], line["items"][0]["item"]) for line in app.exposures()}
    assert firsts == {("popular", "29-i0"), ("similar", "rest-29-i0")}


def test_a_batch_logs_what_it_sends(tmp_path: Path) -> None:
    arms = [{"name": "popular", "control": True, "output": "popular"}, {"name": "similar", "output": "similar"}]
    mail = spec(kind="ab", rankers=[], draft=None, credit=None, arms=arms, surfaces=[{"channel": "mail"}])
    world, users = World(tmp_path), [f"user{n}" for n in range(20)]
    world.publish(flag(mail, KEY, Settings()))
    for name in ("popular", "similar"):
        world.fill(name, day(name, "2026-11-29", users[:18]))
    command = [sys.executable, str(APP / "send.py"), *world.words, "--channel"]
    done = subprocess.run([*command, "mail"], input="\n".join(users), capture_output=True, text=True, check=True)
    sent = [line.split(":")[0].removeprefix("to ") for line in done.stdout.splitlines()]
    assert sent == users[:18], "who has no rows is sent nothing"
    lines = world.exposures()
    assert [line["id"] for line in lines] == sent
    shown = {(line["arm"], tuple(item["item"] for item in line["items"])) for line in lines}
    assert shown == {("popular", tuple(FRONT[:3])), ("similar", tuple(BACK[:3]))}
    done = subprocess.run([*command, "push"], input="\n".join(users), capture_output=True, text=True, check=True)
    assert done.stdout == "", "a push is no surface of this test"
