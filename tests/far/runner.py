"""A small runner for a composite action: its steps run in bash, as on GitHub, and what it does not know it refuses."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
OPERAND = re.compile(r"'[^']*'|[a-z_]+(?:\.[A-Za-z0-9_-]+)+")
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
INHERITED = re.compile(r"HOME|LANG|PATH|TMPDIR|(PIP|UV|SSL)_.*|.*_(proxy|PROXY)")


@dataclass
class Ran:
    """What came of one use of the action."""

    codes: dict[str, int] = field(default_factory=dict)
    """Exit codes by step."""
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the job would be red."""
        return any(self.codes.values())


def load(folder: Path = ROOT) -> dict[str, Any]:
    """The action in `folder`."""
    action = yaml.safe_load((folder / "action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    return dict(action)


def use(
    folder: Path, workspace: Path, temp: Path, inputs: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
) -> Ran:  # fmt: skip
    """Run the action that is in `folder` on what is checked out in `workspace`."""
    action, ran, given = load(folder), Ran(), dict(inputs or {})
    assert set(given) <= set(action["inputs"]), "undeclared inputs"
    known = {"github.token": "the-token"}
    for name, declared in action["inputs"].items():
        known[f"inputs.{name}"] = given.get(name, fill(declared["default"], known))
    job = {name: value for name, value in os.environ.items() if INHERITED.fullmatch(name)} | {
        "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(folder), "GITHUB_WORKSPACE": str(workspace),
        "RUNNER_TEMP": str(temp),
    } | dict(env or {})  # fmt: skip
    for number, step in enumerate(action["runs"]["steps"]):
        assert set(step) <= {"name", "id", "if", "shell", "env", "run"}, "keys that this runner does not know"
        if step.get("if") == "always()" or (not ran.failed and holds(step.get("if", "''==''"), known)):
            _step(step, number, known, job, ran, workspace, temp)
    ran.outputs = {name: fill(declared["value"], known) for name, declared in action["outputs"].items()}
    return ran


def _step(
    step: dict[str, Any], number: int, known: dict[str, str], job: dict[str, str], ran: Ran, workspace: Path, temp: Path
) -> None:
    own = temp / "_runner" / str(number)
    own.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (own / name).write_text("", encoding="utf-8")
    (own / "script.sh").write_text(step["run"], encoding="utf-8")
    env = job | {name: str(own / name) for name in FILES}
    env |= {name: fill(value, known) for name, value in step.get("env", {}).items()}
    done = subprocess.run(
        [*BASH, str(own / "script.sh")], cwd=workspace, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    ran.codes[step["id"]] = done.returncode
    ran.log += done.stdout.decode("utf-8", "replace")
    ran.summary += (own / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")
    for key, value in pairs((own / "GITHUB_OUTPUT").read_text(encoding="utf-8")).items():
        known[f"steps.{step['id']}.outputs.{key}"] = value
    job |= pairs((own / "GITHUB_ENV").read_text(encoding="utf-8"))
    assert not (own / "GITHUB_PATH").read_text(encoding="utf-8"), "the caller's PATH is the caller's"


def pairs(text: str) -> dict[str, str]:
    """What a step left in a file of outputs: `key=value` lines, and heredocs."""
    found, lines = {}, text.splitlines()
    while lines:
        key, sign, rest = _groups(r"([^=<]+)(=|<<)(.*)", lines.pop(0))
        if sign == "<<":
            end = lines.index(rest)
            rest, lines = "\n".join(lines[:end]), lines[end + 1 :]
        found[key] = rest
    return found


def _groups(pattern: str, text: str) -> tuple[str, ...]:
    found = re.fullmatch(pattern, text)
    if found is None:
        raise ValueError(f"this runner does not know {text!r}")
    return found.groups()


def fill(text: str, known: Mapping[str, str]) -> str:
    """The text with every expression replaced by its value."""
    return EXPRESSION.sub(lambda found: value(found[1], known), str(text))


def value(expression: str, known: Mapping[str, str]) -> str:
    """A name's value, or a quoted string; an output that no step wrote is empty, as on GitHub."""
    word = expression.strip()
    if not OPERAND.fullmatch(word):
        raise ValueError(f"this runner does not know the expression {word!r}")
    if word.startswith("'"):
        return word[1:-1]
    return known.get(word, "") if word.startswith("steps.") else known[word]


def holds(condition: str, known: Mapping[str, str]) -> bool:
    """Whether a step's `if` lets it run: one comparison, nothing else."""
    left, sign, right = _groups(r"(.+?)([!=]=)(.+)", condition)
    return (value(left, known) == value(right, known)) == (sign == "==")
