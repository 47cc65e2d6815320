"""`run_as` is nobody's where a pull request's own workflow may run: no check needs the right to become the runs."""

from __future__ import annotations

import pytest

from tests.conftest import Repo, sameday
from tests.far.bigquery import Fake
from tests.far.bigquery.server import PROJECT

ACCOUNT = "run@acme-data.iam.gserviceaccount.com"
UNPROVEN = (
    "unproven tables: whether the runs may read and write these tables: where a pull request's own workflow may run, "
    "the check does not act as `run_as`; the merge queue's check does"
)
ACTIONS = {"GITHUB_ACTIONS": "true", "GITHUB_REF_PROTECTED": "false"}
EXPOSED = {
    "pull request": {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"},
    "its review": {"GITHUB_EVENT_NAME": "pull_request_review"},
    "a branch of one's own": {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/mine"},
    "a workflow run on such a branch": {"GITHUB_EVENT_NAME": "workflow_dispatch"},
    "nothing is known": {"GITHUB_EVENT_NAME": ""},
    "a protected one, spelled otherwise": {"GITHUB_EVENT_NAME": "push", "GITHUB_REF_PROTECTED": "True"},
}
REVIEWED = {
    "merge queue": {**ACTIONS, "GITHUB_EVENT_NAME": "merge_group"},
    "protected branch": {**ACTIONS, "GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_REF_PROTECTED": "true"},
    "one's own machine": {"GITHUB_ACTIONS": "", "GITHUB_EVENT_NAME": "pull_request"},
}


def checked(repo: Repo, fake: Fake, environment: dict[str, str]) -> str:
    """What a check says of an experiment that reads a table, of which nobody may read rows."""
    fake.table(f"{PROJECT}.logs.users", {"user_id": "STRING"})
    fake.rights.clear()
    settings = f"{{kind: bigquery, project: {PROJECT}, dataset: main, endpoint: '{fake.url}', run_as: '{ACCOUNT}'}}"
    repo.write("sameday.yaml", f"warehouse: {settings}\n")
    text = "name: a\njobs: [{name: j, command: x}]\ninputs: {users: {table: logs.users}}\n"
    repo.write("experiments/a.yaml", text)
    return sameday("check", "--only", "tables", cwd=repo.root, env=environment).out


@pytest.mark.slow
@pytest.mark.parametrize("place", EXPOSED)
def test_nobody_acts_as_the_runs(repo: Repo, fake: Fake, place: str) -> None:
    said = checked(repo, fake, {**ACTIONS, **EXPOSED[place]})
    assert UNPROVEN in said
    assert "unreadable-table" not in said
    assert not fake.asked("tables.testIamPermissions")


@pytest.mark.parametrize("place", REVIEWED)
def test_what_the_runs_may_do_is_asked_as_them(repo: Repo, fake: Fake, place: str) -> None:
    said = checked(repo, fake, REVIEWED[place])
    assert "[tables.unreadable-table] the runs may not read logs.users" in said
    assert "run_as" not in said
