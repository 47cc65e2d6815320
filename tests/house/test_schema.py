"""The committed JSON Schema says what the loader says, as far as a schema can."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.document.read import read

ROOT = Path(__file__).parents[2]
SOUND = sorted((ROOT / "examples" / "experiments").glob("*.yaml"))
BROKEN = [
    ROOT / "examples" / "broken" / f"schema.{rule}.yaml"
    for rule in ("missing-key", "name", "unknown-key", "wrong-type", "wrong-value")
]


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((ROOT / "bot" / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_sound_files_fit_the_schema(path: Path) -> None:
    assert not list(validator("experiment").iter_errors(read(path.read_bytes()).data))


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_files_do_not(path: Path) -> None:
    assert list(validator("experiment").iter_errors(read(path.read_bytes()).data))


def test_the_example_settings_fit_theirs() -> None:
    assert not list(validator("settings").iter_errors(read((ROOT / "examples" / "sameday.yaml").read_bytes()).data))
