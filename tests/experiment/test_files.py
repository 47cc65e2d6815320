"""What a file holds is known without reading it again, and never from before it was changed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.experiment.files import SETTLED, FolderFiles, Stamp, blob_id
from tests.fuzz import count

LATER = 10 * SETTLED


class Later(FolderFiles):
    """The folder as a command sees it that begins some time after the last change."""

    def __init__(self, root: Path, stamps: dict[str, Stamp] | None = None) -> None:
        super().__init__(root, stamps)
        self.began += LATER


def test_the_id_is_gits(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"name: a\r\n")
    said = subprocess.run(
        ["git", "hash-object", "--no-filters", "a.yaml"], cwd=tmp_path, capture_output=True, check=True
    )
    assert FolderFiles(tmp_path).content_id("a.yaml") == said.stdout.decode().strip()
    assert len(blob_id(b"x", 64)) == 64


def test_a_file_that_is_the_same_is_not_read_again(tmp_path: Path) -> None:
    place = tmp_path / "a.yaml"
    place.write_bytes(b"1")
    files = Later(tmp_path)
    files.content_id("a.yaml")
    stamp = files.stamps["a.yaml"]
    assert stamp[4] == blob_id(b"1")
    assert Later(tmp_path, {"a.yaml": (*stamp[:4], "known")}).content_id("a.yaml") == "known"


def test_a_file_that_has_just_changed_leaves_no_stamp(tmp_path: Path) -> None:
    """It may change again within one tick of the clock."""
    (tmp_path / "a.yaml").write_bytes(b"1")
    files = FolderFiles(tmp_path)
    assert files.content_id("a.yaml") == blob_id(b"1")
    assert not files.stamps


def _rewrite(place: Path) -> None:
    place.write_bytes(b"2")


def _restore(place: Path) -> None:
    """Another content of the same length, with the times of the old one."""
    before = place.stat()
    place.write_bytes(b"2")
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replace(place: Path) -> None:
    shutil.copy2(place, other := place.with_name("other"))
    other.write_bytes(b"2")
    other.replace(place)


@pytest.mark.parametrize("change", [_rewrite, _restore, _replace])
def test_a_change_of_the_same_length_is_seen(tmp_path: Path, change: Callable[[Path], None]) -> None:
    place = tmp_path / "a.yaml"
    place.write_bytes(b"1")
    first = Later(tmp_path)
    first.content_id("a.yaml")
    change(place)
    assert Later(tmp_path, first.stamps).content_id("a.yaml") == blob_id(b"2")


def test_what_is_no_plain_file_has_no_id(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.yaml").write_bytes(b"1")
    (root / "a.yaml").write_bytes(b"1")
    (root / "link.yaml").symlink_to("a.yaml")
    (root / "out").symlink_to(tmp_path)
    (root / "large.yaml").write_bytes(b"#" * (1 << 20) + b"#")
    (root / "folder.yaml").mkdir()
    os.mkfifo(root / "pipe.yaml")
    names = ("link.yaml", "out/outside.yaml", "large.yaml", "folder.yaml", "pipe.yaml", "none.yaml")
    files = Later(root)
    assert [files.content_id(name) for name in names] == [None] * len(names)


def test_a_name_that_is_no_text_leaves_no_stamp(tmp_path: Path) -> None:
    """What is kept is JSON."""
    name = os.fsdecode(b"\xff.yaml")
    (tmp_path / name).write_bytes(b"1")
    files = Later(tmp_path)
    assert (files.content_id(name), files.stamps) == (blob_id(b"1"), {})


def test_whatever_happens_to_files_their_ids_are_true(tmp_path: Path) -> None:
    """Every command knows the stamps of the one before."""
    rng, stamps = random.Random(1), dict[str, Stamp]()
    names = [f"{name}.yaml" for name in "abc"]
    for _ in range(count(200, 20_000)):
        place, other = (tmp_path / rng.choice(names) for _ in range(2))
        kind = rng.randrange(6)
        if kind < 3 or not place.exists():
            place.unlink(missing_ok=True) if kind == 0 else None
            place.write_bytes(bytes(rng.choices(b"12", k=rng.randint(1, 2))))
        elif kind == 3:
            place.replace(other)
        elif kind == 4:
            os.utime(place, ns=(1, rng.randint(1, 2)))
        elif place != other:
            other.unlink(missing_ok=True)
            os.link(place, other)
        files = FolderFiles(tmp_path, stamps)
        files.began += LATER if rng.random() < 0.5 else 0
        for name in names:
            held = (tmp_path / name).read_bytes() if (tmp_path / name).exists() else None
            assert files.content_id(name) == (None if held is None else blob_id(held))
        stamps = files.stamps
