"""Where the end of a failed job's log is shown, and that nothing this process knows to be secret is shown anywhere."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from typing import Any

import pytest

from tests.far.github import payloads

pytestmark = pytest.mark.slow

NOTE = "The end of the log of <code>infer</code> is in the job's summary."
SECRET = "correct/horse battery+staple"


def released(hosted: Any, command: str, settings: str = "", private: bool | None = None) -> Any:
    """A pull request is merged whose job fails."""
    hosted.repo.write("sameday.yaml", (hosted.repo.root / "sameday.yaml").read_text() + settings)
    hosted.put("kept")
    hosted.bot("schedule", payloads.schedule())
    hosted.branch()
    hosted.put(jobs=[{"name": "infer", "command": f"{command}; exit 3"}])
    event = hosted.merge()
    if private is not None:
        event["repository"]["private"] = private
    ran = hosted.bot("push", event)
    assert ran.code == 1
    return ran


@pytest.mark.parametrize(
    ("logs", "private", "comment", "summary"),
    [
        (None, None, False, True), (None, False, False, True), (None, True, True, True),
        ("comment", False, True, True), ("summary", True, False, True), ("none", True, False, False),
    ],
)  # fmt: skip
def test_where_a_log_is_shown(
    hosted: Any, logs: str | None, private: bool | None, comment: bool, summary: bool
) -> None:
    ran = released(hosted, "echo no such model", f"report: {{logs: {logs}}}\n" if logs else "", private)
    (said,) = hosted.ours()
    assert ("no such model" in said, "no such model" in ran.summary, "no such model" in ran.out) == (
        comment, summary, summary,
    )  # fmt: skip
    assert (NOTE in said) == (summary and not comment)
    assert "failed at `generate`" in said


def test_what_the_environment_knows_is_shown_nowhere(hosted: Any) -> None:
    """Neither in a job's log, however it writes it, nor in a reason, in no place that people read."""
    hosted.environment["SERVING_PLACE"] = SECRET  # whose name tells nothing, but the settings do
    hosted.environment["DEPLOY_TOKEN"] = "a-token-of-nobody"
    forms = [
        SECRET, base64.b64encode(b"x" + SECRET.encode()).decode(), urllib.parse.quote(SECRET, safe=""),
        "DEPLOY is a-token-of-nobody", hosted.token + "-and-more",
    ]  # fmt: skip
    hosted.repo.write("said.txt", "\n".join(forms))
    settings = "report: {logs: comment}\nmanifests: {secrets: {SERVING_PLACE: serving/place}}\n"
    ran = released(hosted, f"cat '{hosted.repo.root / 'said.txt'}'", settings)
    texts = [ran.out, ran.summary, *hosted.ours(), json.dumps(ran.outputs)]
    texts += [status["description"] for d in hosted.github.deployments() for status in d["statuses"]]
    assert "***" in texts[0]
    assert "***" in texts[2]
    for text in texts:
        for form in (*forms[:3], "a-token-of-nobody", hosted.token, forms[1][4:30]):
            assert form not in text


@pytest.mark.parametrize("kind", ["text", "json", "markdown", "github"])
def test_no_format_of_a_report_shows_a_secret(run: Any, repo: Any, kind: str) -> None:
    known, unknown = "a-token-of-nobody", f"ghp_{'a1' * 18}"
    repo.write("experiments/a.yaml", f"name: a\njobs: [{{name: j, command: x, {known}: 1, {unknown}: 2}}]\n")
    repo.commit()
    said = run("check", "--format", kind, cwd=repo.root, env={"DEPLOY_TOKEN": known})
    assert said.code == 1
    assert "***" in html.unescape(said.out)
    assert not {known, unknown} & set(said.out.replace("'", " ").split())
    assert known not in said.out + said.err
    assert "a1a1" not in said.out + said.err


def test_no_error_shows_a_secret(run: Any, repo: Any) -> None:
    said = run("check", "a-token-of-nobody.yaml", "--offline", cwd=repo.root, env={"DEPLOY_TOKEN": "a-token-of-nobody"})
    assert (said.code, said.out) == (2, "")
    assert said.err == "sameday: ***.yaml: no such file, folder or experiment\n"


def test_no_suggestion_writes_stars_into_a_file(hosted: Any) -> None:
    """A correction whose lines hold what looks like a secret could only be shown with it, or spoil the file."""
    hosted.branch()
    lines = '  - {name: infer, comand: "psql --password hunter2", timeot: 5m}\n'
    hosted.write(f"name: reco\njobs:\n{lines}")
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert ran.code == 1
    assert not hosted.github.review_comments(7)
    assert "hunter2" not in ran.out + ran.summary + "".join(hosted.ours())
