"""Settings that cannot be used stop the command line with exit code 2, a line per fault, and nothing else."""

from __future__ import annotations

import pytest

from bot.settings import load
from tests.conftest import Repo

SOUND = "name: a\njobs: [{name: j, command: x}]\n"
UNKNOWN = "which is not known;"
DURATION = "a duration such as 30m, 26h or 14d, of at most ten years"

REFUSED = {
    "rules: {dag.cicle: off}": [f"the settings' `rules` name 'dag.cicle', {UNKNOWN} did you mean 'dag.cycle'?"],
    "rules: {dag: off}": [f"the settings' `rules` name 'dag', {UNKNOWN}"],
    "ignorable: [cycle]": [f"the settings' `ignorable` name 'cycle', {UNKNOWN}"],
    "ignorable: [traffic.running-test]": [
        "the settings' `ignorable` name 'traffic.running-test', which no file may ignore"],
    "unreachable: {warehouse: warn}": [f"the settings' `unreachable` name 'warehouse', {UNKNOWN}"],
    "plugins: [acme]": ["the settings name the plugin 'acme', but no installed package provides it"],
    "plugins: [dag]": ["the plugin 'dag' has the name of a built-in check"],
    "stores: {a: {path: x/../b.sqlite}, c: {kind: sqlite, path: ./b.sqlite}}": [
        "{file}:1:36: error stores.c and stores.a are both the file b.sqlite"],
    "stores: {a: {kind: postgresql}, c: {kind: postgresql, state_schema: other}}": [
        "{file}:1:33: error stores.c and stores.a are both the schema public of the database at SAMEDAY"],
    "enigne: {}\nlimits: {check: soon}": [
        "{file}:1:1: error unknown key 'enigne' (did you mean 'engine'?)",
        "{file}:2:17: error limits.check should be DURATION, not 'soon'".replace("DURATION", DURATION)],
    '"\\e[31mred\\n": 1\n"\\e[31mred\\n": 2': [
        "{file}:2:1: error duplicate key 'red ' (keep one of them)",
        "{file}:1:1: error unknown key '\\x1b[31mred\\n' (known here: engine, …)"],
    "limits: {check: \x1b[31m}": ["{file}:1:17: error the character U+001B may not stand in YAML"],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("text", "wanted"), REFUSED.items())
def test_refused(repo: Repo, text: str, wanted: list[str]) -> None:
    repo.write("sameday.yaml", text)
    repo.write("experiments/a.yaml", SOUND)
    said = repo.sameday("check", "--offline", "--format", "json")
    assert (said.code, said.out) == (2, "")
    lines = said.err.splitlines()
    assert len(lines) == len(wanted)
    for line, start in zip(lines, wanted, strict=True):
        assert line.isprintable()
        assert line.startswith("sameday: " + start.format(file=repo.root / "sameday.yaml").partition("(known")[0])


def test_a_pull_request_is_checked_by_the_settings_of_its_base(repo: Repo) -> None:
    """It cannot switch off its own checks, and what is wrong with its own copy is said all the same."""
    repo.write("sameday.yaml", "rules: {dag.self: error}\n")
    repo.commit()
    repo.git("checkout", "-q", "-b", "mine")
    repo.write("sameday.yaml", "rules: {dag.self: off, nope: off}\nlimts: {}\n")
    repo.write("experiments/a.yaml", "name: a\njobs: [{name: j, command: x, dependencies: [j]}]\n")
    repo.commit()
    said = repo.sameday("check", "--offline", "--base", "main")
    assert said.code == 1
    assert "experiments/a.yaml:2:45: error [dag.self]" in said.out
    assert "sameday.yaml:2:1: error unknown key 'limts'" in said.out + said.err


def test_settings_that_are_wrong_on_the_head_alone_do_not_pass(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "mine")
    repo.write("sameday.yaml", "limts: {}\n")
    repo.commit()
    said = repo.sameday("check", "--offline", "--base", "main")
    assert said.code == 2
    assert "sameday.yaml:1:1: error unknown key 'limts'" in said.out + said.err


def test_settings_that_are_a_link_out_of_the_repository_are_not_shown(repo: Repo) -> None:
    """A pull request cannot make a message repeat a file of the machine."""
    (repo.root.parent / "secret").write_text("hunter2\n")
    (repo.root / "sameday.yaml").unlink()
    (repo.root / "sameday.yaml").symlink_to("../secret")
    for words in (("--base", "main"), ()):
        said = repo.sameday("check", "--offline", *words)
        assert said.code == 2
        assert "sameday.yaml: cannot be read: this is a link to ../secret; put the file itself here" in said.err
        assert "hunter2" not in said.out + said.err


def test_an_environment_that_is_not_declared_is_not_released_to(repo: Repo) -> None:
    settings = (repo.root / "sameday.yaml").read_text()
    repo.write("sameday.yaml", settings + "environments: {staging: {limits: {check: 5s}}}\n")
    repo.commit()
    said = repo.sameday("release", "--env", "stagign")
    assert said.code == 2
    assert "there is no environment 'stagign' (did you mean 'staging'?)" in said.err
    assert repo.sameday("release", "--env", "staging").code == 0
    assert repo.sameday("release").code == 0


@pytest.mark.parametrize(
    ("store", "message"),
    [
        ("{kind: postgre}", "stores.serving.kind should be 'sqlite' or 'postgresql', not 'postgre'"),
        ("{kind: postgresql, dns: X}", "unknown key 'dns'"),
        ("{kind: sqlite, dsn: X}", "unknown key 'dsn'"),
        ("{path: 3}", "stores.serving.path should be text"),
        ("3", "stores.serving should be a mapping of keys to values, not 3"),
        (
            "{kind: postgresql, dsn: 'postgres://a:secret@db'}",
            "stores.serving.dsn should be the name of an environment",
        ),
    ],
)
def test_a_store_of_another_kind(store: str, message: str) -> None:
    faults = load(f"stores: {{serving: {store}}}\n".encode(), "check").faults
    assert [fault.message for fault in faults if message in fault.message]
    assert [fault.span.line for fault in faults] == [1]
    assert "secret" not in str(faults)


def test_the_keys_that_a_kind_knows_are_named() -> None:
    (fault,) = load(b"stores: {serving: {kind: postgresql, dns: X}}\n", "check").faults
    assert fault.hint in ("did you mean 'dsn'?", "known here: dsn, kind, schema_name, state_schema")
