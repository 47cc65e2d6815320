"""A test beside others: those of today, and those that are over."""

from __future__ import annotations

from bot.compile.traffic import salt_digest
from bot.ports import Trial
from tests.traffic.conftest import LAYERS, Examine, ab, day, file, repository, said

LATER = {"start": "2026-12-07", "end": "2026-12-21"}


def used(start: str, end: str, salt: str = "reco:1", phase: int = 1) -> Trial:
    """A test that was live."""
    return Trial(phase, salt_digest(salt), "home", (0, 10_000), day(start), day(end))


def test_what_is_free_is_offered(examine: Examine) -> None:
    head = repository(
        file("reco", ab(layer="home", slots={"start": 1_000, "end": 9_000})),
        file("one", ab(layer="home", slots={"start": 0, "end": 2_000})),
        file("two", ab(layer="home", slots={"start": 3_000, "end": 3_500})),
        file("mail", ab(layer="mail", slots={"start": 3_500, "end": 5_000})),
        file("next", ab(layer="home", period={"start": "2026-12-21", "end": "2027-01-04"})),
    )
    result = examine(head)
    assert said(result) == [
        ("overlap", 19, "one has the slots 1,000 to 2,000 of the layer 'home' on the same days"),
        ("overlap", 19, "two has the slots 3,000 to 3,500 of the layer 'home' on the same days"),
    ]
    assert {found.hint for found in result.findings} == {"free on all these days: 2,000 to 3,000, 3,500 to 10,000"}


def test_where_nothing_is_free(examine: Examine) -> None:
    (found,) = examine(repository(file("reco", ab(layer="default")), file("one", ab()))).findings
    assert found.message == "one has the slots 0 to 10,000 of the layer 'default' on the same days"
    assert found.hint == (
        "nothing of the layer 'default' is free on all these days: begin later, or take another layer"
    )


def test_tests_without_a_layer_are_told_of_each_other(examine: Examine) -> None:
    """Unless they are shown in different places."""
    result = examine(repository(file("reco", ab()), file("one", ab(surfaces=[{"channel": "mail"}]))))
    message = "one splits the same users on the same days, and neither names a layer"
    assert (said(result), result.outcome) == ([("unlayered", 5, message)], "passed")
    apart = repository(
        file("reco", ab(surfaces=[{"channel": "push"}])), file("one", ab(surfaces=[{"channel": "mail"}])),
    )  # fmt: skip
    assert said(examine(apart)) == []
    together = repository(file("reco", ab(surfaces=[{"channel": "push"}])), file("one", ab(slots={"end": 5_000})))
    assert [rule for rule, _, _ in said(examine(together))] == ["overlap"], "one of them asks for slots of its own"


def test_days_begin_where_the_test_says(examine: Examine) -> None:
    """At the turn of the year, Tokyo is nine hours ahead: there the first test is over nine hours before it is here."""
    before = ab(layer="home", period={"start": "2026-12-07", "end": "2026-12-21", "timezone": "UTC"})
    for zone, overlaps in (("Asia/Tokyo", True), ("UTC", False), ("America/Lima", False)):
        after = ab(layer="home", period={"start": "2026-12-21", "end": "2027-01-04", "timezone": zone})
        result = examine(repository(file("reco", after), file("one", before)))
        assert [rule for rule, _, _ in said(result)] == (["overlap"] if overlaps else [])


def test_an_experiment_for_all_takes_no_slots(examine: Examine) -> None:
    winner = {"kind": "all", "arm": {"name": "a", "table": "t"}}
    assert said(examine(repository(file("reco", ab()), file("winner", winner)))) == []
    assert said(examine(repository(file("winner", winner), file("reco", ab())))) == []


def test_a_name_that_was_used_before(examine: Examine) -> None:
    """Its users would be in the same arms again."""
    over = {"reco": (used("2026-06-01", "2026-06-15"),)}
    (found,) = said(examine(repository(file("reco", ab(period=LATER))), repository(), trials=over))
    assert found == (
        "reused-salt",
        5,
        "phase 1 of reco, from 2026-06-01 to 2026-06-15, split users with the same salt 'reco:1'",
    )
    assert said(examine(repository(file("reco", ab(period=LATER, phase=2))), repository(), trials=over)) == []
    assert said(examine(repository(file("reco", ab(period=LATER, salt="new"))), repository(), trials=over)) == []


def test_a_name_whose_test_was_stopped(examine: Examine) -> None:
    """Its file was deleted in the middle of the test, and comes back with other days."""
    stopped = {"reco": (used("2026-11-02", "2026-12-31"),)}
    (found,) = said(examine(repository(file("reco", ab(period=LATER))), repository(), trials=stopped))
    assert found[0] == "reused-salt"


def test_a_salt_that_another_test_used(examine: Examine) -> None:
    over = {"old": (used("2026-06-01", "2026-06-15", "s"),)}
    head = repository(file("reco", ab(salt="s")))
    assert said(examine(head, trials=over)) == [("reused-salt", 18, "old split users with the same salt 's'")]
    never = {"old": (used("2027-06-01", "2027-06-15", "s"),)}
    assert said(examine(head, trials=never)) == [], "it never began"


def test_a_released_test_is_itself(examine: Examine) -> None:
    same = {"reco": (used("2026-11-30", "2026-12-21"),)}
    head = repository(file("reco", ab()))
    assert said(examine(head, head, trials=same)) == []
    heir = repository(file("heir", ab(), renamed_from="reco"))
    assert said(examine(heir, head, trials=same)) == []


def test_a_test_that_is_over_does_not_begin_again(examine: Examine) -> None:
    """Without a ledger, too: the base says that it was there."""
    before = repository(file("reco", ab(period={"start": "2026-11-02", "end": "2026-11-30"})))
    (found,) = said(examine(repository(file("reco", ab(period=LATER))), before))
    assert found[0] == "reused-salt"


def test_a_new_test_begins_after_its_merge(examine: Examine) -> None:
    head = repository(file("reco", ab()))
    result = examine(head, repository())
    assert said(result) == [("late", 16, "the test should begin on 2026-11-30, and is not live yet")]
    assert (result.outcome, result.findings[0].hint) == ("passed", "let it begin on 2026-12-04 or later")
    assert said(examine(head)) == [], "nobody knows here that it is new"
    assert said(examine(head, head)) == []


def test_an_unknown_layer_is_no_new_one(examine: Examine) -> None:
    result = examine(repository(file("reco", ab(layer="hoem"))))
    assert said(result) == [("unknown-layer", 18, "there is no layer 'hoem'")]
    assert result.findings[0].hint == "did you mean 'home'?"
    assert result.findings[0].fix is not None
    far = examine(repository(file("reco", ab(layer="search"))), settings=LAYERS)
    assert far.findings[0].hint == "known: home, mail, default; the settings declare `layers`"
