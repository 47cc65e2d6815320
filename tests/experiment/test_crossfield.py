"""Rules between fields: what is said, and where, also where other things are wrong."""

from __future__ import annotations

import pytest

from bot.experiment.load import load

HEAD = "name: me\njobs: [{name: j, command: x}]\n"
OUTPUT = "outputs:\n  o: {table: t, job: j, columns: {user: STRING, dt: DATE}, "
AB = "serving:\n  kind: ab\n  period: {start: 2026-01-01, end: 2026-02-01}\n  arms:\n"
CONTROL = "    - {name: old, control: true, table: t1}\n"
Place = tuple[str, int, int]

# The file, and every problem in it: rule, line, column.
FAULTS: dict[str, tuple[str, list[Place]]] = {
    "no jobs": ("name: me\njobs: []\n", [("wrong-value", 2, 7)]),
    "no command": ("name: me\njobs:\n  - name: j\n", [("missing-key", 3, 5)]),
    "both commands": ("name: me\njobs:\n  - {name: j, command: x, commands: [x]}\n", [("conflict", 3, 27)]),
    "no program": ("name: me\njobs:\n  - {name: j, commands: []}\n", [("wrong-value", 3, 25)]),
    "the bot's own names": ("name: me\njobs:\n  - {name: sameday-x, command: x}\n", [("name", 3, 12)]),
    "an input twice": (HEAD + "inputs:\n  a: {table: t, experiment: e, output: o}\n", [("conflict", 4, 3)]),
    "an input of nothing": (HEAD + "inputs:\n  a: {fresh_within: 1h}\n", [("missing-key", 4, 3)]),
    "half an input": (HEAD + "inputs:\n  a: {experiment: e}\n", [("missing-key", 4, 3)]),
    "another's partition": (
        HEAD + "inputs:\n  a: {experiment: e, output: o, partition: {column: dt}}\n", [("conflict", 4, 33)]),
    "its own reader": (HEAD + "inputs:\n  a: {experiment: me, output: o}\n", [("conflict", 4, 19)]),
    "an output of no job": (
        HEAD + "outputs:\n  o: {table: t, job: k, columns: {a: STRING}}\n", [("unknown-reference", 4, 22)]),
    "an output in the place of a run's own": (
        HEAD + "outputs:\n  o: {table: reco__0badcafe_20261101, job: j, columns: {a: STRING}}\n", [("name", 4, 14)]),
    "the same of a later attempt, in capitals": (
        HEAD + "outputs:\n  o: {table: p.d.reco__0BADCAFE_20261101_2, job: j, columns: {a: STRING}}\n",
        [("name", 4, 14)]),
    "a target in the place of a run's own": (
        HEAD + OUTPUT + "sync: {store: s, table: reco__0badcafe_20261101}}\n", [("name", 4, 84)]),
    "an arm of a run's own": (
        HEAD + AB + CONTROL + "    - {name: new, table: d.reco__0badcafe_20261101}\n", [("name", 8, 26)]),
    "an arm for all of a run's own": (
        HEAD + "serving:\n  kind: all\n  arm: {name: a, table: t__0badcafe_20261101}\n", [("name", 5, 25)]),
    "a fallback to a run's own": (
        HEAD + AB + CONTROL + "    - {name: new, table: t}\n  fallback: {table: t__0badcafe_20261101}\n",
        [("name", 9, 21)]),
    "no such key": (HEAD + OUTPUT + "key: [user, item]}\n", [("unknown-reference", 4, 72)]),
    "one key twice": (HEAD + OUTPUT + "key: [user, user]}\n", [("conflict", 4, 72)]),
    "no such partition": (HEAD + OUTPUT + "partition: {column: day}}\n", [("unknown-reference", 4, 80)]),
    "a partition by text": (HEAD + OUTPUT + "partition: {column: user}}\n", [("conflict", 4, 80)]),
    "no such share": (
        HEAD + OUTPUT + "expect: {max_null_share: {usr: 0}}}\n", [("unknown-reference", 4, 86)]),
    "columns alike": (
        HEAD + "outputs:\n  o: {table: t, job: j, columns: {a: STRING, A: STRING}}\n", [("conflict", 4, 46)]),
    "days without a partition": (HEAD + OUTPUT + "sync: {store: s, table: t, days: 7}}\n", [("conflict", 4, 87)]),
    "days that are not in the key": (
        HEAD + OUTPUT + "partition: {column: dt}, key: [user], sync: {store: s, table: t, days: 7}}\n",
        [("conflict", 4, 125)]),
    "arms for all": (
        HEAD + "serving:\n  kind: all\n  arms: [{name: a, table: t}]\n", [("conflict", 5, 3)]),
    "no arm for all": (HEAD + "serving:\n  kind: all\n", [("missing-key", 3, 1)]),
    "an arm for ab": (
        HEAD + AB + CONTROL + "    - {name: new, table: t}\n  arm: {name: a, table: t}\n", [("conflict", 9, 3)]),
    "one arm": (HEAD + AB + CONTROL, [("missing-key", 6, 3)]),
    "no period": (
        HEAD + "serving:\n  kind: ab\n  arms:\n" + CONTROL + "    - {name: new, table: t}\n", [("missing-key", 3, 1)]),
    "no end": (
        HEAD + AB.replace(", end: 2026-02-01", "") + CONTROL + "    - {name: new, table: t}\n",
        [("missing-key", 5, 3)]),
    "it ends before it begins": (
        HEAD + AB.replace("02-01", "01-01") + CONTROL + "    - {name: new, table: t}\n", [("conflict", 5, 36)]),
    "no control": (
        HEAD + AB + "    - {name: a, table: t}\n    - {name: b, table: u}\n", [("missing-key", 6, 3)]),
    "two controls": (HEAD + AB + CONTROL + "    - {name: b, table: u, control: true}\n", [("conflict", 8, 36)]),
    "arms of one name": (HEAD + AB + CONTROL + "    - {name: old, table: u}\n", [("conflict", 8, 14)]),
    "an arm of nothing": (HEAD + AB + CONTROL + "    - {name: new}\n", [("missing-key", 8, 8)]),
    "an arm of two things": (
        HEAD + OUTPUT + "key: [user]}\n" + AB + CONTROL + "    - {name: new, table: t, output: o}\n",
        [("conflict", 10, 19)]),
    "an arm of no output": (
        HEAD + OUTPUT + "key: [user]}\n" + AB + CONTROL + "    - {name: new, output: oo}\n",
        [("unknown-reference", 10, 27)]),
    "the flag's own name": (HEAD + AB + CONTROL + "    - {name: none, table: t}\n", [("name", 8, 14)]),
    "the flag's own ending": (HEAD + AB + CONTROL + "    - {name: a--fallback, table: t}\n", [("name", 8, 14)]),
    "slots for nobody": (
        HEAD + "serving:\n  kind: all\n  arm: {name: a, table: t}\n  slots: {start: 10, end: 10}\n",
        [("conflict", 6, 3)]),
    "a start behind the last slot": (
        HEAD + "serving:\n  kind: all\n  arm: {name: a, table: t}\n  slots: {start: 10000}\n", [("conflict", 6, 3)]),
    "beside a fault of the YAML's keys": (
        HEAD + "outputs:\n  o: {table: t, job: k, colums: {}, columns: {a: STRING}}\n",
        [("unknown-reference", 4, 22), ("unknown-key", 4, 25)]),
    "beside wrong types": (
        "name: me\njobs: [{name: [j], command: x}]\noutputs: {o: {table: 1, job: k, columns: {a: STRING}, key: b}}\n",
        [("wrong-type", 2, 9), ("wrong-type", 3, 22), ("unknown-reference", 3, 30), ("wrong-type", 3, 60)]),
}  # fmt: skip


