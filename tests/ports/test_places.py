"""What a warehouse and a store say alike: versions, the places that show them, and the names on top."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from bot.errors import Refused
from bot.ports import Place, Version
from tests.ports.conftest import PlacesCase

NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
D24, D25, D26 = (date(2026, 11, day) for day in (24, 25, 26))
COLUMNS = (("user_id", "STRING"), ("score", "FLOAT64"))
DATED = (*COLUMNS, ("dt", "DATE"))


def whole(spec: str = "0badcafe", table: str = "scores", **more: Any) -> Place:
    """The place of an output whose versions are whole tables."""
    return Place(
        **{"experiment": "reco", "table": table, "spec": spec, "columns": COLUMNS, "key": ("user_id",), **more}
    )


def daily(spec: str = "0badcafe", table: str = "scores", **more: Any) -> Place:
    """The place of an output that shows its three newest days."""
    key = ("user_id", "dt")
    made = {
        "experiment": "reco",
        "table": table,
        "spec": spec,
        "columns": DATED,
        "key": key,
        "partition": "dt",
        "days": 3,
    }
    return Place(**{**made, **more})


def version(place: Place, day: date = D26, attempt: int = 1, begun: datetime = NOW) -> Version:
    """The version that a run of the place's spec makes."""
    return Version(place.experiment, place.spec, day, begun, attempt)


def rows(place: Place, day: date, score: float, users: Iterable[str] = ("a", "b")) -> pa.Table:
    """Rows of a version, all with one score."""
    users = list(users)
    columns: dict[str, Any] = {"user_id": users, "score": [score] * len(users)}
    if place.partition:
        columns["dt"] = pa.array([day] * len(users), pa.date32())
    return pa.table(columns)


def made(places: PlacesCase, place: Place, day: date, score: float, attempt: int = 1) -> Version:
    """A whole version of this place, which nobody sees yet."""
    begun = version(place, day, attempt)
    places.port.begin(place, begun)
    return places.keep(place, begun, rows(place, day, score))


def put(places: PlacesCase, place: Place, day: date, score: float, attempt: int = 1) -> bool:
    """Make a version and put it in its place."""
    return places.port.put(place, made(places, place, day, score, attempt))


def seen(places: PlacesCase, name: str) -> Any:
    """What a reader gets: the scores, by day where there are days."""
    found = places.rows(name)
    if found and "dt" in found[0]:
        return {str(row["dt"]): row["score"] for row in found}
    return sorted({row["score"] for row in found})


def test_a_version_is_seen_by_nobody_until_it_is_put(places: PlacesCase) -> None:
    place = whole()
    assert (places.port.inside(place), list(places.port.versions(place))) == ((), [])
    places.port.begin(place, version(place))
    begun = places.port.versions(place)
    assert [(one.run, one.whole, one.begun) for one in begun] == [("reco-0badcafe-20261126", None, NOW)]
    kept = places.keep(place, version(place), rows(place, D26, 1.0))
    assert kept.whole is not None
    assert (kept.rows, bool(kept.digest)) == (2, True)
    assert places.port.inside(place) == ()
    assert places.port.put(place, kept)
    assert places.port.inside(place) == (kept,)
    assert list(places.port.versions(place)) == [kept]
    assert seen(places, place.name) == [1.0]
    assert places.port.shown("scores") is None, "no name shows it yet"


def test_what_is_whole_stays_so(places: PlacesCase) -> None:
    place = whole()
    kept = made(places, place, D26, 1.0)
    places.port.begin(place, version(place, begun=NOW + timedelta(hours=1)))
    assert list(places.port.versions(place)) == [kept]


def test_what_is_not_whole_is_not_put(places: PlacesCase) -> None:
    place = whole()
    places.port.begin(place, version(place))
    with pytest.raises(Refused, match="reco-0badcafe-20261126"):
        places.port.put(place, version(place))
    assert places.port.inside(place) == ()


def test_putting_again_changes_nothing(places: PlacesCase) -> None:
    place = daily()
    kept = made(places, place, D26, 1.0)
    assert [places.port.put(place, kept) for _ in range(3)] == [True] * 3
    assert seen(places, place.name) == {"2026-11-26": 1.0}
    assert places.port.inside(place) == (kept,)


def test_a_whole_table_never_goes_backwards(places: PlacesCase) -> None:
    place = whole()
    assert put(places, place, D25, 25.0)
    assert put(places, place, D26, 26.2, attempt=2)
    assert not put(places, place, D24, 24.0), "a backfill"
    assert not put(places, place, D26, 26.1), "an earlier attempt that was late"
    assert seen(places, place.name) == [26.2]
    assert put(places, place, D26, 26.3, attempt=3)
    assert seen(places, place.name) == [26.3]


