"""Argo's own command is the second oracle: over its own tests and examples, and over ours, both must agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.lint import KINDS, read
from tests.lint.conftest import findings
from tests.lint.oracle import MODULE, ask_all, corpus, source

HERE = Path(__file__).parent
FEWEST = {"taken": 400, "refused": 150}  # manifests of the corpus, so that an empty one is found out


def refused(name: str, content: bytes, version: str = "4.0") -> bool:
    """Whether we refuse the file, or, as Argo offline does, miss a template that it refers to."""
    manifests, _ = read(name, content)
    nothing = not any(manifest.kind in KINDS for manifest in manifests)
    found = findings({name: content}, version=version)
    return nothing or any(f.severity == "error" or f.rule == "manifest.unresolved" for f in found)


def differing(said: dict[str, str], files: dict[str, bytes]) -> list[tuple[str, str]]:
    """Every file on which the two differ, with what Argo says of it."""
    return [(name, said[name]) for name, content in files.items() if bool(said[name]) != refused(name, content)]


@pytest.mark.timeout(600)
def test_argo_s_own_manifests(argo: str, tmp_path: Path) -> None:
    root = source()
    if root is None:
        pytest.skip(f"Go has not downloaded Argo's tests; `go mod download github.com/argoproj/{MODULE.split('/', 2)[2]}` does")
    files = dict(corpus(root))
    said = ask_all(argo, tmp_path, files)
    assert sum(map(bool, said.values())) >= FEWEST["refused"]
    assert sum(not text for text in said.values()) >= FEWEST["taken"]
    assert differing(said, files) == []


@pytest.mark.timeout(300)
def test_our_own_manifests(argo: str, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in sorted(HERE.glob("*/*.yaml"))}
    said = ask_all(argo, tmp_path, files)
    assert differing(said, files) == []
