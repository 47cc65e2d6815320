"""Who may read what a name shows may read the next place before a flag names it: rights on tables themselves."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from bot.errors import Refused
from bot.ports import Version
from bot.warehouses.bigquery import BigQuery
from bot.warehouses.bigquery.readers import SOME
from tests.far.bigquery import Fake, Said
from tests.warehouses.kept import COLUMNS, NOW, READ, catalogue, place, told, version
from tests.warehouses.test_places import PLACE, SCRIPT, proven

NAME, OLD = "acme-data.reco.v4", "acme-data.reco.v4__0ddba11a"
VIEWER, EDITOR = "roles/bigquery.dataViewer", "roles/bigquery.dataEditor"


@pytest.fixture
def kept(fake: Fake) -> Version:
    """Today's version of a spec that has no place yet; the name shows another spec's."""
    found = proven(fake, version())
    catalogue(fake, place(), [found], [], "")
    fake.view(NAME, [], query=f"SELECT `user_id`, `dt` FROM `{OLD}`")
    fake.table(OLD, dict(COLUMNS))
    fake.rows["SELECT CURRENT_TIMESTAMP() AS now"] = [{"now": NOW}]
    fake.rows[SCRIPT] = [{"changed": 1}]

    def make(call: Any) -> None:
        if call.id == "bigquery.jobs.insert" and "CREATE TABLE IF NOT EXISTS" in str(call.body):
            fake.table(PLACE, dict(COLUMNS), numRows="0")

    fake.strikes.append(make)
    return found


def policy(*bindings: tuple[str, str]) -> dict[str, Any]:
    """Rights of a table: role and member."""
    return {"bindings": [{"role": role, "members": [member]} for role, member in bindings], "etag": "BwX0"}


def given(fake: Fake) -> set[tuple[str, str]]:
    """Who may do what with the new place."""
    bindings = fake.policies.get(PLACE, {}).get("bindings", ())
    return {(binding["role"], member) for binding in bindings for member in binding["members"]}


def test_readers_of_the_name_and_of_its_place_read_the_next_one(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    fake.policies[NAME] = policy((VIEWER, "group:analysts@acme.dev"))
    fake.policies[OLD] = policy((VIEWER, "serviceAccount:app@acme.iam.gserviceaccount.com"))
    assert warehouse.put(place(), kept)
    assert given(fake) == {
        (VIEWER, "group:analysts@acme.dev"), (VIEWER, "serviceAccount:app@acme.iam.gserviceaccount.com")
    }  # fmt: skip
    put = [call.id for call in fake.calls]
    assert put.index("bigquery.tables.setIamPolicy") < len(put) - 1, "before anything is in it"


def test_no_more_than_reading_is_given(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    own = "organizations/1/roles/reader"
    fake.policies[NAME] = policy(
        (EDITOR, "user:ada@acme.dev"), ("roles/bigquery.metadataViewer", "user:bob@acme.dev"),
        (own, "user:cy@acme.dev"), (f"{VIEWER}_withcond_0123456789abcdef", "user:dan@acme.dev"),
    )  # fmt: skip
    assert warehouse.put(place(), kept)
    assert given(fake) == {(VIEWER, "user:ada@acme.dev"), (own, "user:cy@acme.dev")}


def test_what_nobody_was_given_is_not_asked_for_twice(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    assert warehouse.put(place(), kept)
    assert fake.asked("tables.setIamPolicy") == []
    assert len(fake.asked("tables.getIamPolicy")) == 2


def test_who_may_read_it_already_is_given_nothing(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    fake.policies[NAME] = policy((VIEWER, "user:ada@acme.dev"))
    fake.policies[PLACE] = policy((EDITOR, "user:ada@acme.dev"))
    assert warehouse.put(place(), kept)
    assert fake.asked("tables.setIamPolicy") == []


def test_rights_that_sameday_may_not_give_are_told(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    """Nothing is in the place then, and no flag names it."""
    fake.policies[NAME] = policy((VIEWER, "user:ada@acme.dev"))
    fake.refuse("tables.setIamPolicy", Said(403, "Access Denied: Table x: Permission denied"))
    with pytest.raises(Refused):
        warehouse.put(place(), kept)
    with pytest.raises(Refused) as error:  # to try again changes nothing
        warehouse.put(place(), kept)
    assert "(it takes the right bigquery.tables.setIamPolicy)" in str(error.value)
    command = f"bq add-iam-policy-binding --member=user:ada@acme.dev --role={VIEWER} acme-data:reco.v4__0badcafe"
    assert str(error.value).endswith(command)
    assert not [call for call in fake.asked("jobs.insert") if SCRIPT in str(call.body)]
    fake.policies[PLACE] = policy((VIEWER, "user:ada@acme.dev"))
    fake.tables[PLACE]["numRows"] = "0"
    assert warehouse.put(place(), kept), "once somebody has run it"


def test_where_rights_may_not_be_seen_nothing_is_named(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    fake.refuse("tables.getIamPolicy", Said(403, "Access Denied: Table x: Permission denied"))
    with pytest.raises(Refused, match=r"it takes the right bigquery\.tables\.getIamPolicy"):
        warehouse.put(place(), kept)


def test_rights_that_came_later_are_given_at_the_switch(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    assert warehouse.put(place(), kept)
    fake.policies[OLD] = policy((VIEWER, "user:late@acme.dev"))
    catalogue(fake, place("0ddba11a"), [], [kept])
    others = fake.rows[READ]
    catalogue(fake, place(), [kept], [kept])
    fake.rows[READ] = [*fake.rows[READ], *others]
    warehouse.point([place()])
    assert given(fake) == {(VIEWER, "user:late@acme.dev")}


def test_rows_that_some_may_not_read_stay_hidden(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    """Whom a row access policy names has a role by it; the place would show all rows to whoever may read it."""
    fake.policies[OLD] = policy((SOME, "group:sales@acme.dev"))
    with pytest.raises(Refused, match=f"{OLD} has row access policies, and {PLACE} has none"):
        warehouse.put(place(), kept)
    assert not [call for call in fake.asked("jobs.insert") if SCRIPT in str(call.body)]
    fake.policies[PLACE] = policy((SOME, "group:sales@acme.dev"))
    assert warehouse.put(place(), kept), "once it has them"


def test_columns_that_some_may_not_read_stay_hidden(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    tag = {"type": "STRING", "policyTags": {"names": ["projects/acme-data/locations/us/taxonomies/1/policyTags/2"]}}
    fake.table(OLD, {"user_id": tag, "dt": "DATE"})
    with pytest.raises(Refused, match=f"the column 'user_id' of {OLD} has a policy tag, and that of {PLACE} has none"):
        warehouse.put(place(), kept)
    fake.table(PLACE, {"user_id": tag, "dt": "DATE"}, numRows="0")
    assert warehouse.put(place(), kept)


@pytest.mark.parametrize("form", ["view", "table"])
def test_a_name_that_is_made_anew_has_its_readers(
    fake: Fake, warehouse: BigQuery, kept: Version, form: Literal["view", "table"]
) -> None:
    """A table that becomes a view is another thing of that name, on which nobody has rights; so is the reverse."""
    fake.table(PLACE, dict(COLUMNS))
    catalogue(fake, place(), [kept], [kept])
    fake.policies[NAME] = policy((VIEWER, "user:ada@acme.dev"))
    if form == "view":
        fake.table(NAME, dict(COLUMNS))
    else:
        fake.view(NAME, [], query=f"SELECT `user_id`, `dt` FROM `{PLACE}`")

    def anew(call: Any) -> None:
        words = str(call.body)
        if call.id == "bigquery.jobs.insert" and ("CREATE OR REPLACE VIEW" in words or "CREATE TABLE IF NOT" in words):
            fake.policies.pop(NAME, None)
            fake.table(NAME, dict(COLUMNS), type="VIEW" if form == "view" else "TABLE")
        if call.id == "bigquery.jobs.insert" and "MERGE" in words and "named" in words:
            row = {**fake.rows[READ][-1], "place": "v4", "run": "named", "spec": "", "digest": None, "revision": ""}
            fake.rows[READ] = [*fake.rows[READ], row]

    fake.strikes.append(anew)
    warehouse.point([place(adopt=True, form=form)])
    assert [(one["role"], one["members"]) for one in fake.policies[NAME]["bindings"]] == [
        (VIEWER, ["user:ada@acme.dev"])
    ]


def test_what_a_view_shows_stays_hidden_by_itself(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    """Policies and tags of a place hold for who reads it through a view."""
    tag = {"type": "STRING", "policyTags": {"names": ["projects/acme-data/locations/us/taxonomies/1/policyTags/2"]}}
    fake.table(PLACE, {"user_id": tag, "dt": "DATE"})
    catalogue(fake, place(), [kept], [kept])
    fake.table(NAME, {"user_id": tag, "dt": "DATE"})
    fake.policies[NAME] = policy((SOME, "group:sales@acme.dev"))
    fake.policies[PLACE] = policy((SOME, "group:sales@acme.dev"), (VIEWER, "user:ada@acme.dev"))
    warehouse.point([place(adopt=True, form="view")])
    assert "CREATE OR REPLACE VIEW" in told(fake)[-1]


def test_an_emulator_knows_no_rights(fake: Fake, warehouse: BigQuery, kept: Version) -> None:
    fake.refuse("tables.getIamPolicy", Said(405, "Method Not Allowed"))
    assert warehouse.put(place(), kept)