def test_a_day_never_goes_backwards(places: PlacesCase) -> None:
    place = daily()
    assert put(places, place, D26, 26.2, attempt=2)
    assert put(places, place, D24, 24.0), "an older day stands beside the newer ones"
    assert not put(places, place, D26, 26.1)
    assert put(places, place, D24, 24.2, attempt=2)
    assert seen(places, place.name) == {"2026-11-26": 26.2, "2026-11-24": 24.2}


def test_a_daily_place_shows_its_newest_days(places: PlacesCase) -> None:
    place = daily()
    days = [D26 - timedelta(days=back) for back in range(5)]
    for back in (1, 0, 3, 2, 4):
        assert put(places, place, days[back], float(back)) == (back != 4)
    assert seen(places, place.name) == {str(day): float(back) for back, day in enumerate(days[:3])}
    assert [one.date for one in places.port.inside(place)] == days[:3]


def test_a_place_of_all_days(places: PlacesCase) -> None:
    place = daily(days=0)
    days = [D26 - timedelta(days=back) for back in range(5)]
    assert [put(places, place, day, 1.0) for day in days] == [True] * 5
    assert len(seen(places, place.name)) == 5


def test_a_place_is_its_specs_alone(places: PlacesCase) -> None:
    old, new = whole("0badcafe"), whole("feedbeef")
    put(places, old, D26, 1.0)
    put(places, new, D25, 2.0)
    assert (seen(places, old.name), seen(places, new.name)) == ([1.0], [2.0])
    assert [one.spec for one in places.port.inside(new)] == ["feedbeef"]


def test_a_name_shows_what_it_is_pointed_at(places: PlacesCase) -> None:
    old, new = whole("0badcafe"), whole("feedbeef")
    put(places, old, D26, 1.0)
    put(places, new, D25, 2.0)
    for place, score in ((old, 1.0), (new, 2.0), (new, 2.0), (old, 1.0)):
        places.port.point([place])
        assert (places.port.shown("scores"), places.port.owner("scores")) == (place.name, "reco")
        assert seen(places, "scores") == [score]
    put(places, old, D26, 3.0, attempt=2)
    assert seen(places, "scores") == [3.0], "readers of the name follow the place"


def test_several_names_at_once(places: PlacesCase) -> None:
    first, second = whole(table="scores"), daily(table="items", experiment="other")
    put(places, first, D26, 1.0)
    put(places, second, D26, 2.0)
    places.port.point([first, second])
    assert (seen(places, "scores"), seen(places, "items")) == ([1.0], {"2026-11-26": 2.0})
    assert places.port.owner("items") == "other"
    places.port.unname(["scores", "items", "never"])
    assert (places.port.shown("scores"), places.port.shown("items"), places.port.owner("items")) == (None, None, None)
    assert seen(places, first.name) == [1.0], "the data stays"
    places.port.unname(["scores"])


def test_nothing_is_named_that_holds_nothing(places: PlacesCase) -> None:
    there, empty = whole(table="scores"), whole(table="items")
    put(places, there, D26, 1.0)
    with pytest.raises(Refused, match="items__0badcafe"):
        places.port.point([there, empty])
    assert places.port.shown("items") is None


def test_a_name_has_one_owner(places: PlacesCase) -> None:
    mine, others = whole(), whole("feedbeef", experiment="other")
    put(places, mine, D26, 1.0)
    put(places, others, D26, 2.0)
    places.port.point([mine])
    with pytest.raises(Refused, match=r"scores.*reco"):
        places.port.point([others])
    with pytest.raises(Refused, match=r"scores.*reco"):
        places.port.point([replace(others, adopt=True)])
    assert (seen(places, "scores"), places.port.owner("scores")) == ([1.0], "reco")


def test_an_heir_takes_the_names_of_the_one_it_was(places: PlacesCase) -> None:
    before, heir = whole(), whole("feedbeef", experiment="reco2", heir_of="reco")
    for place, score in ((before, 1.0), (heir, 2.0)):
        put(places, place, D26, score)
    places.port.point([before])
    with pytest.raises(Refused, match=r"scores.*reco"):
        places.port.point([replace(heir, heir_of="another")])
    places.port.point([heir])
    assert (seen(places, "scores"), places.port.owner("scores")) == ([2.0], "reco2")
    with pytest.raises(Refused, match=r"scores.*reco2"):
        places.port.point([before])
    assert not places.port.prune("reco", "scores", ["0badcafe"], NOW), (
        "what it had before stays as long as it is needed"
    )
    assert seen(places, before.name) == [1.0]


