"""What is too long, too much, or somebody else's: shed, cut, batched, found on a later page, or left alone."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from bot.errors import Unreachable
from bot.experiment.files import FolderFiles
from bot.experiment.repository import Repository
from bot.finding import CheckResult, ExperimentReport, Finding, Report, Span
from bot.github import check_run
from bot.github.client import Patience, connect
from bot.github.comment import Source, say
from bot.report.markdown import fitted
from bot.report.page import Page
from tests.far.github import GitHub
from tests.far.github.asked import BASE, HEAD
from tests.far.github.views import BOT
from tests.github.bot.conftest import BROKEN, Hosted, Ran

pytestmark = pytest.mark.slow

BODY, TEXT = 65_536, 65_535  # GitHub's limits: characters of a comment, bytes of a check run's summary


def wrong(name: str, count: int, key: str = "nonsense") -> str:
    """An experiment with so many unknown keys, each on its line."""
    jobs = "".join(f'  - {{name: job-{i}, command: "true", {key}-{i}: 1}}\n' for i in range(count))
    return f"name: {name}\njobs:\n{jobs}"


def opened(hosted: Hosted, **files: str) -> Ran:
    """A new pull request with these experiments, checked."""
    hosted.branch()
    for name, text in files.items():
        hosted.write(text, name)
    ran = hosted.bot("pull_request", hosted.proposed("opened"))
    assert "could not" not in ran.out
    return ran


def annotated(hosted: Hosted) -> list[tuple[str, int, str]]:
    """Where the commit's one check run says what."""
    (shown,) = hosted.github.check_runs(hosted.head())
    assert shown["output"]["annotations_count"] == len(shown["annotations"])
    assert len(shown["output"]["summary"].encode()) <= TEXT
    return [(a["path"], a["start_line"], a["message"]) for a in shown["annotations"]]


@pytest.mark.parametrize(
    ("files", "each", "key"), [(1, 2_000, "nonsense"), (100, 30, "nonsense"), (40, 50, "日" * 250)],
    ids=["one file", "many files", "wide"],
)  # fmt: skip
def test_verdict_counts_and_next_step_always_have_room(hosted: Hosted, files: int, each: int, key: str) -> None:
    ran = opened(hosted, **{f"x{i}": wrong(f"x{i}", each, key) for i in range(files)})
    assert ran.code == 1
    (comment,) = hosted.ours()
    assert len(comment) <= BODY
    plural = "s" if files > 1 else ""
    assert f"**❌ sameday: {files * each} problems to fix** in {files} experiment{plural}" in comment
    assert "Next: fix what is marked ❌ and push" in comment
    assert files == 1 or "Left out here for its length" in comment
    (shown,) = hosted.github.check_runs(hosted.head())
    assert shown["output"]["title"].startswith(f"❌ sameday: {files * each} problems")
    assert "Next: fix what is marked ❌ and push" in shown["output"]["summary"]
    found = annotated(hosted)
    assert len(found) == len(set(found)) == 500
    assert len(ran.requests) == 1 + 1 + 10


