"""Files made to take long: whatever is wrong many times over, loading stays a matter of seconds."""

from __future__ import annotations

import time

import pytest

from bot.experiment.load import load

HEAD = "name: a\njobs: [{name: j, command: x}]\n"
LONG = "x" * 300_000


def columns(count: int) -> str:
    return ", ".join(f"column_{i}: STRING" for i in range(count))


MANY = {
    "unknown columns": f"{HEAD}outputs: {{o: {{table: t, job: j, columns: {{{columns(5_000)}}}, key: "
    f"[{', '.join(f'colunm_{i}' for i in range(5_000))}]}}}}",
    "unknown jobs": "name: a\njobs:\n" + "".join(f"- {{name: job_{i}, command: x}}\n" for i in range(2_000))
    + "outputs:\n" + "".join(f"  o{i}: {{table: t, job: jbo-{i}, columns: {{c: DATE}}}}\n" for i in range(2_000)),
    "one column many times": f"{HEAD}outputs: {{o: {{table: t, job: j, columns: {{c: DATE}}, key: "
    f"[{'c,' * 60_000}]}}}}",
    "arms of one name": f"{HEAD}serving: {{kind: ab, arms: [{'{name: a},' * 30_000}]}}",
    "wrong jobs": f"name: a\njobs: [{'1,' * 60_000}]",
    "a long word many times": f"{HEAD}option: {{a: &a {LONG}}}\noutputs:\n"
    + "".join(f"  o{i}: {{job: *a, columns: {{}}}}\n" for i in range(5_000)),
    "a long key many times": f"name: &a {LONG}\njobs:\n" + "- {*a : 1}\n" * 5_000,
    "a long type many times": f"{HEAD}option: {{a: &a '{'STRUCT<a ' * 30_000}'}}\n"
    f"outputs: {{o: {{table: t, job: j, columns: {{{', '.join(f'c{i}: *a' for i in range(20_000))}}}}}}}",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("source", MANY.values(), ids=MANY)
def test_bounded(source: str) -> None:
    started = time.process_time()
    experiment = load("x.yaml", source.encode())
    assert time.process_time() - started < 15
    assert experiment.problems
    assert max(len(problem.message) for problem in experiment.problems) < 1_000
