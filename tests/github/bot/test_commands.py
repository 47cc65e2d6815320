"""What people ask for, by a comment or a dispatch: who may, what is answered, what is done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.far.github import payloads
from tests.far.github.faults import Kind
from tests.far.github.payloads import FORK
from tests.github.bot.conftest import BROKEN, SOUND, Hosted, Ran

BOT = "github-actions[bot]"


def allow(hosted: Hosted, *verbs: str) -> None:
    """Settings that list comment commands."""
    place = hosted.repo.root / "sameday.yaml"
    hosted.repo.write("sameday.yaml", f"{place.read_text()}github: {{commands: [{', '.join(verbs)}]}}\n")
    hosted.repo.commit()


def comment(hosted: Hosted, body: str, login: str = "ada", role: str = "write") -> tuple[Ran, list[tuple[str, str]]]:
    """Somebody comments on pull request 7; what the run left, and the reactions."""
    hosted.repo.git("checkout", "-q", "main")
    hosted.github.collaborator(login, role)
    number = hosted.github.comment(7, login, body)
    ran = hosted.bot("issue_comment", payloads.issue_comment(body, login=login, comment=number, number=7))
    return ran, hosted.github.reactions(number)


def dispatch(hosted: Hosted, **inputs: str) -> Ran:
    """Somebody starts the workflow."""
    found: Ran = hosted.bot("workflow_dispatch", payloads.workflow_dispatch(inputs))
    return found


def opened(hosted: Hosted, text: str = BROKEN, source: str = payloads.NAME) -> None:
    """Pull request 7."""
    hosted.branch()
    hosted.write(text)
    hosted.proposed("opened", source=source)


@pytest.mark.parametrize("verb", ["check", "release", "rollback reco"])
def test_commands_are_off_by_default(hosted: Hosted, verb: str) -> None:
    opened(hosted)
    ran, reactions = comment(hosted, f"/sameday {verb}", role="admin")
    assert (ran.code, ran.requests, reactions) == (0, [], [])
    assert f"does not list {verb.split()[0]}" in ran.out


@pytest.mark.parametrize(
    "body",
    ["thanks!", "", "please /sameday check", "> /sameday check", "hi\n/sameday check", "/sameday", "/samedaycheck",
     "/sameday check now", "/sameday check 0123456789ab", f"/sameday check {'A' * 40}",
     "/sameday backfill reco", "/sameday rollback", "/sameday off", "/sameday release ../x", "/sameday Check",
     "/sameday release a b", "/sameday drop"],
)  # fmt: skip
def test_other_words_cost_no_request(hosted: Hosted, body: str) -> None:
    allow(hosted, "check", "release", "rollback")
    opened(hosted)
    ran, reactions = comment(hosted, body)
    assert (ran.code, ran.requests, reactions) == (0, [], [])


@pytest.mark.parametrize("role", ["admin", "maintain", "write"])
def test_who_may_write_may_command(hosted: Hosted, role: str) -> None:
    allow(hosted, "check")
    opened(hosted, source=FORK)
    ran, reactions = comment(hosted, f"/sameday check {hosted.head()}\nplease", role=role)
    assert (ran.code, reactions) == (1, [(BOT, "eyes"), (BOT, "-1")])
    assert "1 problem to fix" in hosted.ours()[0]
    asked = [path for _, path in ran.requests]
    assert asked[0] == "collaborators/ada/permission"
    assert asked[1].endswith("/reactions")
    assert asked[2] == "pulls/7"


@pytest.mark.parametrize("role", ["triage", "read", "none"])
@pytest.mark.parametrize("verb", ["check", "release", "rollback reco"])
def test_nobody_else_may(hosted: Hosted, verb: str, role: str) -> None:
    allow(hosted, "check", "release", "rollback")
    opened(hosted)
    ran, reactions = comment(hosted, f"/sameday {verb}", role=role)
    assert (ran.code, reactions, len(ran.requests)) == (0, [(BOT, "confused")], 2)
    assert "ada may not write to this repository" in ran.out
    assert hosted.ours() == []


def test_a_person_nobody_knows_may_not(hosted: Hosted) -> None:
    allow(hosted, "release")
    opened(hosted)
    number = hosted.github.comment(7, "ada", "/sameday release")
    payload = payloads.issue_comment("/sameday release", login="ghost/../../x", comment=number, number=7)
    ran = hosted.bot("issue_comment", payload)
    assert (ran.code, hosted.github.reactions(number)) == (0, [(BOT, "confused")])
    assert hosted.github.deployments() == []


@pytest.mark.parametrize("kind", ["502", "drop-before", "html", "403-secondary"])
def test_what_cannot_be_found_out_is_a_no(hosted: Hosted, kind: Kind) -> None:
    allow(hosted, "release")
    opened(hosted)
    hosted.github.begin()
    hosted.github.fault(kind)
    ran, reactions = comment(hosted, "/sameday release")
    assert (ran.code, reactions, hosted.github.deployments()) == (3, [], [])


def test_the_head_is_the_one_that_github_names(hosted: Hosted) -> None:
    allow(hosted, "check")
    opened(hosted)
    hosted.put()
    hosted.proposed()
    head = hosted.head()
    ran, reactions = comment(hosted, "/sameday check")
    assert (ran.code, reactions) == (0, [(BOT, "eyes"), (BOT, "rocket")])
    assert hosted.ours()[0].splitlines()[0].split()[4] == head
    assert [run["conclusion"] for run in hosted.github.check_runs(head)] == ["success"]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["comment", "dispatch"])
@pytest.mark.parametrize("source", [FORK, payloads.NAME])
@pytest.mark.parametrize("named", ["none", "old", "new"])
def test_a_fork_is_checked_at_the_commit_that_was_read(hosted: Hosted, how: str, source: str, named: str) -> None:
    """Its author may push another one between the look and the check, which runs with a maintainer's rights."""
    allow(hosted, "check")
    opened(hosted, source=source)
    old = hosted.head()
    hosted.put()
    hosted.proposed(source=source)
    new = hosted.head()
    commit = {"none": "", "old": old, "new": new}[named]
    if how == "comment":
        ran, _ = comment(hosted, f"/sameday check {commit}".strip())
    else:
        inputs = {"command": "check", "pull-request": "7"} | ({"commit": commit} if commit else {})
        ran = dispatch(hosted, **inputs)
    if named == "new" or (named == "none" and source == payloads.NAME):
        assert (ran.code, len(hosted.ours())) == (0, 1), ran.out
    else:
        assert (ran.code, hosted.ours()) == (2, []), ran.out
        assert f"pull request 7 is at {new} now; look at that commit, then name it" in ran.out


