"""sameday's own image, as far as it can be read: building it is the work of `.ci/kind`."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()


def words(instruction: str) -> list[str]:
    """What the lines of an instruction say."""
    return [line.removeprefix(f"{instruction} ") for line in LINES if line.startswith(f"{instruction} ")]


def test_it_starts_from_what_cannot_move() -> None:
    bases = {line.split(" AS ")[0] for line in words("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", bases.pop())


def test_it_runs_as_nobody_by_number() -> None:
    (user,) = words("USER")
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", user), "Kubernetes cannot see that a name is not root"
    assert words("ENTRYPOINT") == ['["sameday"]']


def test_it_holds_what_is_locked_and_nothing_else() -> None:
    copied = [path for line in words("COPY") if not line.startswith("--from") for path in line.split()[:-1]]
    assert copied == ["requirements.lock", "LICENSE", "README.md", "pyproject.toml", "bot", "checks"]
    assert all((ROOT / path).exists() for path in copied)
    installs = [line for line in LINES if "pip install" in line]
    assert all("--no-deps" in line for line in installs)
    assert "--require-hashes" in installs[0]
