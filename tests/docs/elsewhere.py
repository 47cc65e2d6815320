"""How blocks are held that their page does not run: each kind with the reason, and what is proven of it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from typing import Any

import duckdb
import yaml

from bot.cli.arguments import parser
from bot.document.faults import validate
from bot.document.read import read
from bot.experiment.model import Spec
from bot.settings import load
from tests.docs.blocks import ROOT, Block
from tests.docs.play import words


def script(block: Block) -> None:
    """Bash reads it, and sameday's command line takes the words that are its own."""
    text = re.sub(r"^\$ ", "", block.text, flags=re.MULTILINE) if block.language == "sh" else ""
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    for line in words(block.text):
        if line != ["--version"]:  # it prints and ends
            parser().parse_args(line)


def settings(block: Block) -> None:
    """The settings load, in every environment."""
    loaded = load(block.text.encode(), "release")
    assert loaded.settings is not None, loaded.faults


def experiment(block: Block) -> None:
    """The experiment is valid; what only a part of a file says is put into a small one."""
    data = yaml.safe_load(block.text)
    whole = data if "jobs" in data else {"jobs": [{"name": "score", "command": "x"}], **data}
    tree = read(yaml.safe_dump({"name": "an-experiment", **whole}, sort_keys=False).encode())
    spec, problems = validate(tree, Spec, "experiment")
    assert spec is not None, problems
    assert not problems


def workflow(block: Block) -> None:
    """Every input that it gives to sameday's action is one of the action's."""
    known = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    for step in steps(yaml.safe_load(block.text)):
        if "sameday" in str(step.get("uses")):
            assert set(step.get("with", {})) <= set(known)


def steps(value: Any) -> list[dict[str, Any]]:
    """Every step, however deep."""
    if isinstance(value, dict):
        found = [value] if "uses" in value else []
        return found + [step for one in value.values() for step in steps(one)]
    return [step for one in value for step in steps(one)] if isinstance(value, list) else []


def manifest(block: Block) -> None:
    """Argo's rules pass it."""
    from bot.lint.fields.table import fields
    from bot.lint.lint import lint, read

    manifests, faults = read("page.yaml", block.text.encode())
    assert manifests
    assert not [*faults, *lint(manifests, (), fields())]


def kubernetes(block: Block) -> None:
    """Every document in it is an object with a kind and a name."""
    for one in yaml.safe_load_all(block.text):
        assert one["apiVersion"]
        assert one["kind"]
        assert one["metadata"]["name"]


def python(block: Block) -> None:
    """It compiles."""
    ast.parse(block.text)


def bigquery(block: Block) -> None:
    """DuckDB plans it, over tables that have the columns it reads; a table's name in backticks is one word to it."""
    text = block.text.replace("`", '"').replace("$SAMEDAY_DATA_DATE", "2026-11-30")
    text = re.sub(r'"?\$(SAMEDAY_\w+)"?', r'"\1"', text).replace("FLOAT64", "DOUBLE").replace("INT64", "BIGINT")
    with duckdb.connect() as connection:
        clicks = "user_id VARCHAR, item_id VARCHAR, clicks BIGINT, dt DATE"
        connection.execute(f'CREATE TABLE "SAMEDAY_INPUT_CLICKS" ({clicks})')
        connection.execute(text)


def nothing(block: Block) -> None:
    """There is nothing in it that could be run."""


def data(block: Block) -> None:
    """It is JSON or TOML."""
    json.loads(block.text) if block.language == "json" else tomllib.loads(block.text)


def terraform(block: Block) -> None:
    """It gives what the commands of the page on BigQuery give: the same roles, on the same datasets."""
    page = (ROOT / "docs" / "platform" / "bigquery.md").read_text(encoding="utf-8")
    commands = page[page.index("As commands") : page.index("And as Terraform")]
    role = re.compile(r"roles/bigquery\.\w+")
    assert set(role.findall(block.text)) == set(role.findall(commands))
    on = dict(re.findall(r"(\w+) += \"(roles/bigquery\.\w+)\"", block.text))
    assert on == {name: given for given, name in re.findall(r"`(roles/[\w.]+)\\` ON SCHEMA (\w+)", commands)}
    assert block.text.count("{") == block.text.count("}")


ELSEWHERE: dict[str, tuple[str, Callable[[Block], None]]] = {
    "clone": ("it needs a clone of sameday: `.ci/run` runs README's first two blocks and the Makefile's", script),
    "cluster": ("it needs a cluster: tests/kubernetes plays the same commands on one", script),
    "cloud": ("it needs an account at a cloud", script),
    "github": ("it needs GitHub: tests/github plays the same events", script),
    "registry": ("it downloads packages", script),
    "settings": ("it is a platform's settings, whose backends are not here", settings),
    "experiment": ("it is an experiment, or a part of one, for tables that are not here", experiment),
    "workflow": ("it is a part of a workflow, which GitHub runs", workflow),
    "manifest": ("it is a manifest for a cluster", manifest),
    "kubernetes": ("it is for a cluster", kubernetes),
    "python": ("it needs a backend or a package that is not here", python),
    "terraform": ("it needs an account at a cloud", terraform),
    "bigquery": ("it is a query for BigQuery", bigquery),
    "picture": ("it is a picture or an excerpt", nothing),
    "data": ("it is data, not a program", data),
}