@pytest.mark.parametrize(("source", "wanted"), FAULTS.values(), ids=FAULTS)
def test_fault(source: str, wanted: list[Place]) -> None:
    experiment = load("x.yaml", source.encode())
    spans = [(p.rule, experiment.tree.span(p.route, p.on)) for p in experiment.problems]
    assert sorted((rule, s.line, s.column) for rule, s in spans) == sorted(wanted)


SCHEDULES = {
    "0 4 * * *": "", "*/5 0-6 1,15 JAN-DEC MON-FRI": "", "0 0 * * 0": "", "0 4 1 1 *": "",
    "0 4 * *": "wrong number of fields", "0 4 * * * *": "has six fields; a schedule has none for seconds",
    "@daily": "is no five fields",
    "60 * * * *": "bad minute", "0 24 * * *": "bad hour", "0 4 0 * *": "bad day-of-month", "0 4 * 13 *": "bad month",
    "0 4 * * 8": "bad day-of-week", "0 4 * * 7": "which Argo does not know", "0 4 L * *": "which Argo does not know",
    "0 4 * * 1#2": "which Argo does not know", "0 4 * * FRI#1": "which Argo does not know",
    "0 0 30 2 *": "bad day-of-month",
    "": "wrong number of fields", "² * * * *": "bad minute", "\u0663 * * * *": "bad minute",
    "1" * 5000 + " * * * *": "cannot be read", "*/0 * * * *": "bad minute", "a b c d e": "bad minute",
}  # fmt: skip


@pytest.mark.parametrize(("cron", "words"), SCHEDULES.items(), ids=lambda text: str(text)[:30])
def test_schedule(cron: str, words: str) -> None:
    experiment = load("x.yaml", f'{HEAD}schedule: {{cron: "{cron}"}}\n'.encode())
    if not words:
        assert experiment.problems == ()
        return
    (problem,) = experiment.problems
    assert (problem.rule, problem.route) == ("wrong-value", ("schedule", "cron"))
    assert words in problem.message
    assert len(problem.message) < 200


SOUND = {
    "a partition in other letters": HEAD + OUTPUT.replace("DATE", "date") + "partition: {column: dt}}\n",
    "commands": "name: me\njobs: [{name: j, commands: [echo, 'a b']}]\n",
    "one for all": HEAD + "serving: {kind: all, arm: {name: a, table: t}}\n",
    "ab": HEAD + AB + CONTROL + "    - {name: new, table: t2}\n",
    "half of the slots": HEAD + "serving: {kind: all, arm: {name: a, table: t}, slots: {end: 5000}}\n",
}


@pytest.mark.parametrize("source", SOUND.values(), ids=SOUND)
def test_sound(source: str) -> None:
    assert load("x.yaml", source.encode()).problems == ()


@pytest.mark.parametrize(
    "table",
    ["reco__0badcafe", "reco__20261101", "reco_0badcafe_20261101", "t__0badcafe_20261101_x", "t__0badcaf_20261101"],
)
def test_a_name_that_no_run_gives_is_free(table: str) -> None:
    text = HEAD + f"outputs:\n  o: {{table: {table}, job: j, columns: {{a: STRING}}}}\n"
    assert load("x.yaml", text.encode()).problems == ()


def test_a_table_of_that_shape_may_be_read() -> None:
    """Strangers' tables are named so, too: a range of days, for one."""
    text = HEAD + "inputs:\n  a: {table: logs.events__20250101_20250131}\n"
    assert load("x.yaml", text.encode()).problems == ()
