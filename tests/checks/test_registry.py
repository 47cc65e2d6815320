"""The repository's own conventions: every check registered, every rule described and shown."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import iter_modules
from typing import get_args

import pytest

from bot.lint import lint
from bot.ports import ObjectionKind
from bot.report import manual
from checks import CHECKS

HERE = Path(__file__).parent
MODULES = sorted(module.name for module in iter_modules([str(HERE.parents[1] / "checks")]))
MARK = re.compile(r"<- ([a-z-]+\.[a-z-]+)")

# Rules that no file of a few lines shows, each with a test of its own, most in test_unshown.py.
UNSHOWN = {
    "code.unreadable-source": "takes a link; tests/release/test_of_a_commit.py shows it",
    "dates.over": "takes an earlier commit; tests/checks/test_dates.py shows it",
    "flags.form": "the compiler would have to be wrong",
    "flags.refused": "the flag client would have to be wrong",
    "flags.split": "one salt of a thousand does it, and the client takes seconds to tell",
    **{f"manifest.{rule}": "is about manifests that teams write: see tests/lint" for rule in lint.ARGO_RULES},
    **{f"manifest.{kind}": "takes a cluster; tests/kubernetes shows it" for kind in get_args(ObjectionKind)},
    **dict.fromkeys(("manifest.image", "manifest.image-tag"), "the local engine needs no images"),
    "manifest.large": "takes hundreds of kilobytes",
    "manifest.size": "takes hundreds of kilobytes",
    **dict.fromkeys(
        (
            f"tables.{rule}"
            for rule in (
                "broken-view",
                "changed-form",
                "expires",
                "misfit-output",
                "missing-dataset",
                "name",
                "outside",
                "region",
                "unwritable-output",
            )
        ),
        "a folder has no such thing; tests/warehouses/test_check.py shows it",
    ),
    **dict.fromkeys(
        ("traffic.fixed", "traffic.late", "traffic.running-test", "traffic.treatment"),
        "takes a base; tests/traffic shows it",
    ),
    "schema.unreadable": "is about the file system, not about what a file says",
}
del UNSHOWN["manifest.name"]


def test_every_module_is_registered_in_alphabetical_order() -> None:
    assert list(CHECKS) == MODULES
    assert [check.ID for check in CHECKS.values()] == MODULES


@pytest.mark.parametrize("name", CHECKS)
def test_rules_are_in_alphabetical_order_and_all_described(name: str) -> None:
    check = CHECKS[name]
    assert list(check.RULES) == sorted(check.RULES)
    described = manual.rules(check)
    assert sorted(described) == list(check.RULES)
    assert all(text.rstrip().endswith(".") for text in described.values())


@pytest.mark.parametrize("name", CHECKS)
def test_requirements_are_there(name: str) -> None:
    assert set(CHECKS[name].REQUIRES) <= set(CHECKS)


def test_every_rule_is_shown_by_a_file() -> None:
    shown = {rule for path in HERE.glob("*/fails/*.yaml") for rule in MARK.findall(path.read_text(encoding="utf-8"))}
    rules = {f"{check.ID}.{rule}" for check in CHECKS.values() for rule in check.RULES}
    assert shown == rules - set(UNSHOWN)


def test_examples_stand_under_the_check_they_are_of() -> None:
    for path in HERE.glob("*/fails/*.yaml"):
        assert {rule.partition(".")[0] for rule in MARK.findall(path.read_text(encoding="utf-8"))} == {path.parts[-3]}


def test_every_check_has_passing_and_failing_files() -> None:
    for name in CHECKS:
        assert list(HERE.glob(f"{name}/passes/*.yaml"))
        assert list(HERE.glob(f"{name}/fails/*.yaml"))
