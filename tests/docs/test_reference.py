"""What the documents say that is not generated: every key has its meaning, every message is one that is printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from bot import SITE
from bot.experiment.model import Spec
from bot.settings import FILE, Settings
from tests.conftest import Repo
from tests.docs.blocks import DOCS, ROOT, pages

OF_OTHERS = {"Pending"}  # Kubernetes says so


def parts(kind: Any) -> Iterator[type[BaseModel]]:
    """The models that a type is made of."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from parts(field.annotation)
    for one in get_args(kind):
        yield from parts(one)


MODELS = {model.__name__: model for model in (*parts(Spec), *parts(Settings))}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_key_has_a_description(model: type[BaseModel]) -> None:
    """Only `kind`, which the description of its part explains, needs none of its own."""
    assert model.__doc__
    lacking = {name for name, field in model.model_fields.items() if not field.description}
    assert lacking - {"kind"} == set()


EXAMPLE = re.compile(r"`[^`]+`|as in \S|such as \S", re.IGNORECASE)


def plain_values(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """The keys that take a value of many, each with its description: no parts, no truth values, no few words."""
    for name, field in model.model_fields.items():
        said = str(field.annotation)
        inner = list(parts(field.annotation))
        few = re.search(r"Literal\[(?!.*(int|str))", said)
        if name != "kind" and not (inner or few or "bool" in said):
            yield name, field.description or ""


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_key_shows_how_its_value_is_written(model: type[BaseModel]) -> None:
    """An example, from which its unit can be seen, too."""
    assert [name for name, said in plain_values(model) if not EXAMPLE.search(said)] == []


def messages() -> list[str]:
    """The messages that the entries of both runbooks have as their heading."""
    text = "".join(
        (DOCS / f"{page}.md").read_text(encoding="utf-8") for page in ("runbook", "runbook-cluster", "runbook-tests")
    )
    return [found for line in re.findall("^###? (.*)$", text, re.MULTILINE) for found in re.findall("`(.*?)`", line)]


@pytest.fixture(scope="module")
def code() -> str:
    """All literals of the code, as if each sentence stood on one line."""
    files = [path for folder in ("bot", "checks") for path in sorted((ROOT / folder).rglob("*.py"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return re.sub(r'"\s*\n\s*f?"', "", text).replace("{FILE}", FILE)


@pytest.mark.parametrize("message", messages())
def test_the_runbook_has_messages_that_are_printed(message: str, code: str) -> None:
    if message not in OF_OTHERS:
        for part in filter(None, re.split(r"\s*…\s*", message)):
            assert part in code


def test_the_reference_of_json_has_every_key(repo: Repo) -> None:
    repo.write("experiments/a.yaml", "name: a\njobs: [{name: b, command: x, dependancies: []}]\n")
    found = json.loads(repo.sameday("check", "--format", "json").out)
    text = (DOCS / "reference" / "json.md").read_text(encoding="utf-8")
    (finding,) = found["experiments"][0]["checks"][0]["findings"]
    for key in {*found, *found["experiments"][0], *found["experiments"][0]["checks"][0], *finding}:
        assert re.search(rf"[`.]{key}[`\[]|\"{key}\"", text), key


def test_addresses_of_the_repository_lead_to_files_that_are_there() -> None:
    for path in pages():
        for found in re.findall(rf"{SITE}/(?:blob|tree)/main/([^)#\s]+)", (ROOT / path).read_text(encoding="utf-8")):
            assert (ROOT / found).exists(), f"{path}: {found}"


def test_every_page_is_short_enough_to_be_read() -> None:
    """What is longer than this has two subjects; what is generated has as many as the product."""
    written = [path for path in sorted(DOCS.rglob("*.md")) if path.parent.name != "reference"]
    assert {str(path.relative_to(ROOT)) for path in written if lines(path) > 400} == set()


def lines(path: Path) -> int:
    """How many lines a file has."""
    return path.read_text(encoding="utf-8").count("\n")
