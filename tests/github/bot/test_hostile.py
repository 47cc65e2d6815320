"""Text from outside does nothing on GitHub, wherever it gets in and wherever it is shown."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.forge import link
from bot.finding import CheckResult, ExperimentReport, Related, Report
from bot.ports import Entry, Run
from bot.release.summary import ReleaseOutcome, ReleaseSummary
from bot.report import annotation, fixes, markdown, release, text
from bot.report.escape import Markdown
from bot.report.page import LESS, Page
from bot.report.plan import Planned
from bot.report.progress import progress_lines, release_lines
from tests.far.github import payloads
from tests.fuzz import drawn
from tests.github.bot.conftest import SOUND, Hosted
from tests.report import values
from tests.report.test_escape import HOSTILE, rendered

SITE = "https://github.com/acme/experiments"
TAGS = {
    "a", "blockquote", "br", "code", "details", "h3", "li", "ol", "p", "pre", "strong", "sub", "summary", "table",
    "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
LONG = ["日本語" * 10_000, "x" * 1_000_000, "@a " * 5_000]
COMMAND = re.compile(r"::(?:error|warning|notice)(?: file=[^:]*)?::")


def harmless(shown: str) -> None:
    """What GitHub makes of the Markdown: our tags, our links, whole tables, nobody called."""
    shown = re.sub(r"<!-- sameday [a-z0-9 ]+ -->", "", shown)
    html = rendered(shown)
    assert set(re.findall(r"</?([a-zA-Z!?][a-zA-Z0-9]*)", html)) <= TAGS
    assert all(found.startswith(f'"{SITE}/') for found in re.findall(r"<[^>]*(?:href|src)=([^ >]+)", html))
    for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):
        first, *rows = table.split("<tr>")[1:]
        assert {row.count("<td>") for row in rows} <= {first.count("<th>")}
    assert html.count("<pre") == len(re.findall(r'<pre><code class="language-(?:text|mermaid|suggestion)">', html))
    words = re.sub(r"<(code|pre|a)\b.*?</\1>", "", html, flags=re.DOTALL)
    assert not re.search(r"@\w|(?<![\w&])#\d|\bGH-\d|\bwww\.|://", words)


def silent(log: str) -> None:
    """No command in the log but our own."""
    for line in re.split(r"[\r\n]", log):
        assert "##[" not in line
        assert not line.lstrip().startswith("::") or COMMAND.match(line), line


def reported(evil: str) -> Report:
    """A report with the text in every place that others write."""
    finding = replace(
        values.UNKNOWN, path=evil, message=evil, hint=evil, related=(Related(evil, values.span(1, 1, 2), evil),)
    )
    ignored = replace(finding, ignored=evil)
    results = (
        CheckResult("schema", "failed", findings=(finding, ignored)), CheckResult("dag", "errored", evil),
        CheckResult("tables", "skipped", evil), CheckResult("flags", "passed", unproven=(evil,)),
    )  # fmt: skip
    return Report((ExperimentReport(evil, evil, results), ExperimentReport("", evil, ())))


def released(evil: str) -> ReleaseSummary:
    """A summary of a release in which jobs, backends and people said the text."""
    item = values.item("reco")
    entry = Entry(1, item, values.COMMIT, "apply", "done", evil, values.AT)
    node = values.node("infer", "failed", evil, f"{evil}\n{evil}")
    outcomes = [
        ReleaseOutcome(item, state, "generate", evil, (entry,), (node,), Run("reco", "failed", (node,)))
        for state in ("live", "retired", "failed", "running", "held", "blocked", "unreachable")
    ]
    return ReleaseSummary(tuple(outcomes), values.COMMIT, ("reco",))


def said(evil: str) -> Iterator[Markdown]:
    """Every Markdown that is posted."""
    report, summary = reported(evil), released(evil)
    planned = Planned(evil, "new", evil, (evil,), evil, evil)
    for plan in ((planned,), None):
        page = Page(report, plan, values.REPOSITORY, evil, evil, (evil,), evil, link(SITE, "a" * 40, "sub/"))
        yield from (markdown.comment(page, detail) for detail in LESS)
        yield markdown.fitted(page, 2_000)
    yield markdown.collapsed(evil)
    about = release.Background(
        {summary.outcomes[0].item.experiment: evil},
        {summary.outcomes[0].item.experiment: (release.Proven(evil, 5, evil), release.Proven(evil, 5, ""))},
    )
    yield from (release.release_markdown(summary, detail, about) for detail in release.LESS)
    yield release.announcement(summary.outcomes[0].item, summary.outcomes[0].entries)
    line = evil.replace("\n", " ")
    yield from (fixes.markdown(found) for found in fixes.suggestions(report.findings, {evil: f"{line}\n" * 12}))


def logged(evil: str) -> Iterator[str]:
    """Everything that is printed."""
    report, summary = reported(evil), released(evil)
    yield annotation.report(report, "sub/")
    lines = [
        *text.report(report),
        *text.plan([Planned(evil, "new", evil, (evil,), evil, evil)]),
        *release_lines(summary),
    ]
    for outcome in summary.outcomes:
        for what in (*outcome.entries, outcome.run):
            lines += progress_lines("reco", what, set()) if what else ()
    yield "\n".join(line.text for line in lines)


@pytest.mark.parametrize("evil", [*HOSTILE, values.HOSTILE, "1) x", "    x", "$x$", "::error::x", *LONG])
def test_hostile_text_does_nothing(evil: str) -> None:
    for shown in said(evil):
        harmless(shown)
    for log in logged(evil):
        silent(log)


@drawn(40)
@given(st.text(alphabet=st.characters() | st.sampled_from("@#|`<>[]()!*_~:/.\\&w\n\r\x1b1 -+="), max_size=40))
def test_no_text_at_all_does_anything(evil: str) -> None:
    for shown in said(evil):
        harmless(shown)
    for log in logged(evil):
        silent(log)


def whole(hosted: Hosted, log: str, summary: str) -> None:
    """Everything that a run has left."""
    silent(log)
    runs = [run["output"]["summary"] for run in hosted.github.check_runs(hosted.head())]
    for shown in (summary, *hosted.ours(), *runs, *(c["body"] for c in hosted.github.review_comments(7))):
        harmless(shown)


def test_a_hostile_pull_request_is_harmless(hosted: Hosted) -> None:
    """Names of files and experiments, values and keys, the reasons of ignores; every one is in the comment."""
    hosted.branch()
    folder = hosted.repo.root / "experiments"
    folder.mkdir()
    for number, evil in enumerate(HOSTILE):
        name = f"{number}{evil}".replace("/", "")
        jobs = [{"name": evil, "comand": "x", evil: evil}]
        (folder / f"{name}.yaml").write_text(json.dumps({"name": evil, "jobs": jobs}), encoding="utf-8")
    meant = SOUND | {"name": "meant", "ignore": {"flags.small-arm": " ".join(HOSTILE)}}
    (folder / "meant.yaml").write_text(json.dumps(meant), encoding="utf-8")
    hosted.repo.commit()
    hosted.github.pull(7, hosted.head(), hosted.head("main"), lines=set())
    event = payloads.pull_request("opened", number=7, head=hosted.head(), base=hosted.head("main"))
    ran = hosted.bot("pull_request", event)
    assert ran.code == 1
    assert len(hosted.ours()) == 1
    whole(hosted, ran.out, ran.summary)


def test_a_hostile_job_is_harmless(hosted: Hosted) -> None:
    hosted.repo.write("sameday.yaml", (hosted.repo.root / "sameday.yaml").read_text() + "report: {logs: comment}\n")
    hosted.put("kept")
    hosted.bot("schedule", payloads.schedule())
    hosted.branch()
    evil = "\n".join([*HOSTILE, values.HOSTILE])
    hosted.repo.write("evil.txt", evil)
    hosted.put(jobs=[{"name": "infer", "command": f"tail -15 '{hosted.repo.root / 'evil.txt'}' >&2; exit 3"}])
    ran = hosted.bot("push", hosted.merge())
    assert ran.code == 1
    assert "@everyone" in hosted.ours()[0]
    whole(hosted, ran.out, ran.summary)
    assert all(
        not re.search(r"[\x00-\x1f]", s["description"]) for d in hosted.github.deployments() for s in d["statuses"]
    )


def test_file_names_that_are_no_text_cost_nothing_else(hosted: Hosted) -> None:
    hosted.branch()
    hosted.write("name: reco\njobs: 3\n")
    (hosted.repo.root / "experiments" / os.fsdecode(b"\xff.yaml")).write_text("name: other\njobs: 3\n")
    hosted.repo.commit()
    hosted.github.pull(7, hosted.head(), hosted.head("main"), lines=set())
    event = payloads.pull_request("opened", number=7, head=hosted.head(), base=hosted.head("main"))
    ran = hosted.bot("pull_request", event)
    assert (ran.code, len(hosted.ours())) == (1, 1)
    (run,) = hosted.github.check_runs(hosted.head())
    assert "experiments/reco.yaml" in {annotation["path"] for annotation in run["annotations"]}
