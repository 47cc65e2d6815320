"""`sameday readout` as a user runs it: what it prints, and what it says of what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.cli import main
from tests.conftest import SETTINGS, Repo, Said
from tests.readout.test_query import MAPPING, OPENED, SHOWN

Ask = Callable[..., Said]
GOLDEN = Path(__file__).parent / "golden"
START = datetime(2026, 11, 30, 9, tzinfo=UTC)
QUERY = MAPPING.replace("forced,", "flag AS flag_version, data AS data_version, forced,")
LOG = SHOWN.append(pa.field("flag", pa.string())).append(pa.field("data", pa.string()))
LISTS = """\
name: lists
jobs: [{name: rank, command: "true"}]
serving:
  kind: interleaving
  surfaces: [{channel: api}]
  rankers:
    - {name: popular, control: true, table: reco.popular}
    - {name: similar, table: reco.similar}
  credit: {event: open, within: 24h}
  period: {start: 2026-11-30, end: 2026-12-14}
"""
AB = """\
name: page
jobs: [{name: rank, command: "true"}]
serving:
  kind: ab
  arms: [{name: old, control: true, table: reco.popular}, {name: new, table: reco.similar}]
  period: {start: 2026-11-30, end: 2026-12-14}
"""
ALL = "name: all\njobs: [{name: rank, command: x}]\nserving: {kind: all, arm: {name: new, table: reco.popular}}\n"
MORE = """\
exposures: {query: sql/exposures.sql}
events: {open: {table: logs.opened, unit: user_id, item: item_id, at: opened_at}}
"""


def line(user: int, ranker: str, position: int, **more: Any) -> dict[str, Any]:
    """An item that a user was shown."""
    return {
        "user_id": f"u{user}", "experiment": "lists", "phase": 1, "arm": "", "ranker": ranker, "item": f"i{position}",
        "position": position, "ranking": "2026-11-30", "forced": False, "shown_at": START, "flag": "f", "data": "d",
        **more,
    }  # fmt: skip


def opened(user: int, item: str, after: timedelta = timedelta(hours=1)) -> dict[str, Any]:
    """What a user did then."""
    return {"user_id": f"u{user}", "item_id": item, "opened_at": START + after}


@pytest.fixture
def log(repo: Repo) -> Callable[..., Repo]:
    """The repository, with a log of such lines."""
    repo.write("sameday.yaml", SETTINGS + MORE)
    repo.write("sql/exposures.sql", QUERY)
    for text in (LISTS, AB, ALL):
        repo.write(f"experiments/{text.split()[1]}.yaml", text)

    def write(shown: list[dict[str, Any]], done: list[dict[str, Any]], without: str = "") -> Repo:
        folder = repo.root / ".sameday" / "warehouse"
        folder.mkdir(parents=True, exist_ok=True)
        rows = pa.Table.from_pylist(shown, LOG)
        pq.write_table(rows.drop_columns([without]) if without else rows, folder / "logs.shown.parquet")
        pq.write_table(pa.Table.from_pylist(done, OPENED), folder / "logs.opened.parquet")
        return repo

    return write


@pytest.fixture
def ask(repo: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """The command line in this process, which has DuckDB already."""
    monkeypatch.chdir(repo.root)

    def run(*words: str) -> Said:
        code = main(["readout", *words])
        return Said(code, *capsys.readouterr())

    return run


def users(number: int, lean: int, phase: int = 1) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lists of two items; of ten users so many, and else five, open what `similar` has put into the list."""
    shown, done = [], []
    for user in range(number):
        order = ("popular", "similar") if user % 2 else ("similar", "popular")
        shown += [line(user, ranker, place, phase=phase) for place, ranker in enumerate(order, 1)]
        wanted = "similar" if user // 2 % 10 < lean else "popular"
        done.append(opened(user, f"i{order.index(wanted) + 1}"))
    return shown, done


def test_what_it_prints(log: Callable[..., Repo], ask: Ask, golden: Callable[[Path, str], None]) -> None:
    """Two phases; testers, another test, lines twice and events that come too late change nothing."""
    shown, done = users(400, 8, phase=2)
    before, earlier = users(60, 2)
    noise = [
        *shown[:9], *(line(n, "popular", 1, forced=True, ranking="forced") for n in range(50)),
        *(line(n, "popular", 1, experiment="page", arm="old", ranking="r") for n in range(30)),
        *(line(n, "popular", 1, item=None, ranking="r") for n in range(30)),
        *(line(n, "", 1, ranking="held out") for n in range(30)),
    ]  # fmt: skip
    late = [opened(n, "i1", timedelta(hours=25)) for n in range(60)]
    repo = log([*shown, *noise], [*done, *late])
    assert ask("lists").out.splitlines()[2].startswith("phase 1: 0 impressions"), "of the file"
    repo.write("experiments/lists.yaml", LISTS.replace("kind: interleaving", "kind: interleaving\n  phase: 2"))
    log([*shown, *noise, *(one | {"user_id": f"b{one['user_id']}"} for one in before)],
        [*done, *late, *(one | {"user_id": f"b{one['user_id']}"} for one in earlier)])  # fmt: skip
    said = ask("lists", "--svg", "readout.svg")
    assert (said.code, said.err) == (0, "wrote readout.svg\n")
    golden(GOLDEN / "readout.txt", said.out)
    picture = (repo.root / "readout.svg").read_text(encoding="utf-8")
    golden(GOLDEN / "readout.svg", picture)
    ElementTree.fromstring(picture)
    golden(GOLDEN / "readout.json", ask("experiments/lists.yaml", "--format", "json").out)
    (only,) = json.loads(ask("lists", "--phase", "1", "--format", "json").out)["phases"]
    assert (only["phase"], only["rankers"][0]["verdict"]) == (1, "failed")


