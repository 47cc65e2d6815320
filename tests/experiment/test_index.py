"""The index of records saves time and decides nothing: whatever it holds, reports and plans are the same."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bot.cli.backends import Adapters
from bot.commands.check import Selection, changed, check, gone
from bot.commands.plan import plan
from bot.commands.refused import refused
from bot.document.glob import matching
from bot.experiment.index import Index
from bot.experiment.lazy import KEPT
from bot.experiment.record import Record
from bot.experiment.repository import Repository
from bot.finding import Finding, Report
from bot.git import Git
from bot.ledgers.sqlite import LedgerFile
from bot.ports import Entry
from bot.release.plan import Snapshot, make_plan
from bot.settings import Settings
from bot.settings.kinds import FolderWarehouse, SqliteLedger, SqliteStore
from bot.workspace import Workspace
from tests.experiment.random_repositories import Tree, after, before, differing
from tests.fuzz import count

COMMIT = "c" * 40
GLOBS = ["experiments/*.yaml"]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
NOTHING: Sequence[object] = (True, None, [], [], [], "")
Meant = Callable[[frozenset[str]], frozenset[str]]
Said = tuple[Report, Mapping[str, Sequence[Finding]], list[str]]


def workspace(folder: Path, *, ledger: bool) -> Workspace:
    """One without a repository around it."""
    settings = Settings(
        experiments=tuple(GLOBS),
        warehouse=FolderWarehouse(dataset="main"),
        stores={"serving": SqliteStore(path=str(folder / "serving.sqlite"))},
        ledger=SqliteLedger(path=str(folder / "ledger.sqlite")) if ledger else None,
    )
    return Workspace(folder, settings, Git(folder, None, {}), Adapters({}), True)


def release(here: Workspace, tree: Tree) -> None:
    """Write down that everything that can be released is."""
    items, _ = make_plan(Repository.load(tree, GLOBS), {}, here.settings, NOW)
    ledger = LedgerFile(SqliteLedger(path=str(here.root / "ledger.sqlite")))
    ledger.begin(COMMIT)
    for item in items:
        ledger.append(Entry(1, item, COMMIT, "switch", "done", "", NOW))


def with_index(here: Workspace, old: Tree, new: Tree, index: Index, meant: Meant = frozenset) -> Said:
    """What is said of a pull request where only what is asked for is loaded; of what is touched, `meant` is asked."""
    paths = differing(old, new)
    head = Repository.load_lazily(new, GLOBS, index, fresh=paths)
    snapshot = Snapshot(Repository.load_lazily(old, GLOBS, index), COMMIT)
    lost = gone(head, snapshot)
    selection = Selection(head, changed(head, paths, [], lost), snapshot, lost)
    names = meant(selection.touched)
    faults = refused(head, here.settings, here.entries, NOW, names)
    return check(here, selection, offline=True), faults, _planned(here, head, names, snapshot)


def without(here: Workspace, old: Tree, new: Tree, meant: Meant) -> Said:
    """What is said where every file is loaded, and everything is planned, whatever is asked for."""
    head, snapshot = Repository.load(new, GLOBS), Snapshot(Repository.load(old, GLOBS), COMMIT)
    paths, lost = differing(old, new), gone(head, snapshot)
    touched = {e.path for e in head.experiments if e.path in paths or (e.parsed and matching(paths, e.parsed.sources))}
    names = {e.name for e in head.experiments if e.path in touched} | lost
    for _ in head.experiments:
        names |= {name for name, reads in head.readers.items() if names & set(reads)}
    chosen = [e for e in head.experiments if e.path in touched or (e.name in names and e.parsed)]
    selection = Selection(head, [one.path for one in chosen], snapshot, lost)
    asked, whole = meant(selection.touched), plan(here, head, None, snapshot)
    items = tuple(item for item in whole.items if item.experiment in asked)
    holds = tuple(hold for hold in whole.holds if hold.item.experiment in asked)
    words = replace(whole, items=items, holds=holds).words
    every = refused(head, here.settings, here.entries, NOW)
    faults = {name: faults for name, faults in every.items() if name in asked}
    return check(here, selection, offline=True), faults, sorted(map(repr, words))


def _planned(here: Workspace, head: Repository, names: frozenset[str], snapshot: Snapshot) -> list[str]:
    foreseen = plan(here, head, names, snapshot)
    at = {item.experiment: i for i, item in enumerate(foreseen.items)}
    circles = {name for name in at if name in _above(head, name)}
    for name, place in at.items():  # writers go before their readers
        assert circles or all(at[writer] < place for writer in head.readers.get(name, ()) if writer in at)
    return sorted(map(repr, foreseen.words))


def _above(head: Repository, name: str) -> set[str]:
    seen: set[str] = set()
    todo = list(head.readers.get(name, ()))
    while todo:
        if (writer := todo.pop()) not in seen:
            seen.add(writer)
            todo += head.readers.get(writer, ())
    return seen


def filled(file: Path, *trees: Tree) -> Path:
    """An index that has read these trees."""
    for tree in trees:
        index = Index(file, file.parent)
        Repository.load_lazily(tree, GLOBS, index)
        index.save({})
    return file


def edited(file: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The index with other records, which somebody has written who knows how."""
    head, _, body = file.read_bytes().partition(b"\n")
    content = json.loads(body)
    change(content[2])
    body = json.dumps(content).encode()
    head = head.rpartition(b" ")[0] + b" " + sha256(body).hexdigest().encode()
    file.write_bytes(head + b"\n" + body)
    return file


