"""A kind of backend costs three files by hand, and one for the tests; everything else follows from its row."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, SETTINGS

pytestmark = pytest.mark.slow

ROW = '''\
"""A store for demonstrations."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from bot.settings.kinds.backend import Backend, Needs


class MemoryStore(Backend):
    """Tables in this process's memory, gone when it ends."""

    opener: ClassVar[str] = "bot.stores.memory:open_store"
    needs: ClassVar[Needs | None] = Needs("a store in memory", (@NEEDS@), "embedded")

    kind: Literal["memory"]
    most: int = Field(1_000_000, ge=1, description="Rows that a version may have.")
    password: str = Field("MEMORY_PASSWORD", description="The environment variable that holds its password.")

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password."""
        return (self.password,)
'''

ADAPTER = '''\
"""A store in memory: a dictionary of Arrow tables by target and version."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Self

from bot.errors import Refused
from bot.ports import Batches, Place, Store, StorePlan, Version
from bot.ports.opening import Opening
from bot.settings.kinds import MemoryStore
from bot.sync.digest import Passing, digest, same


class MemoryTables:
    """The versions of each place with their rows, the one that it shows, and the names."""

    def __init__(self, settings: MemoryStore) -> None:
        self.settings = settings
        self.kept: dict[str, dict[str, tuple[Version, Any]]] = {}
        self.inner: dict[str, Version] = {}
        self.names: dict[str, Place] = {}

    def plan(self, place: Place) -> StorePlan:
        """Everything fits."""
        return StorePlan("replace" if place.table in self.names else "create", f"{place.table} = []")

    def glance(self) -> Self:
        """This one."""
        return self

    def begin(self, place: Place, version: Version) -> None:
        """Note it."""
        self.kept.setdefault(place.name, {}).setdefault(version.run, (version, None))

    def keep(self, place: Place, version: Version, rows: Batches) -> Version:
        """Keep the rows, and read them back."""
        import pyarrow as pa

        passing = Passing(place.columns)
        table = pa.Table.from_batches(passing.through(rows))
        if table.num_rows > self.settings.most:
            raise Refused(f"{place.table}: more than {self.settings.most} rows")
        same(place, passing.digest, digest(table, place.columns))
        whole = replace(version, whole=version.begun, rows=table.num_rows, digest="memory")
        self.kept.setdefault(place.name, {})[version.run] = whole, table
        return whole

    def versions(self, place: Place) -> Sequence[Version]:
        """All, newest first."""
        kept = [version for version, _ in self.kept.get(place.name, {}).values()]
        return sorted(kept, key=lambda one: one.order, reverse=True)

    def put(self, place: Place, version: Version) -> bool:
        """Show the newest."""
        inside = self.inner.setdefault(place.name, version)
        if inside.order <= version.order:
            self.inner[place.name] = version
        return self.inner[place.name] == version

    def inside(self, place: Place) -> tuple[Version, ...]:
        """What is shown."""
        return (self.inner[place.name],) if place.name in self.inner else ()

    def take_out(self, place: Place, day: date) -> tuple[Version, ...]:
        """Never."""
        raise Refused("memory forgets nothing")

    def carry(self, place: Place, earlier: Place) -> tuple[Version, ...]:
        """Nothing has days."""
        return ()

    def shown(self, table: str) -> str | None:
        """What a name shows."""
        return self.names[table].name if table in self.names else None

    def owner(self, table: str) -> str | None:
        """Whose that is."""
        return self.names[table].experiment if table in self.names else None

    def point(self, places: Collection[Place]) -> None:
        """Give names."""
        self.names |= {place.table: place for place in places}

    def unname(self, tables: Collection[str]) -> None:
        """Take them away."""
        for table in tables:
            self.names.pop(table, None)

    def prune(self, experiment: str, table: str, keep: Collection[str], before: datetime) -> Collection[str]:
        """Forget nothing."""
        return ()

    @contextmanager
    def sandbox(self, owner: str) -> Iterator[Store]:
        """Another one."""
        yield MemoryTables(self.settings)


def open_store(settings: MemoryStore, opening: Opening) -> Store:
    """An empty store."""
    return MemoryTables(settings)
