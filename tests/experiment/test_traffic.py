"""Who may see an experiment: what a file may say of it, and what is said of what it may not."""

from __future__ import annotations

import pytest

from bot.experiment.load import load

HEAD = """\
name: me
jobs: [{name: j, command: x}]
serving:
  kind: ab
  arms: [{name: old, control: true, table: t1}, {name: new, table: t2}]
  period: {start: 2026-11-30, end: 2026-12-21}
"""
AA = HEAD.replace("kind: ab", "kind: aa")
SHARED = AA.replace("table: t2", "table: t1")

# The seventh line of a file, and what is said of it: rule, column, message, hint.
FAULTS = {
    "  surfaces: []": ("wrong-value", 13, "serving.surfaces should not be empty", ""),
    "  surfaces: [{channel: web}]": (
        "wrong-value", 24, "serving.surfaces.0.channel should be 'api', 'push' or 'mail', not 'web'", ""),
    "  surfaces: [{placement: home}]": ("missing-key", 15, "the key 'channel' is missing", "add `channel:` here"),
    "  surfaces: [{channel: api, platforms: [iOS]}]": (
        "wrong-value", 41, "serving.surfaces.0.platforms.0 should be 'web', 'ios' or 'android', not 'iOS'",
        "did you mean 'ios'?"),
    "  conditions: {country: [JP]}": (
        "unknown-key", 16, "unknown key 'country'", "known here: after, countries, min_app_version, users"),
    "  conditions: {countries: []}": ("wrong-value", 27, "serving.conditions.countries should not be empty", ""),
    "  conditions: {countries: [jp]}": (
        "wrong-value", 28,
        "serving.conditions.countries.0 is 'jp', but should be two capital letters such as JP", ""),
    "  conditions: {countries: JP}": (
        "wrong-type", 27, "serving.conditions.countries should be a list, not 'JP'", "write a list: [JP]"),
    "  conditions: {min_app_version: {ios: 5.x}}": (
        "wrong-value", 39,
        "serving.conditions.min_app_version.ios should be a version such as 5.2.0, not '5.x'", ""),
    "  conditions: {min_app_version: {ios: 5.2}}": (
        "wrong-value", 39, "serving.conditions.min_app_version.ios should be a version such as 5.2.0, not 5.2", ""),
    "  conditions: {min_app_version: {ios: 5.02.0}}": (
        "wrong-value", 39,
        "serving.conditions.min_app_version.ios should be a version such as 5.2.0, not '5.02.0'", ""),
    "  conditions: {min_app_version: {web: 5.2.0}}": (
        "unknown-key", 34, "unknown key 'web'", "known here: android, ios"),
    "  conditions: {users: new}": (
        "wrong-type", 23, "serving.conditions.users should be a mapping of keys to values, not 'new'", ""),
    "  conditions: {users: {signed_up_after: start - 30}}": (
        "wrong-value", 41,
        "serving.conditions.users.signed_up_after should be a date such as 2026-11-30, or days before the test as in "
        "start - 30d, not 'start - 30'", ""),
    "  conditions: {users: {signed_up_after: 2026-02-30}}": (
        "wrong-value", 41,
        "serving.conditions.users.signed_up_after should be a date such as 2026-11-30, or days before the test as in "
        "start - 30d, not '2026-02-30'", ""),
    "  conditions: {users: {signed_up_after: 2026-11-02, signed_up_before: 2026-11-02}}": (
        "conflict", 71, "nobody signed up from 2026-11-02 on and before 2026-11-02", "name a later day"),
    "  conditions: {after: {experiment: me}}": (
        "conflict", 36, "an experiment cannot come after itself", "name another one"),
    "  surfaces: [{channel: api, platforms: [web]}]\n  conditions: {min_app_version: {ios: 5.2.0}}": (
        "conflict", 34, "no surface is on ios", "add it to `platforms`"),
    "  phase: 0": ("wrong-value", 10, "serving.phase is 0, but should be at least 1", ""),
    "  testers: is_staff": (
        "wrong-type", 12, "serving.testers should be a mapping of keys to values, not 'is_staff'", ""),
    "  testers: {}": ("missing-key", 12, "the key 'attribute' is missing", "add `attribute:` here"),
    "  testers: {attribute: isStaff}": (
        "wrong-value", 24,
        "serving.testers.attribute is 'isStaff', but may hold only lower-case letters, digits and _, and begin with a "
        "letter", "did you mean 'is_staff'?"),
    "  slots: {start: 5000, end: 5000}": (
        "conflict", 3, "the slots 5000 to 5000 hold nobody", "end must be larger"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "wanted"), FAULTS.items())
def test_what_a_file_may_not_say(line: str, wanted: tuple[str, int, str, str]) -> None:
    experiment = load("x.yaml", f"{HEAD}{line}\n".encode())
    (problem,) = experiment.problems
    span = experiment.tree.span(problem.route, problem.on)
    assert (problem.rule, span.column, problem.message, problem.hint) == wanted
    assert span.line == 6 + len(line.splitlines())


def test_days_before_a_start_need_a_period() -> None:
    serving = "serving: {kind: all, arm: {name: a, table: t}, conditions: {users: {signed_up_after: start - 30d}}}\n"
    (problem,) = load("x.yaml", f"name: me\njobs: [{{name: j, command: x}}]\n{serving}".encode()).problems
    assert problem.message == "there is no `period`, whose start this counts from"


def test_an_aa_test_has_one_table() -> None:
    assert load("x.yaml", SHARED.encode()).problems == ()
    (problem,) = load("x.yaml", AA.encode()).problems
    assert (problem.route, problem.message) == (
        ("serving", "arms", 1, "table"), "the arms of an A/A test serve one table, and this is 't2'",
    )  # fmt: skip


def test_an_aa_test_is_a_split_like_any_other() -> None:
    text = SHARED.replace("  period: {start: 2026-11-30, end: 2026-12-21}\n", "").replace(", control: true", "")
    said = [problem.message for problem in load("x.yaml", text.encode()).problems]
    assert said == ["an A/A test needs its `period`", "no arm is the control"]


def test_a_hundred_arms() -> None:
    arms = ", ".join(f"{{name: a{i}, table: t{i}}}" for i in range(99))
    text = HEAD.replace("{name: new, table: t2}", arms)
    assert [problem.message for problem in load("x.yaml", text.encode()).problems] == [
        "serving.arms should have at most 20 entries"
    ]


def test_the_names_of_a_testers_variants_are_the_flags_own() -> None:
    (problem,) = load("x.yaml", HEAD.replace("name: new", "name: new--tester").encode()).problems
    assert (problem.rule, problem.route) == ("name", ("serving", "arms", 1, "name"))


ALL = """\
  surfaces: [{channel: api, placement: home, platforms: [web, ios]}, {channel: push}, {channel: mail}]
  conditions:
    users: {signed_up_after: start - 30d, signed_up_before: start}
    countries: [JP, TW]
    min_app_version: {ios: 5.2.0, android: 10.0.1}
    after: {experiment: als-v3}
  testers: {attribute: is_staff}
  hypothesis: Newer jobs first, more applications.
  phase: 2
  layer: home
"""


def test_all_at_once() -> None:
    serving = load("x.yaml", f"{HEAD}{ALL}".encode()).spec.serving
    assert serving is not None
    assert serving.surface_names == {"api", "home", "push", "mail"}
    assert (serving.phase, serving.is_test) == (2, True)
