"""Declared names are views of a place each, made by statements; what a name shows is what it says itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import Refused
from bot.experiment.model import Output
from bot.ports import Table
from bot.warehouses.bigquery import BigQuery
from tests.far.bigquery import Fake, Said
from tests.warehouses.kept import CATALOGUE, COLUMNS, D24, D25, NOW, catalogue, place, told, version

NAME, PLACE = "acme-data.reco.v4", "acme-data.reco.v4__0badcafe"
BODY = f"SELECT `user_id`, `dt` FROM `{PLACE}`"
SAID = "Shows what was released last; only sameday changes it"


@pytest.fixture(autouse=True)
def shown(fake: Fake) -> None:
    """A place that may be shown."""
    catalogue(fake, place(), [version()], [version()])
    fake.table(PLACE, dict(COLUMNS))


def options(description: str = SAID, *more: str) -> str:
    """What stands in a name's statement."""
    labels = ", ".join(sorted(['("sameday", "name")', '("sameday_experiment", "reco")', *more]))
    return f'OPTIONS (description="{description}", labels=[{labels}])'


def test_a_name_is_made_with_each_column_by_name(fake: Fake, warehouse: BigQuery) -> None:
    warehouse.point([place()])
    assert told(fake) == [f"CREATE OR REPLACE VIEW `{NAME}` {options()} AS {BODY}"]


def test_what_people_wrote_on_it_stays(fake: Fake, warehouse: BigQuery) -> None:
    """A replaced view has no description and no labels but those of the statement."""
    old = BODY.replace("`, `dt", "")
    fake.view(NAME, [], query=old, description='For "mail"', labels={"team": "reco", "sameday": "x"})
    warehouse.point([place()])
    written = options('For \\"mail\\"', '("team", "reco")')
    assert told(fake) == [f"CREATE OR REPLACE VIEW `{NAME}` {written} AS {BODY}"]


def test_what_people_wrote_on_its_columns_stays(fake: Fake, warehouse: BigQuery) -> None:
    """A column's description goes with a replaced view, too; one that is new has none."""
    columns = {"user_id": {"type": "STRING", "description": 'Who is "in"'}, "gone": {"type": "DATE"}}
    fake.view(NAME, [], columns, query=BODY.replace("`, `dt", ""))
    warehouse.point([place()])
    listed = '(`user_id` OPTIONS (description="Who is \\"in\\""), `dt`)'
    assert told(fake) == [f"CREATE OR REPLACE VIEW `{NAME}` {listed} {options()} AS {BODY}"]


def test_what_it_shows_already_is_not_made_again(fake: Fake, warehouse: BigQuery) -> None:
    fake.view(NAME, [], query=BODY)
    assert (warehouse.shown("reco.v4"), warehouse.owner("reco.v4")) == (place().name, "reco")
    warehouse.point([place()])
    assert told(fake) == []


@pytest.mark.parametrize(
    ("query", "ours"),
    [
        ("select user_id,\n  dt from `acme-data`.reco.`v4__0badcafe`;\n", True),
        (f"SELECT * FROM `{PLACE}`", False),
        (f"SELECT user_id, dt FROM `{PLACE}` WHERE dt > '2026-01-01'", False),
        (f"SELECT user_id FROM other UNION ALL SELECT user_id FROM `{PLACE}`", False),
        ("SELECT user_id, dt FROM `acme-data.reco.v4__eeeeeeee`", False),
        ("SELECT user_id, dt FROM `acme-data.logs.v4__0badcafe`", False),
    ],
)
def test_which_views_are_names_of_ours(fake: Fake, warehouse: BigQuery, query: str, *, ours: bool) -> None:
    fake.view(NAME, [], query=query)
    assert warehouse.shown("reco.v4") == (place().name if ours else "reco.v4")
    assert warehouse.owner("reco.v4") == ("reco" if ours else None)


