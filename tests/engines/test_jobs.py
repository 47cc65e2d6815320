"""What one job sees, what is kept of it, and how it is stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bot.engines.local.folder import LOG_TAIL
from bot.experiment.model import Output
from bot.ports import Read, Run
from bot.settings.kinds import FolderWarehouse
from tests.conftest import Repo
from tests.engines.conftest import Bench

OF_THE_SHELL = {"PWD", "OLDPWD", "SHLVL", "_"}


def seen(lines: list[str]) -> dict[str, str]:
    """An environment as `env` prints it."""
    return dict(line.split("=", 1) for line in lines)


def test_environment_is_what_was_declared(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "a secret of ours")
    warehouse = FolderWarehouse(path="/data")
    work = bench.work(bench.step("job", "env > job.env", REGION="tokyo")).model_copy(
        update={
            "inputs": {"users": Read(table="logs.users", address="/data/logs.users.parquet")},
            "outputs": {"scores": Output(table="reco.v4", job="job", columns={"user_id": "STRING"})},
            "backends": {"warehouse": warehouse.model_dump(mode="json")},
        }
    )
    assert bench.finish(work).state == "succeeded"
    found = seen(bench.marks("job.env"))
    assert {name: value for name, value in found.items() if name not in OF_THE_SHELL} == {
        "PATH": bench.engine.environment["PATH"],
        "REGION": "tokyo",
        "SAMEDAY_EXPERIMENT": "demo",
        "SAMEDAY_NODE": str(bench.engine.path / "runs" / work.run / "nodes" / "job.lock"),
        "SAMEDAY_RUN": "demo-0badcafe-20261123",
        "SAMEDAY_DATA_DATE": "2026-11-23",
        "SAMEDAY_INPUT_USERS": "/data/logs.users.parquet",
        "SAMEDAY_OUTPUT_SCORES": "/data/reco.v4__0badcafe_20261123.parquet",
    }


def test_own_tasks_follow_the_jobs_and_are_told_our_environment(
    bench: Bench, states: Callable[[Run], dict[str, str]]
) -> None:
    bench.engine.own = b'{"SERVING_DSN": "a secret of ours"}\n'
    output = {"table": "reco.v4", "job": "job", "columns": {"user_id": "STRING"}}
    work = bench.work(bench.marking("job"), attempt=2).model_copy(
        update={
            "inputs": {"users": Read(table="logs.users", address="logs.users")},
            "outputs": {"scores": Output.model_validate({**output, "sync": {"store": "serving", "table": "v4"}})},
        }
    )
    run = bench.finish(work)
    assert list(states(run)) == ["sameday-begin", "job", "sameday-verify", "sameday-keep", "sameday-put"]
    assert run.state == "succeeded"
    for tasks in (["begin"], ["verify", "keep", "put"]):
        (words,) = bench.marks(f"task-{tasks[0]}.words")
        said = words.split()
        assert said[: len(tasks)] == tasks
        assert " --date 2026-11-23 --attempt 2" in words
        assert json.loads(Path(said[said.index("--work") + 1]).read_text())["experiment"] == "demo"
        assert bench.marks(f"task-{tasks[0]}.told") == ['{"SERVING_DSN": "a secret of ours"}']
        assert "SERVING_DSN" not in seen(bench.marks(f"task-{tasks[0]}.env"))


@pytest.mark.parametrize(
    ("last", "code", "expected"),
    [
        ("put", 0, ["succeeded", "succeeded", "succeeded"]),
        ("put", 1, ["succeeded", "succeeded", "failed"]),
        ("keep", 1, ["succeeded", "failed", "omitted"]),
        ("verify", 1, ["failed", "omitted", "omitted"]),
    ],
)
def test_tasks_share_a_process_and_fail_by_themselves(
    bench: Bench, states: Callable[[Run], dict[str, str]], last: str, code: int, expected: list[str]
) -> None:
    upto = {"verify": 1, "keep": 2, "put": 3}[last]
    headings = "; ".join(f"echo == {task}; echo did {task}" for task in ("verify", "keep", "put")[:upto])
    script = f'[ "$1" = begin ] && exit; {headings}; exit {code}'
    bench.engine.task = ("sh", "-c", script, "task")
    output = {"table": "reco.v4", "job": "job", "columns": {"user_id": "STRING"}}
    outputs = {"scores": Output.model_validate({**output, "sync": {"store": "serving", "table": "v4"}})}
    work = bench.work(bench.step("job", "true")).model_copy(update={"outputs": outputs})
    run = bench.finish(work)
    found = states(run)
    assert [found[f"sameday-{task}"] for task in ("verify", "keep", "put")] == expected
    assert [node.log for node in run.failures] == [bench.log(work, "sameday-verify").decode()] * (code != 0)


def test_nothing_is_started_where_the_first_task_says_so(bench: Bench, states: Callable[[Run], dict[str, str]]) -> None:
    bench.engine.task = ("sh", "-c", 'while [ "$1" != --go-to ]; do shift; done; printf no > "$2"', "task")
    output = Output(table="reco.v4", job="job", columns={"user_id": "STRING"})
    run = bench.finish(bench.work(bench.marking("job")).model_copy(update={"outputs": {"scores": output}}))
    assert (run.state, bench.marks()) == ("succeeded", [])
    others = dict.fromkeys(("job", "sameday-verify", "sameday-put"), "omitted")
    assert states(run) == {"sameday-begin": "succeeded", **others}


def test_output_is_kept_per_job(bench: Bench) -> None:
    work = bench.work(bench.step("one", "echo out; echo err >&2"), bench.step("two", "printf '\\377\\000'"))
    assert bench.finish(work).state == "succeeded"
    assert (bench.log(work, "one"), bench.log(work, "two")) == (b"out\nerr\n", b"\xff\x00")


def test_end_of_a_huge_binary_output(bench: Bench) -> None:
    work = bench.work(bench.step("noisy", "head -c 10485760 /dev/urandom; echo; echo the end; exit 1"))
    (failed,) = bench.finish(work).failures
    assert len(failed.log) <= LOG_TAIL
    assert failed.log.endswith("\nthe end\n")
    assert failed.log.encode()
    assert len(bench.log(work, "noisy")) == 10_485_760 + len("\nthe end\n")


EXPERIMENT = """\
name: garbage
jobs:
  - name: noisy
    command: printf '\\033]0;title\\007\\033[31mred\\000\\377\\n::error::planted\\n'; exit 1
