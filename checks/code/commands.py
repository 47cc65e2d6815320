"""Variables in commands: which ones a job finds, and what looks like one to people."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.check import Experiment, Problem, Route
from bot.document.nearest import nearest
from bot.experiment.model import Job, Spec
from bot.settings import Settings

ALWAYS = ("SAMEDAY_DATA_DATE", "SAMEDAY_EXPERIMENT", "SAMEDAY_NODE", "SAMEDAY_RUN")
SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "env")
DATES = ("date", "data_date", "ds", "day", "run_date", "execution_date", "dt", "DATE", "DATA_DATE")
RUNS = ("run", "run_id", "run_name")
_NAME = re.compile(r"\bSAMEDAY_[A-Z0-9_]*[A-Z0-9]\b(?!_)")
_SET = re.compile(r"\b(SAMEDAY_[A-Z0-9_]+)(?:=|:?[-=+?])")
_DOLLAR = re.compile(r"\$\{?(SAMEDAY_[A-Z0-9_]+)")
_HOLE = re.compile(rf"(?<![\w$}}{{])(?:\{{\{{ ?({'|'.join(DATES + RUNS)}) ?\}}\}}|\{{({'|'.join(DATES + RUNS)})\}})")
_FILLS = re.compile(r"""\bf["']|\.format\(|\.substitute\(|jinja""")  # code that fills such holes itself


def check(experiment: Experiment, settings: Settings) -> Iterator[Problem]:
    """Every name in a command that stands for nothing."""
    for i, job in enumerate(experiment.spec.jobs):
        known = variables(experiment.spec, job, settings)
        for route, text in texts(i, job):
            yield from _unknown(route, text, known)
            yield from _holes(route, text, shell=job.commands is None)
        if job.commands is not None and job.commands and job.commands[0].rpartition("/")[2] not in SHELLS:
            yield from _unfilled(i, job.commands, known)


def texts(i: int, job: Job) -> Iterator[tuple[Route, str]]:
    """The words of a job's command, each with its route."""
    if job.commands is None:
        yield ("jobs", i, "command"), job.command or ""
    else:
        yield from ((("jobs", i, "commands", n), word) for n, word in enumerate(job.commands))


def variables(spec: Spec, job: Job, settings: Settings) -> frozenset[str]:
    """What the job finds in its environment and what its repo adds, as far as the names begin like ours."""
    repo = settings.repo(job.option.get("repo"))
    inputs = (f"SAMEDAY_INPUT_{name.upper()}" for name in spec.inputs)
    outputs = (f"SAMEDAY_OUTPUT_{name.upper()}" for name in spec.outputs)
    return frozenset((*ALWAYS, *inputs, *outputs, *repo.environment, *repo.secrets))


def _unknown(route: Route, text: str, known: frozenset[str]) -> Iterator[Problem]:
    its_own = set(_SET.findall(text))
    for name in dict.fromkeys(_NAME.findall(text)):
        if name in known or name in its_own:
            continue
        close = nearest(name, sorted(known)) or _meant(name, known)
        ours = sorted(one for one in known if one.startswith("SAMEDAY_"))
        hint = f"did you mean {close}?" if close else f"there are {', '.join(ours)}"
        fixed = re.sub(rf"\b{name}\b", close, text) if close else None
        yield Problem("unknown-variable", route, f"no job of this experiment finds {name}", hint, replace=fixed)


def _meant(name: str, known: frozenset[str]) -> str | None:
    """A name without its middle, as `SAMEDAY_SCORES` for `SAMEDAY_OUTPUT_SCORES`; `SAMEDAY_DATE`."""
    end = name.removeprefix("SAMEDAY_")
    if end in ("DATE", "DAY", "DS"):
        return "SAMEDAY_DATA_DATE"
    same = [one for one in sorted(known) if one.startswith("SAMEDAY_") and one.split("_", 2)[-1] == end]
    return same[0] if len(same) == 1 else None


def _holes(route: Route, text: str, *, shell: bool) -> Iterator[Problem]:
    if _FILLS.search(text):
        return
    for hole in _HOLE.finditer(text):
        variable = "SAMEDAY_RUN" if (hole[1] or hole[2]) in RUNS else "SAMEDAY_DATA_DATE"
        message = f"nothing fills in '{hole[0]}' in a command"
        if shell:
            fixed = _HOLE.sub(lambda one: f"${_variable(one)}", text)
            yield Problem("placeholder", route, message, f"did you mean ${variable}?", replace=fixed)
        else:
            yield Problem("placeholder", route, message, f"the program finds it in its environment: {variable}")
        return


def _variable(hole: re.Match[str]) -> str:
    return "{SAMEDAY_RUN}" if (hole[1] or hole[2]) in RUNS else "{SAMEDAY_DATA_DATE}"


def _unfilled(i: int, words: tuple[str, ...], known: frozenset[str]) -> Iterator[Problem]:
    for n, word in enumerate(words):
        found = _DOLLAR.search(word)
        if found and found[1] in known and word.startswith("$"):
            message = f"`commands` starts {words[0]} without a shell, so nothing gives {found[0]} a value"
            hint = "write it as one `command:`, or let the program read its environment"
            yield Problem("no-shell", ("jobs", i, "commands", n), message, hint)
            return