@pytest.mark.parametrize("adopt", [False, True])
@pytest.mark.parametrize("kind", ["VIEW", "EXTERNAL", "MATERIALIZED_VIEW", "SNAPSHOT"])
def test_what_cannot_go_aside_stays(fake: Fake, warehouse: BigQuery, kind: str, *, adopt: bool) -> None:
    fake.table(NAME, type=kind)
    if kind == "VIEW":
        fake.view(NAME, [])
    word = kind.lower().replace("_", " ")
    with pytest.raises(Refused, match=rf"\Areco\.v4 is a {word} that sameday did not make: remove it"):
        warehouse.point([place(adopt=adopt)])
    assert told(fake) == []


def test_a_table_goes_aside_before_the_name_is_made(fake: Fake, warehouse: BigQuery) -> None:
    fake.table(NAME)
    warehouse.point([place(adopt=True, form="view")])
    noted, renamed, made = told(fake)
    assert noted.startswith(f"MERGE `{CATALOGUE}`")
    assert renamed == f"ALTER TABLE `{NAME}` RENAME TO `v4__before_sameday`"
    assert made.startswith(f"CREATE OR REPLACE VIEW `{NAME}`")


def test_nothing_goes_where_something_is(fake: Fake, warehouse: BigQuery) -> None:
    fake.table(NAME)
    fake.table(f"{NAME}__before_sameday")
    with pytest.raises(Refused, match=r"there is a table acme-data\.reco\.v4__before_sameday already"):
        warehouse.point([place(adopt=True)])
    assert told(fake) == []


def test_everything_is_looked_at_before_anything_is_done(fake: Fake, warehouse: BigQuery) -> None:
    other = replace(place(), table="logs.v9")
    fake.table("acme-data.logs.v9")
    with pytest.raises(Refused, match=r"logs\.v9"):
        warehouse.point([place(), other])
    assert told(fake) == []


def test_a_place_that_is_gone_is_not_named(fake: Fake, warehouse: BigQuery) -> None:
    del fake.tables[PLACE]
    assert warehouse.inside(place()) == (), "whatever the catalogue says"
    with pytest.raises(Refused, match="v4__0badcafe holds nothing yet"):
        warehouse.point([place()])


def test_a_name_goes_and_only_one_of_ours(fake: Fake, warehouse: BigQuery) -> None:
    fake.table("acme-data.reco.v5")
    fake.view("acme-data.reco.v6", [])
    fake.view(NAME, [], query=BODY)
    warehouse.unname(["reco.v4", "reco.v5", "reco.v6", "reco.v7"])
    assert told(fake) == [f"DROP VIEW IF EXISTS `{NAME}`"]


def test_a_strangers_table_beside_a_free_name_does_not_get_it(fake: Fake, warehouse: BigQuery) -> None:
    """By its name it could be what was there before."""
    fake.table(f"{NAME}__before_sameday")
    warehouse.unname(["reco.v4"])
    assert told(fake) == []


def test_what_nothing_refers_to_goes_by_the_catalogue(fake: Fake, warehouse: BigQuery) -> None:
    """Tables of that shape which it does not name are not even listed."""
    catalogue(fake, place(partition=None, days=1), [version(), version(D25, 2), version(D24)], [version()])
    for name in ("v4__0badcafe_20261126", "v4__0badcafe_20261125_2", "v4__0badcafe_20261124", "v4__0badcafe_20250101"):
        fake.table(f"acme-data.reco.{name}")
    later = NOW.replace(year=2027)
    assert list(warehouse.prune("reco", "reco.v4", ["0badcafe"], later)) == []
    left = {name for name in fake.tables if "_2026" in name or "_2025" in name}
    assert {name.removeprefix(f"{PLACE}_") for name in left} == {"20261126", "20261125_2", "20250101"}
    assert told(fake) == [f'DELETE FROM `{CATALOGUE}` WHERE place = @place AND run IN ("reco-0badcafe-20261124")']
    assert list(warehouse.prune("reco", "reco.v4", [], later)) == ["reco.v4__0badcafe"]
    assert set(fake.tables) == {CATALOGUE, f"{PLACE}_20250101"}
    assert told(fake)[1:] == [f"DELETE FROM `{CATALOGUE}` WHERE place = @place"]
    assert fake.asked("tables.list") == []