def test_a_strangers_table_is_taken_by_adopt_only_and_kept(places: PlacesCase) -> None:
    places.table("scores", pa.table({"user_id": ["s"], "score": [9.0]}))
    place = whole()
    put(places, place, D26, 1.0)
    assert (places.port.shown("scores"), places.port.owner("scores")) == ("scores", None)
    with pytest.raises(Refused, match=r"scores.*adopt: true"):
        places.port.point([place])
    assert seen(places, "scores") == [9.0]
    for _ in range(2):
        places.port.point([replace(place, adopt=True)])
        assert seen(places, "scores") == [1.0]
    assert seen(places, "scores__before_sameday") == [9.0]
    for _ in range(2):
        places.port.unname(["scores"])
        assert (seen(places, "scores"), places.port.shown("scores")) == ([9.0], "scores")
    places.port.point([replace(place, adopt=True)])
    assert seen(places, "scores") == [1.0]


def test_a_bad_day_is_taken_out(places: PlacesCase) -> None:
    place = daily()
    for day, score in ((D24, 24.0), (D25, 25.0), (D26, 26.0)):
        put(places, place, day, score)
    assert [one.date for one in places.port.take_out(place, D26)] == [D25, D24]
    assert seen(places, place.name) == {"2026-11-24": 24.0, "2026-11-25": 25.0}
    assert not put(places, place, D26, 26.0), "the same attempt comes not back"
    assert put(places, place, D26, 26.2, attempt=2)
    assert seen(places, place.name)["2026-11-26"] == 26.2


def test_of_a_whole_table_the_version_before_is_back(places: PlacesCase) -> None:
    place = whole()
    for day, score in ((D24, 24.0), (D25, 25.0), (D26, 26.0)):
        put(places, place, day, score)
    places.port.point([place])
    assert [one.date for one in places.port.take_out(place, D26)] == [D25]
    assert seen(places, "scores") == [25.0]
    assert [one.date for one in places.port.take_out(place, D24)] == [D25], "what is not shown changes nothing"
    assert put(places, place, D26, 26.2, attempt=2)
    assert seen(places, "scores") == [26.2]


def test_the_last_day_is_not_taken_out(places: PlacesCase) -> None:
    for place in (whole(), daily(table="items")):
        put(places, place, D26, 1.0)
        with pytest.raises(Refused, match="2026-11-26"):
            places.port.take_out(place, D26)
        assert len(places.port.inside(place)) == 1


def test_a_new_place_begins_with_the_days_of_the_old(places: PlacesCase) -> None:
    old, new = daily("0badcafe"), daily("feedbeef")
    for day in (D24, D25, D26):
        put(places, old, day, 1.0)
    put(places, new, D26, 2.0)
    assert [one.date for one in places.port.carry(new, old)] == [D25, D24]
    assert places.port.carry(new, old) == (), "it is there"
    assert seen(places, new.name) == {"2026-11-24": 1.0, "2026-11-25": 1.0, "2026-11-26": 2.0}
    assert [one.spec for one in places.port.inside(new)] == ["feedbeef", "0badcafe", "0badcafe"]
    assert put(places, new, D25, 2.0), "its own version is newer than one that was carried"
    assert seen(places, new.name) == {"2026-11-24": 1.0, "2026-11-25": 2.0, "2026-11-26": 2.0}
    assert seen(places, old.name) == dict.fromkeys(("2026-11-24", "2026-11-25", "2026-11-26"), 1.0)
    other = daily("00c0ffee", columns=(*DATED, ("rank", "INT64")))
    with pytest.raises(Refused, match="rank"):
        places.port.carry(other, old)


def test_the_days_of_the_old_push_out_older_ones(places: PlacesCase) -> None:
    """A place that was live before, and is again."""
    old, new = daily("0badcafe"), daily("feedbeef", days=2)
    put(places, new, D24, 2.0)
    put(places, new, D26, 2.0)
    put(places, old, D25, 1.0)
    assert [one.date for one in places.port.carry(new, old)] == [D25]
    assert [one.date for one in places.port.inside(new)] == [D26, D25]
    assert seen(places, new.name) == {"2026-11-25": 1.0, "2026-11-26": 2.0}