"""


def test_binary_output_reaches_no_terminal(repo: Repo) -> None:
    repo.write("experiments/garbage.yaml", EXPERIMENT)
    repo.commit()
    said = repo.sameday("run", "garbage", "--unreleased", "--date", "2026-11-23")
    assert said.code == 1
    shown = said.out + said.err
    assert "red" in shown
    assert not set(map(chr, [*range(9), *range(11, 32), 127])) & set(shown)
    assert not any(line.startswith("::") for line in shown.splitlines())


STUBBORN = "trap '' TERM; echo $$ > {name}.pid; while :; do sleep 0.1; done"


def gone(bench: Bench, name: str) -> bool:
    """Whether a job's process is there no more."""
    return not bench.lives(bench.pid(name))


@pytest.mark.slow
def test_time_limit_ends_the_whole_group(bench: Bench) -> None:
    child = STUBBORN.format(name="child")
    work = bench.work(
        bench.step("parent", f'sh -c "{child.replace("$", chr(92) + "$")}" & wait', timeout=2),
        bench.step("stubborn", STUBBORN.format(name="stubborn"), timeout=2),
        bench.marking("after", "stubborn"),
    )
    run = bench.finish(work)
    assert {node.name: node.reason for node in run.failures} == {
        "parent": "stopped after its limit of 2 s", "stubborn": "stopped after its limit of 2 s",
    }  # fmt: skip
    assert not bench.marks()
    for name in ("child", "stubborn"):
        bench.until(partial(gone, bench, name))
