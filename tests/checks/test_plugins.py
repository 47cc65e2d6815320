"""Third-party checks: an installed package with an entry point, and every way in which it can be unfit."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Repo, Said

ROOT = Path(__file__).parents[2]
NAMING = '''\
"""Names of experiments begin with the team's name.

``team``
    The name begins with nothing that is a team.

**Passes**::

    name: reco-als
    jobs: [{name: a, command: x}]

**Fails**::

    name: als  # <- acme-naming.team
    jobs: [{name: a, command: x}]
"""
ID = "acme-naming"
RULES = {"team": "error"}
REQUIRES = ("schema",)
NEEDS = frozenset()
WANTS = frozenset()

def check(experiment, context):
    if not experiment.name.startswith("reco-"):
        yield "team", ("name",), f"{experiment.name} begins with no team's name"
'''
UNFIT = {
    "crashes": ("import os\n1 / 0\n", "cannot be imported: ZeroDivisionError: division by zero"),
    "exits": ("raise SystemExit(0)\n", "cannot be imported: SystemExit: 0"),
    "no-python": ("def check(:\n", "cannot be imported: SyntaxError: "),
    "lacking": (NAMING.replace("acme-naming", "lacking").replace("NEEDS", "NEEDLES"), "lacks NEEDS"),
    "empty": ("", "lacks ID, RULES, REQUIRES, NEEDS, WANTS, check"),
    "alias": (NAMING, "calls itself 'acme-naming'; both must be the same"),
    "dag": (NAMING.replace("acme-naming", "dag"), "has the name of a built-in check"),
    "loud": (
        NAMING.replace("acme-naming", "loud").replace('"error"', '"fatal"'),
        "must have RULES that map names to error, warning, notice"),
    "greedy": (
        NAMING.replace("acme-naming", "greedy").replace("NEEDS = frozenset()", "NEEDS = ['database']"),
        "must have NEEDS and WANTS that are sets of engine, warehouse, store, history, evaluator"),
    "picky": (
        NAMING.replace("acme-naming", "picky").replace('"schema"', '"spelling"'),
        "requires the check 'spelling', which is not there"),
}  # fmt: skip


def install(site: Path, name: str, source: str) -> None:
    """What installing a package leaves: a module, and a dist-info folder with entry points."""
    module = name.replace("-", "_")
    info = site / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (site / f"{module}.py").write_text(source)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[sameday.checks]\n{name} = {module}\n")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with all these packages."""
    for name, source in {"acme-naming": NAMING, **{name: source for name, (source, _) in UNFIT.items()}}.items():
        install(tmp_path / "site", name, source)
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path / "site")])}


@pytest.fixture
def check(repo: Repo, run: Callable[..., Said], environment: dict[str, str]) -> Callable[..., Said]:
    """Check one experiment with some plugins."""

    def checked(settings: str, *words: str) -> Said:
        repo.write("sameday.yaml", settings)
        repo.write("experiments/als.yaml", "owner: '@acme/reco'\nname: als\njobs: [{name: a, command: x}]\n")
        return run(*(words or ("check", "--offline")), cwd=repo.root, env=environment)

    return checked


def test_its_findings_are_findings(check: Callable[..., Said]) -> None:
    said = check("plugins: [acme-naming]\n")
    assert (said.code, said.err) == (1, "")
    assert "experiments/als.yaml:2:7: error [acme-naming.team] als begins with no team's name" in said.out


def test_the_settings_may_speak_of_it(check: Callable[..., Said]) -> None:
    said = check("plugins: [acme-naming]\nrules: {acme-naming.team: warning}\nignorable: [acme-naming.team]\n")
    assert (said.code, said.err) == (0, "")
    assert "warning [acme-naming.team]" in said.out


def test_what_is_installed_but_not_named_is_not_even_imported(check: Callable[..., Said]) -> None:
    """Among the installed ones, some would crash."""
    said = check("")
    assert (said.code, said.err) == (0, "")
    assert "acme" not in said.out


def test_it_can_be_asked_for_alone_and_explained(check: Callable[..., Said]) -> None:
    said = check("plugins: [acme-naming]\n", "check", "--offline", "--only", "acme-naming")
    assert said.code == 1
    assert "schema" not in said.out
    said = check("plugins: [acme-naming]\n", "explain", "acme-naming.team")
    assert (said.code, said.err) == (0, "")
    assert "begins with nothing that is a team" in said.out


@pytest.mark.slow
@pytest.mark.parametrize(("name", "words"), [(name, words) for name, (_, words) in UNFIT.items()])
def test_unfit(name: str, words: str, check: Callable[..., Said]) -> None:
    said = check(f"plugins: [acme-naming, {name}]\n")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"sameday: the plugin '{name}' {words}")
    assert said.err.count("\n") == 1
