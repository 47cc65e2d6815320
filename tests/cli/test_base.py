"""`--base`: what has changed since a commit, in a repository and in a folder of one."""

from __future__ import annotations

import os

import pytest

from bot.cli.backends import Adapters
from bot.commands.brought import brought
from bot.commands.locate import open_workspace
from tests.conftest import Repo, Said


def sound(name: str) -> str:
    """An experiment that every check passes."""
    return f"name: {name}\njobs: [{{name: j, command: 'true'}}]\n"


@pytest.fixture
def below(repo: Repo) -> Repo:
    """Settings and two experiments in a folder of a repository, committed."""
    folder = type(repo)(repo.root / "ml")
    folder.write("sameday.yaml", (repo.root / "sameday.yaml").read_text())
    (repo.root / "sameday.yaml").unlink()
    folder.write("experiments/a.yaml", sound("a"))
    folder.write("experiments/b.yaml", sound("b"))
    repo.commit()
    return folder


def checked(said: Said) -> set[str]:
    """The experiments that a report names, by their files."""
    return {line.partition("(")[2].rstrip(")") for line in said.out.splitlines() if line.endswith(".yaml)")}


def test_changed_and_untracked_files_of_a_folder(below: Repo) -> None:
    below.write("experiments/a.yaml", sound("a") + "# changed\n")
    below.write("experiments/new.yaml", sound("new"))
    said = below.sameday("check", "--offline", "--base", "main")
    assert checked(said) == {"experiments/a.yaml", "experiments/new.yaml"}


def test_a_folder_reached_by_a_link(below: Repo) -> None:
    """Its settings at the base are found too."""
    below.write("sameday.yaml", "rules: {dag.self: off}\n")
    below.write("experiments/a.yaml", "name: a\njobs: [{name: j, command: x, dependencies: [j]}]\n")
    link = below.root.parent / "link"
    link.symlink_to("ml")
    said = type(below)(below.root.parent).sameday("check", "link", "--offline", "--base", "main")
    assert said.code == 1
    assert "[dag.self]" in said.out


def test_nothing_of_a_folder_is_released_that_is_in_no_commit(below: Repo) -> None:
    below.write("experiments/new.yaml", sound("new"))
    said = below.sameday("release", "--experiment", "new")
    assert said.code == 2
    assert "experiments/new.yaml has changes that are in no commit" in said.err


def test_paths_narrow_what_has_changed(below: Repo) -> None:
    below.write("experiments/a.yaml", sound("a") + "# changed\n")
    below.write("experiments/b.yaml", sound("b") + "# changed\n")
    assert checked(below.sameday("check", "experiments/b.yaml", "--offline", "--base", "main")) == {
        "experiments/b.yaml"
    }


def test_patterns_that_name_nothing_any_more_are_told(below: Repo) -> None:
    below.write("sameday.yaml", 'experiments: ["experiment/**/*.yaml"]\n')
    said = below.sameday("check", "--offline", "--base", "main")
    assert said.code == 1
    assert "sameday.yaml:1:1: error [settings.unnamed] `experiments` names 2 of 2 experiments no longer" in said.out


def test_settings_whose_metrics_stand_in_files_are_not_others(below: Repo) -> None:
    """The query of a file is part of the settings, at the base as here: nothing is said of settings that are equal."""
    metric = "metrics: {applications: {query: sql/a.sql, unit: user_id, type: mean}}\n"
    below.write("sameday.yaml", metric)
    below.write("sql/a.sql", "SELECT user_id AS unit, day, 1 AS value FROM logs.visits\n")
    below.commit()
    base = open_workspace(below.root, "check", Adapters(os.environ), "HEAD")
    assert brought(base) is None
    below.write("sql/a.sql", "SELECT user_id AS unit, day, 2 AS value FROM logs.visits\n")
    changed = brought(open_workspace(below.root, "check", Adapters(os.environ), "HEAD"))
    assert changed is not None
    assert "2 AS value" in changed.metrics["applications"].query


def test_what_only_the_base_finds_fault_with_says_so(below: Repo) -> None:
    below.write("sameday.yaml", "rules: {dag.self: off}\n")
    below.write("experiments/a.yaml", "name: a\njobs: [{name: j, command: x, dependencies: [j]}]\n")
    said = below.sameday("check", "--offline", "--base", "main")
    assert said.code == 1
    assert (
        "so says sameday.yaml of the base, which is in force until the merge; that of the merge would not" in said.out
    )


def test_the_comment_and_the_plan_say_what_a_removal_does(below: Repo) -> None:
    assert below.sameday("release").code == 0
    assert below.sameday("release", "--experiment", "a").code == 0
    below.git("checkout", "-q", "-b", "mine")
    (below.root / "experiments" / "a.yaml").unlink()
    below.commit()
    said = below.sameday("check", "--offline", "--base", "main", "--format", "markdown")
    assert "**<code>a</code>** is retired" in said.out
    assert "a is retired" in below.sameday("plan", "--base", "main").out


def test_before_the_first_release_the_plan_says_what_that_does(below: Repo) -> None:
    assert "a stays as it is: the first release here takes it as live" in below.sameday("plan").out
    assert "not released: a, b" in below.sameday("release").out
    assert below.sameday("plan").out == "nothing differs from what is released\n"