def test_what_may_not_be_removed_stays_in_the_catalogue(fake: Fake, warehouse: BigQuery) -> None:
    fake.refuse("tables.delete", Said(403, "Access Denied: no"))
    with pytest.raises(Refused, match=r"Access Denied: no \(it takes the right bigquery\.tables\.delete\)"):
        warehouse.prune("reco", "reco.v4", [], NOW)
    assert told(fake) == []


def test_what_a_name_shows_is_never_removed(fake: Fake, warehouse: BigQuery) -> None:
    fake.view(NAME, [], query=BODY)
    assert list(warehouse.prune("reco", "reco.v4", [], NOW)) == []
    assert list(warehouse.prune("other", "reco.v4", [], NOW)) == [], "nor what is another's"
    assert PLACE in fake.tables


def test_a_name_is_described_as_what_it_shows(fake: Fake, warehouse: BigQuery) -> None:
    """So that a check sees its days, its rows and how fresh they are, and no view that a run could not write."""
    fake.view(NAME, [], dict(COLUMNS[:1]), query=BODY)
    days = {"type": "DAY", "field": "dt"}
    fake.table(PLACE, dict(COLUMNS), numRows="7", timePartitioning=days, lastModifiedTime="1795000000000")
    known = warehouse.describe(["reco.v4"])["reco.v4"]
    assert isinstance(known, Table)
    assert (known.kind, known.rows, known.partition, known.columns) == ("table", 7, "dt", {"user_id": "STRING"})
    assert known.modified.timestamp() == 1795000000
    del fake.tables[PLACE]
    gone = warehouse.describe(["reco.v4"])["reco.v4"]
    assert isinstance(gone, Table)
    assert (gone.kind, gone.broken) == ("view", f"it shows {PLACE}, which is not there")
    fake.table(PLACE)
    fake.refuse("tables.get", Said(403, "Access Denied: no"), '"v4__0badcafe"')
    hidden = warehouse.describe(["reco.v4"])["reco.v4"]
    assert isinstance(hidden, Table)
    assert hidden.doubt.startswith("what it shows may not be looked at: ")
    assert fake.asked("jobs.insert") == [], "nothing is read for it"


def test_the_rows_of_a_name_are_read_from_its_place(fake: Fake, warehouse: BigQuery) -> None:
    """No view can be read by the Storage Read API, and its own state does not change with its rows."""
    fake.view(NAME, [], query=BODY)
    fake.rows["SELECT COALESCE(SUM(n), 0)"] = [{"n": 3, "repeated": 0, "others": 0, "c0": 0, "c1": 0}]
    output = Output(table="reco.v4", job="j", columns=dict(COLUMNS))
    contents = []
    for _ in range(2):
        contents.append(warehouse.profile("reco.v4", output, D25).content)
        fake.tables[PLACE]["etag"] = "another"
    assert contents[0] != contents[1]
    warehouse.holds("reco.v4", "dt", D25)
    asked = [call.body["configuration"]["query"]["query"] for call in fake.asked("jobs.insert")]
    assert len(asked) == 3
    assert all(f"FROM `{PLACE}`" in statement for statement in asked)


def test_a_glance_at_a_dataset_that_is_gone_sees_nothing(fake: Fake, warehouse: BigQuery) -> None:
    """So a release puts back what was in it, or says why not."""
    fake.tables.clear()
    fake.datasets.clear()
    for port in (warehouse, warehouse.glance()):
        assert (port.shown("reco.v4"), port.owner("reco.v4"), port.inside(place())) == (None, None, ())


def test_a_glance_asks_once_for_a_dataset(fake: Fake, warehouse: BigQuery) -> None:
    fake.view(NAME, [], query=BODY)
    fake.table("acme-data.reco.v5")
    fake.rows["INFORMATION_SCHEMA.VIEWS"] = [{"table_name": "v4", "view_definition": BODY}]
    glance = warehouse.glance()
    before = len(fake.calls)
    for _ in range(3):
        assert [glance.shown(f"reco.v{n}") for n in (4, 5, 6)] == [place().name, "reco.v5", None]
        assert glance.inside(place()) == (version(),)
    asked = [call.id.removeprefix("bigquery.") for call in fake.calls[before:]]
    assert asked.count("tables.list") == 1
    assert asked.count("jobs.insert") == 2
    assert "tables.get" not in asked