def damaged(rng: random.Random, file: Path) -> Path:
    """The index cut short, with other bytes in it, or of another version."""
    content = bytearray(file.read_bytes())
    kind = rng.randrange(4)
    if kind == 0:
        del content[rng.randrange(len(content)) :]
    elif kind == 1:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    elif kind == 2:
        content += b" "
    else:
        content = content.replace(b"experiments ", b"experiments 0", 1)
    file.write_bytes(content)
    return file


STATES = ("nothing kept", "none yet", "of both", "of the base", "of others", "damaged", "wrong of what is changed")


def held(state: str, rng: random.Random, file: Path, old: Tree, new: Tree) -> Path | None:
    """An index in one of the states that it may be in before a command."""
    if state == "nothing kept":
        return None
    if state == "of the base":
        filled(file, old)
    elif state == "of others":
        filled(file, before(rng), before(rng))
    elif state != "none yet":
        filled(file, old, new)
    if not file.exists():  # nothing of them is sound
        return file
    if state == "damaged":
        damaged(rng, file)
    elif state == "wrong of what is changed":
        changed_now = [blob for path in differing(old, new) & new.content.keys() if (blob := new.content_id(path))]
        edited(file, lambda by: by.update({blob: [rng.choice(["als", "x"]), *NOTHING] for blob in changed_now}))
    return file


@pytest.mark.parametrize("released", [False, True])
def test_reports_and_plans_are_those_of_loading_everything(tmp_path: Path, released: bool) -> None:
    for case in range(count(20, 10_000)):
        rng, folder = random.Random(case), tmp_path / str(case)
        old = before(rng)
        new = after(rng, old)
        folder.mkdir()
        here = workspace(folder, ledger=released or rng.random() < 0.7)
        if released:
            release(here, old)
        one = rng.random()

        def some(touched: frozenset[str], one: float = one) -> frozenset[str]:
            """All, or one of them, as where a file is named."""
            return touched if one < 0.5 or not touched else frozenset(sorted(touched)[: int(one * 4) - 1])

        expected = without(here, old, new, some)
        file = folder / "index"
        for state in STATES:
            file.unlink(missing_ok=True)
            index = Index(held(state, rng, file, old, new), folder)
            assert with_index(here, old, new, index, some) == expected, (case, state)


def test_a_name_that_was_anothers_before_the_first_release(tmp_path: Path) -> None:
    """Whose it was is known, though the other experiment is not asked about."""
    file = "name: {}\njobs: [{{name: j, command: x}}]\noutputs: {{o: {{table: {}, job: j, columns: {{a: STRING}}}}}}\n"
    old = Tree({"experiments/x.yaml": file.format("x", "main.t").encode()})
    new = Tree(
        {"experiments/x.yaml": file.format("x", "u").encode(), "experiments/y.yaml": file.format("y", "t").encode()}
    )
    said = with_index(workspace(tmp_path, ledger=True), old, new, Index(None, tmp_path), lambda _: frozenset("y"))
    assert "tables.taken" in str(said[2])
    assert said == without(workspace(tmp_path, ledger=True), old, new, lambda _: frozenset("y"))


def test_only_what_is_changed_and_touched_is_read(tmp_path: Path) -> None:
    def tree(weight: int) -> Tree:
        sound = "name: e{0}\njobs: [{{name: j, command: 'x {1}'}}]\n"
        return Tree({f"experiments/{i}.yaml": sound.format(i, weight if i == 3 else 0).encode() for i in range(50)})

    old, new = tree(0), tree(1)
    index = Index(filled(tmp_path / "index", old), tmp_path)
    with_index(workspace(tmp_path, ledger=True), old, new, index)
    assert set(old.read_paths[50:]) == set(new.read_paths) == {"experiments/3.yaml"}


