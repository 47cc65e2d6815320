"""Manifests as tests see them, and Argo's own command as the second oracle."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.finding import Finding
from bot.lint.fields.table import fields
from bot.lint.lint import lint, located, read
from bot.lint.text.manifest import Manifest, ManifestProblem

BIN = Path(os.environ.get("SAMEDAY_BIN", "~/.cache/sameday/bin")).expanduser()
FIELDS = fields()


def findings(files: dict[str, bytes], given: Sequence[str] = (), version: str = "") -> list[Finding]:
    """Everything that is found in the files, those apart that are only given."""
    looked: list[Manifest] = []
    others: list[Manifest] = []
    faults: list[ManifestProblem] = []
    for path, content in files.items():
        manifests, wrong = read(path, content)
        (others if path in given else looked).extend(manifests)
        faults += wrong
    faults += lint(looked, others, FIELDS, version)
    found = [located(fault, "manifest", {}) for fault in faults]
    return [finding for finding in found if finding is not None]


@pytest.fixture(scope="session")
def argo() -> str:
    """Argo's own command."""
    found = shutil.which("argo", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip("there is no Argo here; `bash .ci/argo` builds its command (needs Go)")
    return found