def test_a_part_of_a_commit_is_no_name(hosted: Hosted) -> None:
    ran = dispatch(hosted, **{"command": "check", "pull-request": "7", "commit": "0123456789ab"})
    assert (ran.code, ran.requests) == (2, [])
    assert "the input `commit` is a commit's whole id" in ran.out


def live(hosted: Hosted) -> None:
    """A first and a second release of reco."""
    hosted.bot("schedule", payloads.schedule())
    for minute in (1, 2):
        hosted.branch(f"change-{minute}")
        hosted.put(schedule={"cron": f"{minute} 4 * * *"})
        assert hosted.bot("push", hosted.merge(f"change-{minute}")).code == 0


def test_a_release_by_comment(hosted: Hosted) -> None:
    allow(hosted, "release")
    hosted.bot("schedule", payloads.schedule())
    opened(hosted, text="name: other\njobs: [{name: a, command: 'true'}]\n")
    hosted.repo.git("checkout", "-q", "main")
    hosted.put()
    ran, reactions = comment(hosted, "/sameday release reco")
    assert (ran.code, ran.outputs["released"]) == (0, '["reco"]')
    assert reactions == [(BOT, "eyes"), (BOT, "rocket")]


@pytest.mark.parametrize("how", ["comment", "dispatch"])
def test_a_rollback_shows_a_deployment(hosted: Hosted, how: str) -> None:
    allow(hosted, "rollback")
    live(hosted)
    if how == "comment":
        ran, reactions = comment(hosted, "/sameday rollback reco")
        assert reactions == [(BOT, "eyes"), (BOT, "rocket")]
    else:
        ran = dispatch(hosted, command="rollback", experiment="reco")
    assert ran.code == 0
    assert "is rolled back" in ran.summary
    first, second, back = hosted.github.deployments()
    assert [d["state"] for d in (first, second, back)] == ["inactive", "inactive", "success"]
    assert back["environment"] == "sameday/reco"
    assert back["statuses"][0]["description"].startswith("rolled back to reco-")
    assert hosted.bot("schedule", payloads.schedule()).code == 0
    assert len(hosted.github.deployments()) == 3
    again = dispatch(hosted, command="release", experiment="reco")
    assert (again.code, again.outputs["released"]) == (0, '["reco"]')


def test_a_rollback_that_cannot_be_is_said(hosted: Hosted) -> None:
    allow(hosted, "rollback")
    opened(hosted)
    ran, reactions = comment(hosted, "/sameday rollback nothing")
    assert (ran.code, reactions) == (2, [(BOT, "eyes"), (BOT, "-1")])
    assert "was never released here" in ran.summary


