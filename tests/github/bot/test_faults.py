"""GitHub fails in every way, at every request: the verdict stands, nothing is doubled, what can be shown is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.far.github import KINDS, payloads
from tests.far.github.views import BOT
from tests.github.bot.conftest import BROKEN, Hosted, Ran

pytestmark = pytest.mark.slow

LONG = "".join(f'  - {{name: job-{i}, command: "true", nonsense-{i}: 1}}\n' for i in range(30))
QUICK = [kind for kind in KINDS if kind != "slow"]  # which takes real seconds
LIMITS = ("429", "403-primary")  # each with its own way to say for how long
PATIENCE = {"release": 600, "asked": 300}  # seconds in all; a command waits for its check, and for itself
BARE = 60  # seconds of the longest pause for one fault: a limit that names none


@dataclass(frozen=True)
class Case:
    """An event, and where to look for what comes of it."""

    name: str
    payload: Any
    head: str
    number: int = 7
    comment: int = 0


def _changed(hosted: Hosted, number: int) -> None:
    """A branch of its own from main, with more to say than one request takes, and one correction."""
    hosted.repo.git("checkout", "-q", "main")
    hosted.branch(f"change-{number}")
    for name in ("more", "most"):
        hosted.repo.write(f"experiments/{name}.yaml", f"name: {name}\njobs:\n{LONG}")
    hosted.write(BROKEN)


def opened(hosted: Hosted, number: int) -> Case:
    """A pull request with problems."""
    _changed(hosted, number)
    return Case("pull_request", hosted.proposed("opened", number), hosted.head(), number)


def pushed(hosted: Hosted, _: int) -> Case:
    """The same once more, as another commit."""
    if not hosted.github.comments(7):
        _changed(hosted, 7)
        hosted.bot("pull_request", hosted.proposed("opened"))
    hosted.repo.commit("the same")
    return Case("pull_request", hosted.proposed(), hosted.head())


def quiet(hosted: Hosted, number: int) -> Case:
    """A pull request that takes back what its comment spoke of."""
    hosted.bot("pull_request", opened(hosted, number).payload)
    hosted.repo.git("revert", "--no-edit", "HEAD")
    return Case("pull_request", hosted.proposed(number=number), hosted.head(), number)


def release(hosted: Hosted, number: int, *more: str) -> Case:
    """A merge that releases one experiment, or more; its run is there since the first time."""
    if not hosted.github.deployments():
        hosted.bot("schedule", payloads.schedule())  # which takes what it finds as live
        for earlier in (8, 9):
            hosted.bot("push", _merged(hosted, earlier, *more).payload)
    return _merged(hosted, number, *more)


def several(hosted: Hosted, number: int) -> Case:
    """A merge that releases two experiments."""
    return release(hosted, number, "twin")


def _merged(hosted: Hosted, number: int, *more: str) -> Case:
    hosted.branch(f"change-{number}")
    for name in ("reco", *more):
        hosted.put(name, schedule={"cron": f"{number} 4 * * *"})
    payload = hosted.merge(f"change-{number}", number)
    return Case("push", payload, payload["after"], number)


def asked(hosted: Hosted, number: int, role: str = "write") -> Case:
    """A comment that asks for a check."""
    settings = (hosted.repo.root / "sameday.yaml").read_text(encoding="utf-8")
    hosted.repo.git("checkout", "-q", "main")
    if "commands" not in settings:
        hosted.repo.write("sameday.yaml", settings + "github: {commands: [check]}\n")
        hosted.repo.commit()
    hosted.github.collaborator("eve", role)
    case = opened(hosted, number)
    hosted.repo.git("checkout", "-q", "main")
    comment = hosted.github.comment(number, "eve", "/sameday check")
    payload = payloads.issue_comment(number=number, comment=comment, login="eve")
    return Case("issue_comment", payload, case.head, number, comment)


def refused(hosted: Hosted, number: int) -> Case:
    """A comment by somebody who may only read."""
    return asked(hosted, number, "read")


SCENARIOS: Mapping[str, Callable[[Any, int], Case]] = {
    "opened": opened, "pushed": pushed, "quiet": quiet, "release": release, "several": several, "asked": asked,
    "refused": refused,
}  # fmt: skip


def seen(hosted: Hosted, case: Case) -> Any:
    """What people see in the end, without what differs from run to run."""
    github = hosted.github
    return {
        "comments": [_plain(c["body"]) for c in github.comments(case.number) if c["user"]["login"] == BOT],
        "checks": [
            (r["name"], r["status"], r["conclusion"], _plain(r["output"]["summary"]), r["output"]["annotations_count"],
             [(a["path"], a["start_line"], a["start_column"], a["message"]) for a in r["annotations"]])
            for r in github.check_runs(case.head)
        ],
        "suggestions": [(c["path"], c["line"], c["body"]) for c in github.review_comments(case.number)],
        "deployments": sorted((d["environment"], d["state"]) for d in github.deployments() if d["sha"] == case.head),
        "replaced": {d["state"] for d in github.deployments() if d["sha"] != case.head},
        "reactions": github.reactions(case.comment),
    }  # fmt: skip


def _plain(text: str) -> str:
    """A text of ours without its marker, commits, runs and schedules."""
    return re.sub(r"<!-- .* -->\n|\b[0-9a-f]{12,40}\b|runs/\d+|\b\d+ 4 &#42;|to live: [^;]*;", "", text)


def play(
    hosted: Hosted, case: Case, faults: Mapping[Any, Collection[int]] | None = None, *, again: bool = False
) -> Ran:
    """Run the workflow for an event, an hour after what was before; a fault at no request is one at each."""
    hosted.now += 3_600
    hosted.github.begin()
    for kind, at in (faults or {}).items():
        hosted.github.fault(kind, *at)
    return hosted.bot(case.name, case.payload, again=again)


def told(ran: Ran) -> tuple[int, str | None]:
    """The verdict, wherever a workflow reads it."""
    return ran.code, ran.outputs.get("verdict")


def check_one_fault(hosted: Hosted, scenario: str, kind: Any) -> None:
    """A fault at each request of a calm run makes no difference but time."""
    calm, shown, _ = compared(hosted, scenario)
    assert len(calm.requests) > 1
    for at in range(1, len(calm.requests) + 1):
        case = SCENARIOS[scenario](hosted, 20 + at)
        ran = play(hosted, case, {kind: [at]})
        assert told(ran) == told(calm)
        assert seen(hosted, case) == shown, at
        assert "could not" not in ran.out + ran.summary
        assert ran.waited <= BARE
    assert hosted.github.impatient == 0
    written = [[r["external_id"] for r in hosted.github.repository.check_runs.values()]]
    written += [[status["state"] for status in d["statuses"]] for d in hosted.github.deployments()]
    assert all(len(once) == len(set(once)) for once in written)  # also where nobody sees it


def compared(hosted: Hosted, scenario: str) -> tuple[Ran, Any, Case]:
    """A calm run, what people see of it, and an event like it."""
    case = SCENARIOS[scenario](hosted, 10)
    calm = play(hosted, case)
    return calm, seen(hosted, case), SCENARIOS[scenario](hosted, 11)


@pytest.mark.parametrize("kind", QUICK)
@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name != "several"])
def test_one_fault_is_waited_out(hosted: Hosted, scenario: str, kind: Any) -> None:
    check_one_fault(hosted, scenario, kind)


def test_a_slow_answer_is_waited_out(hosted: Hosted) -> None:
    hosted.github.slow = 1.05
    check_one_fault(hosted, "opened", "slow")


def check_recovered(hosted: Hosted, case: Case, calm: Ran, shown: Any) -> None:
    """Once GitHub is back, the next event shows everything; nothing is there twice."""
    hosted.github.pause = 3
    if case.name == "push":
        assert play(hosted, Case("schedule", payloads.schedule(), case.head)).code == 0
    else:
        assert told(play(hosted, case, again=True)) == told(calm)
    assert seen(hosted, case) == shown
    assert hosted.github.impatient == 0


AWAY = [(scenario, kind) for scenario in ("opened", "quiet", "release") for kind in QUICK]


@pytest.mark.parametrize(("scenario", "kind"), [*AWAY, ("quiet", "slow")])
def test_github_away_for_good(hosted: Hosted, scenario: str, kind: Any) -> None:
    hosted.github.slow = 1.05
    calm, shown, case = compared(hosted, scenario)
    ran = play(hosted, case, {kind: []})
    assert told(ran) == told(calm)
    troubles = re.findall("::warning::(could not [a-z ]*)", ran.out)
    assert troubles == re.findall("> (could not [a-z ]*)", ran.summary)
    assert len(troubles) == len(set(troubles)) > 0
    assert ran.waited <= PATIENCE.get(scenario, 150)
    check_recovered(hosted, case, calm, shown)


@pytest.mark.parametrize("kind", QUICK)
def test_no_command_is_obeyed_unseen(hosted: Hosted, kind: Any) -> None:
    calm, shown, case = compared(hosted, "asked")
    ran = play(hosted, case, {kind: []})
    assert told(ran) == (3, "unknown")
    assert "GitHub did not take GET collaborators/eve/permission" in ran.out
    assert "sameday could not do its work" in ran.summary
    assert ran.waited <= PATIENCE["asked"]
    check_recovered(hosted, case, calm, shown)


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("scenario", ["opened", "quiet", "release"])
def test_an_hour_is_not_waited_out(hosted: Hosted, scenario: str, kind: Any) -> None:
    calm, shown, _ = compared(hosted, scenario)
    for at in range(1, len(calm.requests) + 1):
        case = SCENARIOS[scenario](hosted, 20 + at)
        hosted.github.pause = 3_600
        ran = play(hosted, case, {kind: [at]})
        assert told(ran) == told(calm)
        assert (ran.waited, len(ran.requests)) == (0, at)
        assert "a rate limit for another 3600 s" in ran.out
        assert "a rate limit for another 3600 s" in ran.summary
        check_recovered(hosted, case, calm, shown)


@pytest.mark.parametrize(("scenario", "length"), [("opened", 5), ("pushed", 2), ("release", 5), ("several", 5)])
def test_what_was_done_unheard_is_not_done_again(hosted: Hosted, scenario: str, length: int) -> None:
    calm, shown, _ = compared(hosted, scenario)
    for at in range(1, len(calm.requests) + 1):
        case = SCENARIOS[scenario](hosted, 20 + at)
        ran = play(hosted, case, {"drop-after": [at], "502": range(at + 1, at + length + 1)})
        assert told(ran) == told(calm)
        check_recovered(hosted, case, calm, shown)


def test_what_hangs_uses_patience_up_too(hosted: Hosted) -> None:
    def hang() -> None:
        hosted.now += 10

    case = opened(hosted, 10)
    hosted.now += 3_600
    hosted.github.begin()
    for at in range(1, 100):
        hosted.github.kill_at(at, hang)
    ran = hosted.bot(case.name, case.payload)
    assert told(ran) == (1, "failed")
    assert ran.waited <= 150 + 10
