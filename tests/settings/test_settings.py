"""sameday.yaml: as strict as experiments, with its faults located, environments laid over, paths rooted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.settings import Repo, Settings, load
from bot.settings.kinds import (
    ArgoEngine,
    ConfigMapFlags,
    ConfigMapLedger,
    FolderFlags,
    FolderWarehouse,
    LocalEngine,
    SqliteStore,
)


def fine(text: str, environment: str = "check", root: str = "") -> Settings:
    loaded = load(text.encode(), environment, root)
    assert loaded.faults == ()
    assert loaded.settings is not None
    return loaded.settings


def faults(text: str, environment: str = "check") -> list[tuple[int, int, str]]:
    loaded = load(text.encode(), environment)
    assert loaded.settings is None
    return [(fault.span.line, fault.span.column, fault.message) for fault in loaded.faults]


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "~"])
def test_no_settings_are_the_defaults(text: str) -> None:
    settings = fine(text)
    assert settings.experiments == ("experiments/**/*.yaml", "experiments/**/*.yml")
    assert (settings.engine, settings.warehouse, settings.stores, settings.flags, settings.ledger) == (
        None, None, {}, None, None,
    )  # fmt: skip
    assert settings.limits.check == timedelta(seconds=60)
    assert settings.repo(None) == settings.repo("anything") == Repo()


DURATION = "a duration such as 30m, 26h or 14d, of at most ten years"
LEVELS = "'error', 'warning', 'notice' or 'off'"
WORD = "lower-case letters, digits and _, and begin with a letter"
FAULTS = {
    "enigne: {}": [(1, 1, "unknown key 'enigne'")],
    "engine: {kind: local, worker: 3}": [(1, 23, "unknown key 'worker'")],
    "engine: {kind: argos}": [(1, 16, "engine.kind should be 'local' or 'argo', not 'argos'")],
    "engine: {workers: 0}": [(1, 19, "engine.workers is 0, but should be at least 1")],
    "engine: {workers: eight}": [(1, 19, "engine.workers should be a whole number, not 'eight'")],
    "engine: local": [(1, 9, "engine should be a mapping of keys to values, not 'local'")],
    "experiments: '*.yaml'": [(1, 14, "experiments should be a list, not '*.yaml'")],
    "stores: {Serving: {}}": [(1, 10, f"stores.Serving is 'Serving', but may hold only {WORD}")],
    "warehouse: {dataset: my-set}": [(
        1, 22, "warehouse.dataset is 'my-set', but may hold only letters, digits and _")],
    "rules: {dag.cycle: fatal}": [(1, 20, f"rules.dag.cycle should be {LEVELS}, not 'fatal'")],
    "rules: {dag.cycle: off}\nrules: {}": [(2, 1, "duplicate key 'rules'")],
    "unreachable: {tables: no}": [(1, 23, "unreachable.tables should be 'block' or 'warn', not 'no'")],
    "limits: {check: 60}": [(1, 17, f"limits.check should be {DURATION}, not 60")],
    "repos: {a: {environment: {DEBUG: 1}}}": [(
        1, 34, "repos.a.environment.DEBUG should be text (put it in quotes), not 1")],
    "ignorable: !x []": [(1, 12, "the tag !x is not allowed")],
    "[1]": [(1, 2, "the file should be a mapping of keys to values, not a list")],
    "a: b: c": [(1, 4, "text with `: ` in it needs quotes, since that begins a key")],
    "enigne: {}\nlimits: {chek: 1h}\nrules: {a: b}": [
        (1, 1, "unknown key 'enigne'"), (2, 10, "unknown key 'chek'"),
        (3, 12, f"rules.a should be {LEVELS}, not 'b'")],
}  # fmt: skip


NO_SITES = [
    "argo.example.com", "ftp://argo.example.com", "javascript:alert(1)", "https://", "https://bot:s3cret@argo.example",
    "https://argo.example.com?token=s3cret", "https://argo.example.com/#s3cret", "https://argo.example.com/a b",
    "https://argo.example.com/{{x}}", "https://argo.example.com//x", "https://argo.example.com/)[x](https://x.example",
]  # fmt: skip


@pytest.mark.parametrize("ui", NO_SITES)
def test_what_is_no_address_of_a_site_is_refused_and_not_repeated(ui: str) -> None:
    wanted = "engine.ui should be an address such as https://argo.example.com, without login, query and fragment"
    assert faults(f"engine: {{kind: argo, ui: '{ui}'}}") == [(1, 26, wanted)]


@pytest.mark.parametrize(("text", "wanted"), FAULTS.items())
def test_fault(text: str, wanted: list[tuple[int, int, str]]) -> None:
    assert sorted(faults(text)) == wanted


LAYERED = """\
engine: {workers: 4, path: base}
repos:
  batch: {image: one, environment: {A: a, B: b}}
  other: {image: two}
