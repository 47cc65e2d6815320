"""Pull requests of strangers: checked without backends and without rights, by the rules of the base."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Repo
from tests.far.github import payloads
from tests.far.github.payloads import FORK
from tests.github.bot.conftest import BROKEN, Hosted

ELSEWHERE = """\
rules: {schema.unknown-key: off, manifest.image-not-pinned: off}
plugins: [not_installed]
experiments: ["nowhere/*.yaml"]
warehouse: {kind: folder, path: /etc}
unreachable: {tables: warn}
colour: blue
"""


def fork(hosted: Hosted, *changes: str) -> None:
    """A branch of a fork, whose runs may only read."""
    hosted.token = hosted.github.token("read")
    hosted.branch()
    for text in changes:
        hosted.write(text)


@pytest.mark.parametrize(
    ("source", "sender"), [(FORK, "mallory"), (None, "mallory"), (payloads.NAME, "dependabot[bot]")]
)
def test_a_stranger_is_told_in_log_and_summary(hosted: Hosted, source: str | None, sender: str) -> None:
    fork(hosted, BROKEN)
    ran = hosted.bot("pull_request", hosted.proposed("opened", source=source, sender=sender))
    assert (ran.code, ran.outputs["verdict"]) == (1, "failed")
    assert "::error file=experiments/reco.yaml,line=3,endLine=3,title=schema.unknown-key,col=19" in ran.out
    assert "**❌ sameday: 1 problem to fix** in 1 experiment" in ran.summary
    assert "Only the checks that ask no backend were made (fork&#58; a maintainer's run adds it)" in ran.summary
    assert "What merging will do is not known here" in ran.summary
    assert "::notice::could not comment" in ran.out
    assert "::warning" not in ran.out
    assert (len(ran.requests), hosted.ours()) == (1, [])


def test_a_sound_fork_passes_and_says_what_is_left(hosted: Hosted) -> None:
    fork(hosted)
    hosted.put()
    ran = hosted.bot("pull_request", hosted.proposed("opened", source=FORK))
    assert (ran.code, ran.outputs["verdict"]) == (0, "passed")
    assert "not run here&#58; sync, tables" in ran.summary
    assert ran.summary.startswith("**✅ sameday: nothing to fix so far** in 1 experiment, 7 of 9 checks (")


def test_the_settings_of_a_fork_have_no_effect(hosted: Hosted) -> None:
    fork(hosted, BROKEN)
    hosted.repo.write("sameday.yaml", ELSEWHERE)
    hosted.repo.commit()
    ran = hosted.bot("pull_request", hosted.proposed("opened", source=FORK))
    assert ran.code == 1
    assert "experiments/reco.yaml:3:19: error [schema.unknown-key]" in ran.out
    assert "sameday.yaml:6:1: error [settings.invalid] unknown key 'colour'" in ran.out
    assert "::error file=sameday.yaml,line=6" in ran.out
    assert "not_installed" not in ran.out


def test_the_settings_of_a_branch_have_no_effect_either(hosted: Hosted) -> None:
    hosted.branch()
    hosted.write(BROKEN)
    hosted.repo.write("sameday.yaml", ELSEWHERE.replace("colour: blue\n", ""))
    hosted.repo.commit()
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert ran.code == 1
    assert "[schema.unknown-key]" in ran.out


@pytest.mark.slow
@pytest.mark.parametrize("how", ["dispatch", "comment"])
@pytest.mark.parametrize("source", [FORK, None])
def test_a_maintainer_adds_the_other_checks(hosted: Hosted, how: str, source: str | None) -> None:
    hosted.repo.write("sameday.yaml", (hosted.repo.root / "sameday.yaml").read_text() + "github: {commands: [check]}\n")
    hosted.repo.commit()
    fork(hosted)
    hosted.put(inputs={"logs": {"table": "main.nowhere"}})
    assert hosted.bot("pull_request", hosted.proposed("opened", source=source)).code == 0
    hosted.token = hosted.github.token("write")
    hosted.github.collaborator("ada", "write")
    said, inputs = f"/sameday check {hosted.head()}", {"pull-request": "7", "commit": hosted.head()}
    hosted.repo.git("checkout", "-q", "main")
    event = (
        "issue_comment", payloads.issue_comment(said, number=7, comment=hosted.github.comment(7, "ada", said))
    )  # fmt: skip
    if how == "dispatch":
        event = ("workflow_dispatch", payloads.workflow_dispatch({"command": "check"} | inputs))
    ran = hosted.bot(*event)
    assert (ran.code, ran.outputs["verdict"]) == (1, "failed")
    assert "[tables." in ran.out
    assert "main.nowhere" in hosted.ours()[0]
    assert "fork" not in hosted.ours()[0]


def clone(hosted: Hosted, where: Path, *words: str) -> None:
    """Move to the runner's clone of an origin that has the pull request only as GitHub shows it."""
    origin = where / "origin.git"
    hosted.repo.git("clone", "-q", "--bare", str(hosted.repo.root), str(origin))
    Repo(origin).git("update-ref", "refs/pull/7/head", "refs/heads/change")
    Repo(origin).git("update-ref", "-d", "refs/heads/change")
    hosted.repo.git("clone", "-q", *words, f"file://{origin}", str(where / "clone"))
    hosted.repo = Repo(where / "clone")


@pytest.mark.parametrize("words", [(), ("--depth=1",)], ids=["whole", "shallow"])
def test_a_fork_is_fetched_from_the_pull_request(hosted: Hosted, tmp_path: Path, words: tuple[str, ...]) -> None:
    hosted.put("other")
    fork(hosted, BROKEN)
    payload = hosted.proposed("opened", source=FORK)
    hosted.repo.git("checkout", "-q", "main")
    hosted.put("other", schedule={"cron": "0 5 * * *"})
    clone(hosted, tmp_path, *words)
    ran = hosted.bot("pull_request", payload)
    assert ran.code == 1
    assert "experiments/reco.yaml:3:19: error [schema.unknown-key]" in ran.out
    assert "other" not in ran.out


def test_a_clone_that_cannot_be_deepened_says_what_to_set(hosted: Hosted, tmp_path: Path) -> None:
    fork(hosted, BROKEN)
    payload = hosted.proposed("opened", source=FORK)
    hosted.repo.git("checkout", "-q", "main")
    clone(hosted, tmp_path, "--depth=1")
    (tmp_path / "origin.git").rename(tmp_path / "gone.git")
    ran = hosted.bot("pull_request", payload)
    assert ran.code == 2
    assert "`fetch-depth: 0`" in ran.out
    assert "fetch-depth" in ran.summary
