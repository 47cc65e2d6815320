"""The picture of layers: who has which slots when, what is free, what a change adds."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.compile.layers import Booking, Timeline, changed, free, timelines
from bot.experiment.repository import Repository
from bot.report.language import english
from bot.report.layers import MOST, folded, picture
from bot.report.svg import svg
from bot.settings import Settings
from tests.conftest import Repo
from tests.docs import layers
from tests.traffic.conftest import LAYERS, NOW, ab, file, repository

SETTINGS = Settings.model_validate(LAYERS)
STEP = 1_000
EDGES = st.integers(0, 9)
TAKEN = st.lists(st.tuples(EDGES, EDGES).map(sorted).map(lambda e: (e[0] * STEP, (e[1] + 1) * STEP)), max_size=6)


def lines(head: Repository, before: Repository | None = None) -> dict[str, Timeline]:
    """The layers by name."""
    return {line.layer: line for line in timelines(head, SETTINGS, NOW, before)}


def home(name: str, start: int, end: int, **more: Any) -> bytes:
    """A test in slots of the layer home."""
    return file(name, ab(layer="home", slots={"start": start, "end": end}, **more))


def text(shown: list[Timeline]) -> str:
    return "\n".join(line.text for line in picture(shown))


def test_the_guide_shows_what_is_printed() -> None:
    guide = (Path(layers.__file__).parents[2] / "docs" / "guides" / "ab.md").read_text(encoding="utf-8")
    assert f"\n{text(layers.LINES)}\n" in guide


@given(taken=TAKEN)
def test_what_is_free_is_what_nobody_has(taken: list[tuple[int, int]]) -> None:
    """Beside a count of every thousand slots."""
    found = free(taken)
    for slot in range(0, 10_000, STEP):
        is_taken = any(start <= slot < end for start, end in taken)
        assert any(start <= slot < end for start, end in found) is not is_taken
    assert all(end < start for (_, end), (start, _) in pairwise(found))


def test_what_is_free_changes_with_the_days() -> None:
    said = [(one.slots, one.since.isoformat(), one.share) for one in layers.HOME.vacancies]
    assert said == [
        (((5_000, 10_000),), "2026-11-30", 0.5), ((), "2026-12-07", 0.0),
        (((0, 2_500),), "2026-12-28", 0.25), (((0, 2_500), (5_000, 10_000)), "2027-01-04", 0.75),
    ]  # fmt: skip


def test_every_layer_of_the_settings_and_only_tests_that_are_not_over() -> None:
    over = {"period": {"start": "2026-11-05", "end": "2026-12-03"}}
    last_day = {"period": {"start": "2026-11-05", "end": "2026-12-04"}}
    everyone = {"kind": "all", "arm": {"name": "als", "table": "reco.v4"}}
    found = lines(
        repository(
            home("later", 5_000, 10_000), home("first", 0, 5_000), home("over", 0, 5_000, **over),
            home("ends", 0, 100, **last_day), file("winner", everyone), file("anywhere", ab()),
            b"name: broken\njobs: 3\n",
        )
    )  # fmt: skip
    shown = {layer: [one.name for one in line.bookings] for layer, line in found.items()}
    assert shown == {"home": ["ends", "first", "later"], "mail": [], "default": ["anywhere"]}


def test_what_differs_from_the_base_is_added() -> None:
    before = repository(home("same", 0, 1_000), home("wider", 1_000, 2_000), home("old", 3_000, 4_000))
    head = repository(
        home("same", 0, 1_000, phase=1), home("wider", 1_000, 3_000), home("new", 4_000, 5_000),
        file("heir", ab(layer="home", slots={"start": 3_000, "end": 4_000}), renamed_from="old"),
    )  # fmt: skip
    found = lines(head, before)
    assert found["home"].added == {"wider", "new"}
    assert [line.layer for line in changed(list(found.values()))] == ["home"]
    assert lines(head)["home"].added == frozenset()


def test_many_tests_are_counted_and_short_ones_seen() -> None:
    first = layers.FIRST
    short = Booking("short", "home", (0, 1), first + timedelta(days=999), first + timedelta(days=1_000))
    many = [Booking(f"t{i}", "home", (i, i + 1), first, first + timedelta(days=1_000)) for i in range(1, MOST + 2)]
    shown = text([Timeline("home", (short, *many))]).splitlines()
    assert shown[2].split() == ["short", "0", "to", "1", "·" * 35 + "█", "2029-08-25", "until", "2029-08-26"]
    assert "    and 2 more" in shown
    assert max(map(len, shown)) <= 140


def test_the_svg_file_has_every_test_once_and_follows_light_and_dark() -> None:
    drawn = svg(layers.LINES)
    root = ET.fromstring(drawn)
    titles = [title.text or "" for title in root.iter("{http://www.w3.org/2000/svg}title")]
    for one in layers.HOME.bookings:
        assert sum(title.startswith(f"{one.name}: slots ") for title in titles) == 1
    assert "prefers-color-scheme: dark" in drawn
    assert "No layer is declared" in "".join(ET.fromstring(svg([])).itertext())


def test_a_comment_without_layers_has_no_folded_part() -> None:
    assert folded([], english) == []
    (part,) = folded([layers.HOME], english)
    assert "+ two-towers" in part


def test_the_command_shows_what_a_branch_adds(repo: Repo) -> None:
    years = {"period": {"start": "2099-03-02", "end": "2099-03-30"}}
    repo.write("sameday.yaml", "layers: {home: {surfaces: [home]}, mail: {}}\n")
    repo.write("experiments/old.yaml", home("old", 0, 2_500, **years).decode())
    repo.commit()
    repo.write("experiments/new.yaml", home("new", 2_500, 5_000, **years).decode())
    repo.write("experiments/broken.yaml", "name: broken\njobs: 3\n")
    said = repo.sameday("traffic", "--base", "HEAD", "--layer", "home", "--svg", "layers.svg")
    assert said.code == 0, said.err
    assert [line.split()[:2] for line in said.out.splitlines()[2:4]] == [["old", "0"], ["+", "new"]]
    assert "layer mail" not in said.out
    assert "experiments/broken.yaml has faults" in said.err
    assert "+ new" in (repo.root / "layers.svg").read_text(encoding="utf-8")
    wrong = repo.sameday("traffic", "--layer", "hoem")
    assert (wrong.code, wrong.err) == (2, "sameday: there is no layer 'hoem'; did you mean 'home'?\n")