def test_of_many_experiments_few_are_held_and_none_is_read_three_times(tmp_path: Path) -> None:
    """The first ones are kept from the first reading, the others are read again when their turn comes."""
    many = KEPT + 150
    sound = "name: e{0}\njobs: [{{name: j, command: x}}]\ninputs: {{i: {{experiment: e{1}, output: o}}}}\n"
    tree = Tree({f"experiments/{i:03}.yaml": sound.format(i, i - 1 if i else 5).encode() for i in range(many)})
    here, index = workspace(tmp_path, ledger=False), Index(tmp_path / "index", tmp_path)
    reports = []
    for again in (150, many):
        head = Repository.load_lazily(tree, GLOBS, index, whole=True)
        read = len(tree.read_paths)
        reports.append(check(here, Selection(head, list(head.records)), offline=True, only=["schema", "manifest"]))
        assert len(tree.read_paths) - read == again
    eager = Repository.load(tree, GLOBS)
    whole = check(here, Selection(eager, list(eager.records)), offline=True, only=["schema", "manifest"])
    assert reports == [whole, whole]
    assert [one.name for one in whole.experiments] == [f"e{i}" for i in range(many)]


def test_a_wrong_record_of_what_is_touched_is_told_and_forgotten(tmp_path: Path) -> None:
    """Nothing is said from it: the check is errored, and the next command reads the files."""
    writer = b"name: w\njobs: [{name: j, command: x}]\noutputs: {o: {table: t, job: j, columns: {a: STRING}}}\n"
    reader = b"name: r\njobs: [{name: j, command: x}]\ninputs: {i: {experiment: w, output: o}}\n"
    old = Tree({"experiments/w.yaml": writer, "experiments/r.yaml": reader})
    new = Tree({**old.content, "experiments/r.yaml": reader + b"# changed\n"})
    wrong: dict[str, object] = {old.content_id("experiments/w.yaml") or "": ["w", *NOTHING]}
    file = edited(filled(tmp_path / "index", old), lambda by: by.update(wrong))
    here = workspace(tmp_path, ledger=False)
    head = Repository.load_lazily(new, GLOBS, Index(file, tmp_path), fresh=differing(old, new))
    report = check(here, Selection(head, ["experiments/r.yaml"]), offline=True)
    reasons = {result.reason for result in report.experiments[0].checks if result.outcome == "errored"}
    assert report.verdict == "unknown"
    assert reasons == {"experiments/w.yaml: its file changed while it was read; run the command again"}
    assert not file.exists()


SHAPES: Sequence[object] = [
    [], {}, 1, None, "x", ["x", {}], ["x", {}, {}, {}], ["x", {}, {"b": []}], ["x", {}, {"b": ["n"]}],
    ["x", {}, {"b": [1, True, None, [], [], [], ""]}], ["x", {}, {"b": ["n", True, None, "reads", [], [], ""]}],
    ["x", {}, {"b": ["n", True, None, [], [], [["o", "t"]], ""]}], ["x", {"p": [1, 2, 3, "4", "b"]}, {}],
]  # fmt: skip


@pytest.mark.parametrize("content", SHAPES)
def test_a_file_of_another_shape_is_as_good_as_none(tmp_path: Path, content: object) -> None:
    file = filled(tmp_path / "index", before(random.Random(1)))
    body = json.dumps(content).encode()
    head = file.read_bytes().partition(b"\n")[0].rpartition(b" ")[0]
    file.write_bytes(head + b" " + sha256(body).hexdigest().encode() + b"\n" + body)
    index = Index(file, tmp_path)
    assert (index.records, index.stamps) == ({}, {})


def test_records_that_nobody_asks_for_go_in_time(tmp_path: Path) -> None:
    """As many as are asked for may stay for other branches."""
    file = tmp_path / "index"
    for begin in range(0, 100, 10):
        index = Index(file, tmp_path)
        for i in range(begin, begin + 10):
            index.put(f"{i:040}", Record(f"e{i}", True, None, (), (), (), ""))
        index.save({})
    left = Index(file, tmp_path).records.keys()
    assert left >= {f"{i:040}" for i in range(90, 100)}
    assert len(left) <= 20


def test_it_is_not_written_for_a_single_new_file(tmp_path: Path) -> None:
    file = tmp_path / "index"
    index = Index(file, tmp_path)
    for i in range(100):
        index.put(f"{i:040}", Record(f"e{i}", True, None, (), (), (), ""))
    index.save({})
    there = file.stat().st_ino
    index = Index(file, tmp_path)
    for i in range(101):
        if index.find([f"{i:040}"]) == [None]:
            index.put(f"{i:040}", Record(f"e{i}", True, None, (), (), (), ""))
    index.save({})
    assert file.stat().st_ino == there


def test_a_place_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    filled(tmp_path / "file" / "index", before(random.Random(1)))
    filled(tmp_path, before(random.Random(1)))
