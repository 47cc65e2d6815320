"""Every report as a reader gets it, word for word; SAMEDAY_UPDATE=1 writes the files anew."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.finding import Report
from bot.release.summary import Course
from bot.report import annotation, markdown, text
from bot.report import json as json_report
from bot.report.graph import dot, mermaid
from bot.report.page import MOST, Page
from bot.report.progress import release_lines
from bot.report.release import Background, announcement, release_markdown

HERE = Path(__file__).parent
_found = importlib.util.spec_from_file_location("values", HERE / "values.py")
assert _found is not None
assert _found.loader is not None
v = importlib.util.module_from_spec(_found)
_found.loader.exec_module(v)

Golden = Callable[[Path, str], None]
COMMENTS = {"passed": (v.PASSED, v.PLANNED), "failed": (v.FAILED, v.PLANNED), "unknown": (v.UNKNOWN_VERDICT, ())}


def plain(lines: object) -> str:
    return "".join(f"{line.text}\n" for line in lines)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMENTS)
def test_comment(name: str, golden: Golden) -> None:
    report, planned = COMMENTS[name]
    golden(HERE / "golden" / f"comment-{name}.md", markdown.comment(Page(report, planned, v.REPOSITORY, v.COMMIT)))


def many(number: int) -> Page:
    """A pull request of so many experiments, a tenth of them with a problem."""
    bad, good = v.FAILED.experiments[1], v.PASSED.experiments[0]
    reports = [replace(good if i % 10 else bad, name=f"exp-{i:03}", path=f"exp-{i:03}.yaml") for i in range(number)]
    steps = tuple(f"{step} " * 8 for step in ("run", "verify", "put", "sync", "switch", "show", "run again"))
    planned = [
        replace(v.PLANNED[0], experiment=f"exp-{i:03}", steps=steps, seen="control 50%, new 50% " * 8)
        for i in range(number)
        if i % 10
    ]
    return Page(Report(tuple(reports)), planned, v.REPOSITORY, v.COMMIT)


@pytest.mark.parametrize("number", [30, 200])
def test_many_experiments_in_one_comment(number: int) -> None:
    """What a human must look at comes first and is whole, and every experiment is named."""
    text = markdown.fitted(many(number), 65_536)
    assert text.startswith(f"**❌ sameday: {number // 10} problems to fix** in {number} experiments\n")
    assert text.count("unknown key &#39;dependancies&#39;") + text.count("unknown key 'dependancies'") == number // 10
    assert {f"exp-{i:03}" for i in range(number)} <= set(re.findall(r"exp-\d{3}", text))
    problems, quiet, plan = map(text.index, ("dependancies", "nothing to remark", f"{number - number // 10} new"))
    assert problems < quiet < plan
    folded = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    assert len(folded) < 30_000


@pytest.mark.parametrize("name", COMMENTS)
def test_text(name: str, golden: Golden) -> None:
    golden(HERE / "golden" / f"report-{name}.txt", plain(text.report(COMMENTS[name][0], "examples/")))


def test_plan(golden: Golden) -> None:
    golden(HERE / "golden" / "plan.txt", plain(text.plan(v.PLANNED)) + plain(text.plan(())))


def test_release_summary(golden: Golden) -> None:
    golden(HERE / "golden" / "release.md", release_markdown(v.SUMMARY, about=Background({"als-v4": v.SEEN}, v.PROVEN)))
    golden(HERE / "golden" / "release.txt", plain(release_lines(v.SUMMARY)))
    golden(HERE / "golden" / "announcement.md", announcement(v.LIVE, v.entries(v.LIVE)))


@pytest.mark.parametrize(
    ("opened", "merged", "said"),
    [
        (-90, -30, " · first commit to live: 3 h 12 m; review 1 h 0 m"),
        (-300, -280, " · first commit to live: 5 h 0 m; review 20 m 0 s"),  # the first commit was written anew since
        (-90, 30, ""),  # some clock is wrong
    ],
)
def test_how_long_a_release_took(opened: int, merged: int, said: str) -> None:
    course = Course(*(v.AT + timedelta(minutes=minutes) for minutes in (-192, opened, merged)))
    live = replace(v.SUMMARY, outcomes=v.SUMMARY.outcomes[:1])
    text = release_markdown(live, about=Background(course=course))
    assert text.endswith(f"<sub>of <code>0123456789ab</code>{said}</sub>\n")
    assert "first commit" not in release_markdown(v.SUMMARY, about=Background(course=course)), "not all of it is live"


def test_workflow_commands(golden: Golden) -> None:
    golden(HERE / "golden" / "workflow.txt", annotation.report(v.FAILED))


def test_graph(golden: Golden) -> None:
    golden(HERE / "golden" / "graph.mmd", mermaid(v.SOUND.spec) + "\n")
    golden(HERE / "golden" / "graph.dot", dot(v.SOUND.spec) + "\n")


def test_a_graph_leaves_out_what_is_not_there() -> None:
    """The checks tell of it; the picture beside their findings is still drawn."""
    text = v.FILE.replace(b"[extract]", b"[extract, nobody]")
    said = mermaid(v.load("experiments/als.yaml", text).spec)
    assert said.count("-->") == 3
    assert "nobody" not in said


def test_json_is_the_promised_shape(golden: Golden) -> None:
    said = json_report.report(v.FAILED)
    golden(HERE / "golden" / "report.json", json.dumps(json.loads(said), indent=2) + "\n")
    assert list(json.loads(said)) == ["format", "verdict", "experiments"]


def test_no_report_lets_controls_through() -> None:
    """A title with an escape sequence colours no terminal, and starts no workflow command."""
    for said in (plain(text.report(v.FAILED)), annotation.report(v.FAILED), plain(release_lines(v.SUMMARY))):
        assert "\x1b" not in said
        assert "##[" not in said
        assert not [line for line in said.splitlines() if line.startswith("::error::")]


def test_no_name_starts_a_workflow_command() -> None:
    report = Report((v.replace(v.PASSED.experiments[0], name="::error::owned", path="::set-output name=x::y"),))
    assert not [line for line in plain(text.report(report)).splitlines() if line.lstrip().startswith("::")]


def test_many_findings_are_cut_and_counted() -> None:
    result = v.FAILED.experiments[1].checks[0]
    many = v.replace(result, findings=(v.UNKNOWN,) * (MOST + 7))
    report = Report((v.replace(v.FAILED.experiments[1], checks=(many,)),))
    said = markdown.comment(Page(report, (), v.REPOSITORY, v.COMMIT))
    assert said.count("unknown key") == MOST
    assert "and 7 more" in said


def test_lines_of_findings_fit_a_narrow_terminal_or_wrap_there() -> None:
    """Nothing is drawn with boxes or columns that 80 characters would break."""
    assert not set("│┃━─┏") & set(plain(text.report(v.FAILED)))