ignorable: [x, y]
warehouse: {}
environments:
  check:
    engine: {workers: 2}
    repos:
      batch: {environment: {B: c, C: d}}
    ignorable: [z]
    warehouse:
  release: {engine: {path: there}}
"""


def test_environments_are_laid_over_key_by_key() -> None:
    settings = fine(LAYERED)
    assert isinstance(settings.engine, LocalEngine)
    assert (settings.engine.workers, settings.engine.path) == (2, "base")
    assert settings.repos["batch"].image == "one"
    assert settings.repos["batch"].environment == {"A": "a", "B": "c", "C": "d"}
    assert settings.repos["other"].image == "two"
    assert settings.ignorable == ("z",), "a list is replaced"
    assert settings.warehouse is None, "nothing takes a part away"


def test_each_environment_has_its_own() -> None:
    release, none = fine(LAYERED, "release"), fine(LAYERED.replace("  release:", "  staging:"), "release")
    assert isinstance(release.engine, LocalEngine)
    assert isinstance(none.engine, LocalEngine)
    assert (release.engine.workers, release.engine.path) == (4, "there")
    assert (none.engine.workers, none.engine.path) == (4, "base")
    assert release.ignorable == none.ignorable == ("x", "y")


INSIDE = {
    "environments:\n  check:\n    engine: {worker: 1}\n": [(3, 14, "unknown key 'worker'")],
    "environments:\n  check:\n    limts: {}\n": [(3, 5, "unknown key 'limts'")],
    "engine: {workers: 3}\nenvironments:\n  check:\n    engine: {workers: many}\n": [
        (4, 23, "engine.workers should be a whole number, not 'many'")],
    "environments:\n  release: {rules: [a]}\n": [(2, 13, "rules should be a mapping of keys to values, not a list")],
    "environments:\n  one: {limits: {job: 1}}\n  two: {limits: {job: 2}}\n": [
        (2, 23, f"limits.job should be {DURATION}, not 1"), (3, 23, f"limits.job should be {DURATION}, not 2")],
    "environments: {check: local}": [(
        1, 23, "environments.check should be a mapping of keys to values, not 'local'")],
    "environments: [check]": [(1, 1, "environments should be a mapping of keys to values, not a list")],
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), INSIDE.items())
def test_a_fault_inside_an_environment_stands_there(text: str, wanted: list[tuple[int, int, str]]) -> None:
    """Whatever environment is asked for: a check finds what a release would stumble over."""
    assert sorted(faults(text, "check")) == wanted


def test_what_is_in_a_cluster_has_no_path() -> None:
    text = "engine: {kind: argo}\nflags: {kind: configmap}\nledger: {kind: configmap, name: reco}\n"
    settings = fine(text, root="/repo")
    assert settings.engine == ArgoEngine(kind="argo", context=None, version="4.1")
    assert settings.flags == ConfigMapFlags(kind="configmap", set="experiments")
    assert settings.ledger == ConfigMapLedger(kind="configmap", name="reco", context=None, namespace=None)


def test_relative_paths_start_at_the_root() -> None:
    text = "engine: {}\nwarehouse: {path: tables}\nstores: {a: {}, b: {path: /b.sqlite}}\nflags: {path: ../f}\n"
    settings = fine(text, root="/repo")
    assert isinstance(settings.engine, LocalEngine)
    assert isinstance(settings.warehouse, FolderWarehouse)
    assert isinstance(settings.flags, FolderFlags)
    assert settings.engine.path == "/repo/.sameday/engine"
    assert settings.warehouse.path == "/repo/tables"
    stores = [store.path for store in settings.stores.values() if isinstance(store, SqliteStore)]
    assert stores == ["/repo/.sameday/serving.sqlite", "/b.sqlite"]
    assert settings.flags.path == "/repo/../f"
    assert settings.ledger is None


def test_everything_else_survives_the_rooting() -> None:
    text = "limits: {check: 90s, job: 2d}\noptions: {repo: [a, b]}\nrules: {dag.cycle: off}\nengine: {}\n"
    with_root, without = fine(text, root="/repo"), fine(text)
    assert with_root.model_copy(update={"engine": without.engine}) == without
    assert with_root.limits.job == timedelta(days=2)