'''

BY_HAND = {
    "bot/settings/kinds/memory_store.py": ROW.replace("@NEEDS@", '"duckdb", "pyarrow"'),
    "bot/stores/memory.py": ADAPTER,
}
UNION = {
    "from bot.settings.kinds.postgresql_store": "from bot.settings.kinds.memory_store import MemoryStore\n"
    "from bot.settings.kinds.postgresql_store",
    "    Annotated[SqliteStore, tag(": '    Annotated[MemoryStore, tag("memory")] | Annotated[SqliteStore, tag(',
    '"LocalEngine", ': '"LocalEngine", "MemoryStore", ',
}
"""What is written into `bot/settings/kinds/__init__.py`."""

EXPERIMENT = """\
name: demo
jobs: [{name: infer, command: python infer.py}]
outputs:
  scores:
    table: scores
    job: infer
    columns: {user_id: STRING, rank: INT64, at: TIMESTAMP}
    key: [user_id]
    sync: {store: serving, table: scores}
"""

STORY = """
from datetime import UTC, date, datetime
from bot.cli.backends import Adapters
from bot.ports import Place, Version
from bot.settings import Settings
from bot.sync.core import keep
from bot.sync.sample import sample

settings = Settings.model_validate({"stores": {"serving": {"kind": "memory"}}})
store = Adapters({}).stores(settings)["serving"]
columns = (("user_id", "STRING"), ("at", "TIMESTAMP"))
place = Place("demo", "scores", "0badcafe", columns, ("user_id",))
version = Version("demo", "0badcafe", date(2026, 11, 26), datetime(2026, 11, 26, tzinfo=UTC))
kept = keep(store, place, version, lambda: sample(place.columns, place.key))
assert kept.rows and not store.inside(place)
assert store.put(place, kept)
store.point([place])
print(type(store).__name__, store.shown("scores"), [one.run for one in store.inside(place)])
"""


def tree(folder: Path) -> dict[str, bytes]:
    """Every file by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code, with the kind written into it."""
    folder = tmp_path / "code"
    for name in ("bot", "checks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    before = tree(folder)
    for path, text in BY_HAND.items():
        (folder / path).write_text(text, encoding="utf-8")
    table = folder / "bot" / "settings" / "kinds" / "__init__.py"
    text = table.read_text(encoding="utf-8")
    for old, new in UNION.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    table.write_text(text, encoding="utf-8")
    assert sum(before.get(path) != content for path, content in tree(folder).items()) == 3
    return folder


def python(copy: Path, *words: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run Python over the copy."""
    env = {**os.environ, "PYTHONPATH": str(copy), **more}
    return subprocess.run(
        [sys.executable, *words], cwd=cwd or copy, env=env, capture_output=True, text=True, timeout=100
    )


def repository(folder: Path) -> Path:
    """An experiment whose rows are synced to the store."""
    folder.mkdir()
    (folder / "sameday.yaml").write_text(SETTINGS.replace("{kind: sqlite}}", "{kind: memory, most: 5000}}"))
    (folder / "experiments").mkdir()
    (folder / "experiments" / "demo.yaml").write_text(EXPERIMENT)
    return folder


def test_three_files_make_a_kind(copy: Path, tmp_path: Path) -> None:
    schema = json.loads(python(copy, "-m", "bot", "schema", "--settings").stdout)
    assert schema["$defs"]["MemoryStore"]["properties"]["most"]["default"] == 1_000_000
    there = repository(tmp_path / "repository")
    checked = python(copy, "-m", "bot", "check", "--only", "sync", cwd=there)
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout
    assert "the sync of scores was tried with rows made from its columns" in checked.stdout
    (there / "sameday.yaml").write_text(SETTINGS.replace("{kind: sqlite}}", "{kind: memory, most: 1}}"))
    refused = python(copy, "-m", "bot", "check", "--only", "sync", cwd=there)
    assert "more than 1 rows" in refused.stdout
    story = python(copy, "-c", STORY)
    assert story.stdout == "MemoryTables scores__0badcafe ['demo-0badcafe-20261126']\n", story.stderr


def test_its_row_says_the_rest(copy: Path, tmp_path: Path) -> None:
    """The secret that it names is masked, what is not installed is named, a wrong kind is told the right ones."""
    there = repository(tmp_path / "repository")
    row = copy / "bot" / "settings" / "kinds" / "memory_store.py"
    row.write_text(ROW.replace("@NEEDS@", '"no_such_package",'), encoding="utf-8")
    said = python(copy, "-m", "bot", "check", "--only", "sync", cwd=there)
    assert "errored  sync: a store in memory needs no_such_package: pip install 'sameday[embedded]'\n" in said.stdout
    known = "from bot.cli.known import of_settings\nfrom bot.settings import Settings\n"
    known += "settings = Settings.model_validate({'stores': {'serving': {'kind': 'memory'}}})\n"
    known += "print(*of_settings(settings, {'MEMORY_PASSWORD': 'hush'}))"
    assert python(copy, "-c", known).stdout == "hush\n"
    (there / "sameday.yaml").write_text("stores: {serving: {kind: memry}}\n")
    wrong = python(copy, "-m", "bot", "check", cwd=there)
    assert "not 'memry' (did you mean 'memory'?)" in wrong.stderr


def linted(copy: Path) -> list[str]:
    """The contracts of the imports that the copy breaks."""
    linter = Path(sys.executable).with_name("lint-imports")
    env = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=copy, env=env, capture_output=True, text=True)
    return [line for line in done.stdout.splitlines() if " BROKEN" in line]


def test_the_layers_hold_for_it(copy: Path) -> None:
    """Nobody has to list it for that."""
    assert linted(copy) == []
    adapter = copy / "bot" / "stores" / "memory.py"
    adapter.write_text(ADAPTER + "\n\nfrom bot.stores.sqlite import SqliteTables\n", encoding="utf-8")
    (broken,) = linted(copy)
    assert broken.startswith("Stores do not know each other")