@pytest.mark.parametrize("how", ["comment", "dispatch"])
def test_an_experiment_is_turned_off_and_on(hosted: Hosted, how: str) -> None:
    allow(hosted, "off", "on")
    live(hosted)
    for verb in ("off", "on"):
        if how == "comment":
            ran, reactions = comment(hosted, f"/sameday {verb} reco")
            assert reactions == [(BOT, "eyes"), (BOT, "rocket")]
        else:
            ran = dispatch(hosted, command=verb, experiment="reco")
        assert ran.code == 0
        assert f"<code>reco</code> is turned <code>{verb}</code>** by <code>ada</code>" in ran.summary
        assert sum(f"is turned <code>{verb}</code>** by" in told["body"] for told in hosted.github.comments(7)) == 1
        assert ("is on hold" in hosted.bot("schedule", payloads.schedule()).out) is False, "nothing differs"


@pytest.mark.slow
def test_who_turned_it_off_is_told(hosted: Hosted, chat: tuple[str, list[Any]]) -> None:
    """On the pull request that brought it, once for each time, and by the webhook."""
    hosted.environment["SAMEDAY_WEBHOOK"], messages = chat
    live(hosted)
    for _ in range(2):
        dispatch(hosted, command="off", experiment="reco")
    dispatch(hosted, command="on", experiment="reco")
    off, *more, on = (told["body"] for told in hosted.github.comments(7) if "is turned" in told["body"])
    assert "Who was in the test sees the control. Its data is kept fresh, and releases leave it alone." in off
    assert "Next: `sameday on reco`, or Run workflow with `on`, turns it on." in off
    assert "is seen again." in on
    assert [one["turned"] for one in messages] == ["off", "off", "on"]
    assert messages[0]["text"].startswith("sameday: reco is turned off by ada: ")
    assert len(more) <= 1


@pytest.mark.slow
def test_it_is_off_though_nobody_can_be_told(hosted: Hosted) -> None:
    live(hosted)
    hosted.environment |= {"SAMEDAY_WEBHOOK": "http://127.0.0.1:1/", "GITHUB_TOKEN": ""}
    ran = dispatch(hosted, command="off", experiment="reco")
    assert ran.code == 0
    assert "could not tell the webhook" in ran.summary
    assert "is turned off" in ran.out


@pytest.mark.parametrize("verb", ["off", "on", "rollback", "backfill"])
def test_what_needs_a_name_says_so(hosted: Hosted, verb: str) -> None:
    live(hosted)
    ran = dispatch(hosted, command=verb)
    assert ran.code == 2
    assert "the input `experiment` says which experiment to " in ran.out


def test_a_backfill_by_dispatch(hosted: Hosted) -> None:
    live(hosted)
    ran = dispatch(hosted, command="backfill", experiment="reco", date="2026-11-20")
    assert (ran.code, ran.requests) == (0, [])
    assert "<code>reco</code> is filled in** for <code>2026-11-20</code>" in ran.summary
    hosted.put(jobs=[{"name": "infer", "command": "exit 3"}])
    ran = dispatch(hosted, command="backfill", experiment="reco", date="2026-11-21")
    assert ran.code == 0, "it runs what is live, whatever is merged since"
    assert "<code>reco</code> is filled in** for <code>2026-11-21</code>" in ran.summary


@pytest.mark.slow
def test_a_backfill_of_several_dates_by_dispatch(hosted: Hosted) -> None:
    live(hosted)
    ran = dispatch(hosted, command="backfill", experiment="reco", date="2026-11-20..2026-11-22")
    assert (ran.code, ran.requests) == (0, [])
    assert ran.summary == "**✅ sameday: <code>reco</code>**: 3 of 3 dates are made\n"
    ran = dispatch(hosted, command="backfill", experiment="reco", date="2026-11-20..2026-11-22")
    assert ran.summary == "**✅ sameday: <code>reco</code>**: nothing was to be made\n"
    ran = dispatch(hosted, command="backfill", experiment="reco", date="2026-11-20..soon")
    assert (ran.code, "or several such as 2026-11-28..2026-11-30" in ran.summary) == (2, True)


def test_a_dispatch_from_another_branch_is_refused(hosted: Hosted) -> None:
    live(hosted)
    event = payloads.workflow_dispatch({"experiment": SOUND["name"]}, ref="refs/heads/change")
    ran = hosted.bot("workflow_dispatch", event)
    assert (ran.code, ran.requests) == (2, [])
    assert "start the workflow from the default branch, main" in ran.summary