def test_pruning_is_by_reference(places: PlacesCase) -> None:
    specs = ["aaaaaaaa", "bbbbbbbb", "cccccccc"]
    for spec in specs:
        put(places, whole(spec), D26, 1.0)
    others = whole("dddddddd", experiment="other", table="scores")
    put(places, others, D26, 4.0)
    places.table("scores__20250101_20250131", pa.table({"user_id": ["s"], "score": [9.0]}))
    places.table("scores__eeeeeeee", pa.table({"user_id": ["s"], "score": [9.0]}))
    places.port.point([whole("aaaaaaaa")])
    gone = places.port.prune("reco", "scores", ["bbbbbbbb"], NOW)
    assert list(gone) == ["scores__cccccccc"]
    assert [places.port.inside(whole(spec)) != () for spec in specs] == [True, True, False]
    assert seen(places, "scores") == [1.0]
    assert seen(places, others.name) == [4.0]
    assert seen(places, "scores__20250101_20250131") == seen(places, "scores__eeeeeeee") == [9.0]
    assert list(places.port.prune("reco", "scores", ["bbbbbbbb"], NOW)) == []


def test_old_versions_go_but_what_is_shown_and_the_one_before(places: PlacesCase) -> None:
    place = whole()
    for hours, day in itertools.pairwise([D24 - timedelta(days=1), D24, D25, D26]):
        put(places, place, day, float(day.day))
        assert hours < day
    places.port.begin(place, version(place, D26, attempt=2))
    places.port.prune("reco", "scores", [place.spec], NOW)
    assert len(places.port.versions(place)) == 4, "none was begun before"
    places.port.prune("reco", "scores", [place.spec], NOW + timedelta(seconds=1))
    assert [one.run for one in places.port.versions(place)] == ["reco-0badcafe-20261126", "reco-0badcafe-20261125"]
    assert [one.date for one in places.port.take_out(place, D26)] == [D25]
    assert seen(places, place.name) == [25.0]


PUT = """
from datetime import UTC, date, datetime
from bot.ports import Place, Version
from tests.ports.test_places import D26, daily, version
from datetime import timedelta
for line in sys.stdin:
    back, attempt = map(int, line.split())
    day = D26 - timedelta(days=back)
    [kept] = [one for one in port.versions(daily()) if (one.date, one.attempt) == (day, attempt)]
    port.put(daily(), kept)
    print("done", flush=True)
"""


@pytest.mark.slow
def test_thirty_puts_at_once_race(places: PlacesCase, elsewhere: Callable[..., subprocess.Popen[str]]) -> None:
    """Each of three processes puts ten versions in an order of its own; the newest of each day are shown."""
    wanted = [(back, attempt) for back in range(5) for attempt in (1, 2)]
    for back, attempt in wanted:
        made(places, daily(), D26 - timedelta(days=back), back * 10.0 + attempt, attempt)
    processes = [elsewhere(PUT, places.open) for _ in range(3)]
    orders = [wanted, wanted[::-1], wanted[5:] + wanted[:5]]
    for process, order in zip(processes, orders, strict=True):
        assert process.stdin is not None
        process.stdin.write("".join(f"{back} {attempt}\n" for back, attempt in order))
        process.stdin.close()
        process.stdin = None  # whoever ends it would flush it
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.read() == "done\n" * len(wanted)
    assert seen(places, daily().name) == {str(D26 - timedelta(days=back)): back * 10.0 + 2 for back in range(3)}


def test_a_glance_sees_what_there_is(places: PlacesCase) -> None:
    ours, theirs, lost, bare = whole(), "theirs", whole(table="lost"), daily(table="bare")
    for place in (ours, lost, bare):
        put(places, place, D26, 1.0)
    places.port.point([ours, lost])
    places.table(theirs, pa.table({"user_id": ["s"]}))
    places.port.unname(["lost"])
    glance = places.port.glance()
    for table in ("scores", theirs, "lost", "bare", "nothing"):
        assert (glance.shown(table), glance.owner(table)) == (places.port.shown(table), places.port.owner(table))
    for place in (ours, lost, bare, whole("feedbeef"), whole(table="nothing")):
        assert glance.inside(place) == places.port.inside(place)


def test_what_goes_goes_by_a_glance_too(places: PlacesCase) -> None:
    old, new = whole(), whole("feedbeef")
    for place in (old, new):
        put(places, place, D26, 1.0)
    places.port.point([new])
    later = NOW + timedelta(days=1)
    assert list(places.port.glance().prune("reco", "scores", ["feedbeef"], later)) == [old.name]
    assert (places.port.inside(old), list(places.port.versions(old))) == ((), [])
    assert list(places.port.glance().prune("reco", "scores", [], later)) == [], "what a name shows stays"
    assert seen(places, "scores") == [1.0]
