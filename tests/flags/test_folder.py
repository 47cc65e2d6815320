"""The flag file: what flagd and people find in it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from bot.errors import Unreachable
from bot.flags.folder import FlagdFile
from bot.settings.kinds import FolderFlags

FLAG = {"state": "ENABLED", "variants": {"none": {}}, "defaultVariant": "none", "targeting": {}, "metadata": {}}


@pytest.fixture
def flags(tmp_path: Path) -> FlagdFile:
    """A flag set in an empty folder."""
    return FlagdFile(FolderFlags(path=str(tmp_path / "flags"), set="serving"))


def test_file_is_a_flagd_document(flags: FlagdFile) -> None:
    flags.publish({"b": FLAG})
    flags.publish({"a": FLAG})
    assert flags.path.name == "serving.flagd.json"
    text = flags.path.read_text()
    assert json.loads(text) == {"flags": {"a": FLAG, "b": FLAG}}
    assert text.index('"a"') < text.index('"b"'), "sorted, so that a difference is a review"
    flags.publish({"a": FLAG})
    assert flags.path.read_text() == text
    assert sorted(path.name for path in flags.path.parent.iterdir()) == ["serving.flagd.json", "serving.flagd.lock"]


def test_what_stands_beside_the_flags_stays(flags: FlagdFile) -> None:
    flags.path.parent.mkdir()
    shared = {"staff": {"in": ["@acme", {"var": "email"}]}}
    flags.path.write_text(json.dumps({"$evaluators": shared, "metadata": {"owner": "web"}, "flags": {"theirs": FLAG}}))
    flags.publish({"ours": FLAG})
    assert json.loads(flags.path.read_text()) == {
        "$evaluators": shared, "metadata": {"owner": "web"}, "flags": {"theirs": FLAG, "ours": FLAG},
    }  # fmt: skip


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"flags": []}', '{"flag": {}}', "\0\xff", "7"])
def test_file_that_is_no_flag_set(flags: FlagdFile, content: str) -> None:
    flags.path.parent.mkdir()
    flags.path.write_bytes(content.encode("latin-1"))
    with pytest.raises(Unreachable, match=r"\Athe flag set .*serving.flagd.json cannot be read: [^\n]+\Z"):
        flags.published("ours")
    with pytest.raises(Unreachable):
        flags.publish({"ours": FLAG})
    assert flags.path.read_bytes() == content.encode("latin-1")


def test_reader_never_finds_half_a_file(flags: FlagdFile) -> None:
    big = {**FLAG, "variants": {f"arm-{i}": {"table": "x" * 100} for i in range(500)}}
    flags.publish({"ours": big})
    over = threading.Event()
    found: list[int] = []

    def read() -> None:
        while not over.is_set():
            found.append(len(json.loads(flags.path.read_text())["flags"]["ours"]["variants"]))

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(30):
        flags.publish({"ours": FLAG if i % 2 else big})
    over.set()
    reader.join()
    assert found
    assert set(found) <= {1, 500}