def test_an_ab_test_counts_users(log: Callable[..., Repo], ask: Ask) -> None:
    """Each once for an arm, whatever else is in the log."""
    shown = [line(n, "", 1, experiment="page", arm="old", ranking=None) for n in (1, 2, 2, 3)]
    shown += [line(n, "", 2, experiment="page", arm="new", item=None) for n in (3, 4, 4)]
    shown += [line(9, "", 1, experiment="page", arm=arm, forced=not arm) for arm in ("", "new", None)]
    log([one | {"forced": one["user_id"] == "u9"} for one in shown], [])
    assert ask("page").out == (
        "page: who was shown which arm; effects are for your own analysis\n\n"
        "phase 1: 5 of user_id\n  old            3\n  new            2\n"
    )
    found = json.loads(ask("page", "--format", "json").out)
    assert found["phases"] == [{"phase": 1, "arms": {"old": 3, "new": 2}}]


def test_nothing_yet(log: Callable[..., Repo], ask: Ask) -> None:
    log([], [])
    said = ask("lists")
    assert (said.code, said.out.splitlines()[2:]) == (
        0, ["phase 1: 0 impressions, 0 of user_id", "  similar  inconclusive: there are no exposures"]
    )  # fmt: skip


def test_a_draft_that_is_not_fair(log: Callable[..., Repo], ask: Ask) -> None:
    """Whose items come first is taken more often: no preference is named, however clear it looks."""
    shown = [line(n, ranker, place) for n in range(400) for place, ranker in enumerate(("similar", "popular"), 1)]
    log(shown, [opened(n, "i1") for n in range(400)])
    said = ask("lists")
    words = "  similar  inconclusive: similar begins 100.0% of the lists and should begin half of them: "
    assert said.out.splitlines()[3] == words + "the draft is not fair"


WRONG: dict[str, tuple[Callable[[Repo], None], str, str]] = {
    "no such experiment": (
        lambda repo: None, "list", "sameday: no valid experiment 'list'; did you mean 'lists'?\n"),
    "no test": (lambda repo: None, "all", "sameday: all is no test: nothing is compared in it\n"),
    "no exposures in the settings": (
        lambda repo: repo.write("sameday.yaml", SETTINGS), "lists",
        "sameday: sameday.yaml names no exposures; add `exposures: {query: sql/exposures.sql}`\n"),
    "no events in the settings": (
        lambda repo: repo.write("sameday.yaml", SETTINGS + MORE.splitlines()[0] + "\n"), "lists",
        "sameday: sameday.yaml has no event 'open', for which a ranker gets credit; known: none\n"),
    "no file with the query": (
        lambda repo: (repo.root / "sql" / "exposures.sql").unlink(), "lists",
        "sameday: sameday.yaml: `exposures.query` names sql/exposures.sql, which cannot be read: No such file or "
        "directory\n"),
    "a query that lacks columns": (
        lambda repo: repo.write("sql/exposures.sql", QUERY.replace("phase, ", "").replace("forced,", "1 AS forced,")),
        "lists",
        "sameday: sql/exposures.sql:1:1: error it gives no column 'phase' (INT64: its phase, likewise)\n"
        "sameday: sql/exposures.sql:1:1: error its column 'forced' is INT64, not BOOL\n"),
    "a query that is none": (
        lambda repo: repo.write("sql/exposures.sql", "DROP TABLE logs.shown"), "lists",
        "sameday: sql/exposures.sql:1:1: error the query of exposures cannot be run: the query is not one SELECT\n"),
    "an event's table with other columns": (
        lambda repo: repo.write("sameday.yaml", SETTINGS + MORE.replace("at: opened_at", "at: opend_at")), "lists",
        "sameday: sameday.yaml: `events.open`: the table logs.opened has no column 'opend_at' (`at`); did you mean "
        "'opened_at'?\n"),
    "no table of the event": (
        lambda repo: repo.write("sameday.yaml", SETTINGS + MORE.replace("logs.opened", "logs.clicked")), "lists",
        "sameday: sameday.yaml: `events.open`: the table logs.clicked does not exist, or may not be read\n"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "name", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(
    spoil: Callable[[Repo], None], name: str, words: str, log: Callable[..., Repo], ask: Ask
) -> None:
    repo = log(*users(4, 5))
    spoil(repo)
    said = ask(name)
    assert (said.code, said.out, said.err) == (2, "", words)


def test_the_query_sees_tables_and_no_other_file(log: Callable[..., Repo], ask: Ask) -> None:
    repo = log(*users(4, 5))
    (repo.root / "secret.csv").write_text("unit\nsecret of ann\n")
    repo.write("sql/exposures.sql", f"SELECT * FROM read_csv('{repo.root}/secret.csv')")
    said = ask("lists")
    assert said.code == 2
    assert "the query of exposures cannot be run: the query: Permission Error" in said.err
    assert "secret of" not in said.err