@pytest.mark.parametrize("count", [50, 51, 120])
def test_every_annotation_arrives_once(hosted: Hosted, count: int) -> None:
    ran = opened(hosted, x=wrong("x", count))
    assert [line for _, line, _ in annotated(hosted)] == list(range(3, count + 3))
    assert len(ran.requests) == 2 + -(-count // 50)


def test_an_enormous_name_is_cut(hosted: Hosted) -> None:
    text = "日" * 300_000
    ran = opened(hosted, x=f'name: x\njobs:\n  - {{name: a, command: "true", dependencies: ["{text}"]}}\n')
    assert ran.code == 1
    (comment,) = hosted.ours()
    assert len(comment) <= BODY
    assert len(ran.summary) <= BODY
    assert annotated(hosted)


@pytest.mark.parametrize(
    ("character", "length", "count"),
    [("日", 30_000, 52), ("é", 30_000, 4), ("😀", 30_000, 4), ("@", 30_000, 4), ("日", 1_000_000, 2)],
)
def test_what_a_check_says_is_cut(github: GitHub, tmp_path: Path, character: str, length: int, count: int) -> None:
    """A message of any length, also about several lines, where there are no columns."""
    spans, text = [Span(1 + i, 3, 1 + i + i % 2, 9) for i in range(count)], character * length
    found = tuple(Finding("own.rule", "error", "x.yaml", span, text, text) for span in spans)
    report = Report((ExperimentReport("x", "x.yaml", (CheckResult("own", "failed", findings=found),)),))
    page = Page(report, (), Repository.load(FolderFiles(tmp_path), ()), HEAD)
    client = connect(github.token(), github.url, "acme/experiments", Patience(0))
    github.pull(7, HEAD, BASE)
    say(client, 7, BOT, "check", Source(HEAD, 1), lambda limit: fitted(page, limit))
    summary = fitted(page, check_run.LIMIT, lambda text: len(text.encode()))
    check_run.publish(client, HEAD, "1-1", report, text, summary, "")
    (comment,) = github.comments(7)
    for said in (comment["body"], summary):
        assert f"**❌ sameday: {count} problems to fix** in 1 experiment\n\nNext: fix what is marked" in said
    (shown,) = github.check_runs(HEAD)
    assert [(a["start_line"], a["start_column"]) for a in shown["annotations"]] == [
        (span.line, 3 if span.line == span.end_line else None) for span in spans
    ]
    assert all(a["message"].startswith(character * 15_000) for a in shown["annotations"])


def crowd(hosted: Hosted, count: int, first: str = "hello") -> list[str]:
    """Comments by somebody else."""
    for i in range(count):
        hosted.github.comment(7, "eve", first if i == 0 else f"thought {i}")
    return [c["body"] for c in hosted.github.comments(7) if c["user"]["login"] == "eve"]


@pytest.mark.parametrize("count", [99, 100, 101, 250])
def test_ours_is_found_on_a_later_page(hosted: Hosted, count: int) -> None:
    hosted.branch()
    hosted.write(BROKEN)
    hosted.proposed("opened")
    theirs = crowd(hosted, count)
    assert hosted.bot("pull_request", hosted.proposed("opened")).code == 1
    hosted.put()
    assert hosted.bot("pull_request", hosted.proposed()).code == 0
    (comment,) = hosted.ours()
    assert "ready to merge" in comment
    assert crowd(hosted, 0) == theirs


def test_a_marker_that_somebody_quotes_means_nothing(hosted: Hosted) -> None:
    opened(hosted, reco=BROKEN)
    (ours,) = hosted.ours()
    theirs = crowd(hosted, 2, ours)
    hosted.github.repository.comments = dict(reversed(hosted.github.repository.comments.items()))
    hosted.put()
    hosted.bot("pull_request", hosted.proposed())
    (comment,) = hosted.ours()
    assert "ready to merge" in comment
    assert sorted(crowd(hosted, 0)) == sorted(theirs)


def test_of_comments_of_ours_the_first_stays(hosted: Hosted) -> None:
    opened(hosted, reco=BROKEN)
    (ours,) = hosted.ours()
    (first,) = hosted.github.comments(7)
    for _ in range(2):
        hosted.github.comment(7, BOT, ours)
    other = hosted.github.comment(7, BOT, "a comment of another workflow")
    hosted.put()
    hosted.bot("pull_request", hosted.proposed())
    kept = hosted.github.comments(7)
    assert [comment["id"] for comment in kept] == [first["id"], other]
    assert "ready to merge" in kept[0]["body"]


def test_an_older_run_does_not_overwrite_a_newer_one(hosted: Hosted) -> None:
    hosted.branch()
    hosted.write(BROKEN)
    older = hosted.proposed()
    hosted.put()
    newer = hosted.proposed()
    hosted.run = 200
    assert hosted.bot("pull_request", newer).code == 0
    hosted.run = 150
    ran = hosted.bot("pull_request", older)
    assert (ran.code, ran.outputs["verdict"]) == (1, "failed")
    (comment,) = hosted.ours()
    assert "ready to merge" in comment


def test_an_older_run_for_the_same_commit_may(hosted: Hosted) -> None:
    hosted.branch()
    hosted.put(inputs={"logs": {"table": "main.late"}})
    hosted.run = 200
    assert hosted.bot("pull_request", hosted.proposed()).code == 1
    warehouse = hosted.repo.root / ".sameday" / "warehouse"
    (warehouse / "main.late.parquet").write_bytes((warehouse / "main.old.parquet").read_bytes())
    hosted.run = 150
    assert hosted.bot("pull_request", hosted.proposed()).code == 0
    (comment,) = hosted.ours()
    assert "ready to merge" in comment


def test_what_says_the_same_is_not_written_again(hosted: Hosted) -> None:
    first = opened(hosted, reco=BROKEN)
    before = hosted.github.comments(7), hosted.github.review_comments(7)
    hosted.now += 60
    again = hosted.bot("pull_request", hosted.proposed("opened"), again=True)
    assert (again.code, again.summary) == (first.code, first.summary)
    assert (hosted.github.comments(7), hosted.github.review_comments(7)) == before
    assert len(annotated(hosted)) == 1


@pytest.mark.parametrize("text", [b'{"id": 1, "bo', b"[", b"\xff\xfe", b""])
def test_half_an_answer_is_none(text: bytes) -> None:
    """A proxy may end in the middle of one."""
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n" + text
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(5):
                line, _ = server.accept()
                with line:
                    line.recv(65_536)
                    line.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        client = connect("t", f"http://127.0.0.1:{server.getsockname()[1]}", "a/b", Patience(100, sleep=lambda _: None))
        with pytest.raises(Unreachable, match="the answer was no JSON"):
            client.get("pulls/1")
        thread.join()
