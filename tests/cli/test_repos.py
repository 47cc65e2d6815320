"""`repos.X.experiments`: a file at another path gets neither image nor account nor secrets, whatever it says."""

from __future__ import annotations

import pytest

from tests.conftest import Repo

RESTRICTED = 'repos: {payments: {experiments: ["experiments/payments/*.yaml"], environment: {KEY: s3cret}}}\n'
JOB = "{name: j, command: 'touch ran', option: {repo: payments}}"
WHY = "the job 'j' may not run in `repo: payments`, which is for other paths than this file's"
OUTSIDE = [
    "experiments/mine.yaml", "experiments/payments.yaml", "experiments/payments/deeper/mine.yaml",
    "experiments/x/experiments/payments/mine.yaml", "experiments/Payments/mine.yaml",
    "experiments/payments\n/mine.yaml", "experiments/payments/mine.yaml\n.yaml/mine.yaml",
]  # fmt: skip


def place(repo: Repo, path: str, name: str = "mine") -> None:
    """A released repository into which an experiment is merged at this path."""
    repo.write("sameday.yaml", (repo.root / "sameday.yaml").read_text() + RESTRICTED)
    repo.commit()
    assert repo.sameday("release").code == 0
    repo.write(path, f"name: {name}\njobs:\n- {JOB}\n")
    repo.commit()


@pytest.mark.slow
@pytest.mark.parametrize("path", OUTSIDE)
def test_a_file_elsewhere(repo: Repo, path: str) -> None:
    place(repo, path)
    said = repo.sameday("check", "--offline")
    assert said.code == 1
    assert f"3:50: error [manifest.repo] {WHY}\n" in said.out
    assert "it is for experiments/payments/*.yaml (`repos.payments.experiments` in the settings)" in said.out
    released = repo.sameday("release")
    assert WHY in released.out
    assert released.code == 1
    ran = repo.sameday("run", "mine", "--unreleased")
    assert (ran.code, ran.err) == (1, f"sameday: {WHY}\n")
    shown = repo.sameday("render", path)
    assert (shown.code, shown.out) == (1, "")
    assert not list(repo.root.rglob("ran"))


def test_the_name_of_one_that_may(repo: Repo) -> None:
    """A name is what a file says of itself; the path is what owners own."""
    place(repo, "experiments/mine.yaml", "payments")
    repo.write("experiments/payments/theirs.yaml", f"name: payments\njobs:\n- {JOB}\n")
    repo.commit()
    assert repo.sameday("run", "payments", "--unreleased").code == 1
    assert repo.sameday("release").code == 1
    assert not list(repo.root.rglob("ran"))


def test_a_file_at_its_path(repo: Repo) -> None:
    place(repo, "experiments/payments/mine.yaml")
    assert repo.sameday("check", "--offline").code == 0
    said = repo.sameday("release")
    assert said.code == 0, said.out
    assert list(repo.root.rglob("ran"))


def test_nobody_at_all(repo: Repo) -> None:
    """An empty list lets nobody in; what `option.repo: ''` means is the default one."""
    repo.write("sameday.yaml", (repo.root / "sameday.yaml").read_text() + "repos: {default: {experiments: []}}\n")
    repo.write("experiments/a.yaml", "name: a\njobs: [{name: j, command: x, option: {repo: ''}}]\n")
    repo.write("experiments/b.yaml", "name: b\njobs: [{name: j, command: x}]\n")
    said = repo.sameday("check", "--offline")
    assert said.out.count("error [manifest.repo] the job 'j' may not run in `repo: default`") == 2
