"""Scripts that commands name: that they are there, and that a change of them is a change of the experiment."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from bot.check import Context, Experiment, Problem, Route
from bot.document.glob import matching
from bot.document.nearest import nearest
from bot.experiment.model import Job
from checks.code.commands import texts

_ENDINGS = "py|sh|bash|sql|R|r|ipynb|jl"
_SCRIPT = re.compile(rf"(?<![\w./$@:={{}}~*?-])(?:\./)?((?:[\w.-]+/)*[\w-][\w.-]*\.(?:{_ENDINGS}))(?![\w./*?-])")
_MODULE = re.compile(r"(?:\A|\s)-m\s+([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?=\s|\Z)")
_ELSEWHERE = re.compile(r"(?:\A|[\s;&(])(?:cd|pushd)\s")  # the paths after it start in another folder
MOST = 10  # scripts of one job that are looked at


def check(experiment: Experiment, context: Context) -> Iterator[Problem]:
    """Scripts that are not there, and those that no pattern names."""
    paths = context.repository.paths
    for i, job in enumerate(experiment.spec.jobs):
        noted: list[str] = []
        held = context.settings.repo(job.option.get("repo")).image is not None
        for route, path in _named(i, job):
            if not _there(paths, path):
                yield from _missing(route, path, job, paths)
            elif not held and path not in noted and not matching([path], experiment.spec.sources):
                noted.append(path)
                message = f"{path} is in no pattern of `sources`: a change of it is no change of this experiment"
                yield Problem("no-source", route, message, f"add it: `sources: [{path}]`, or a pattern for its folder")


def _named(i: int, job: Job) -> Iterator[tuple[Route, str]]:
    """The files that a job's command runs, as far as one can tell; each once."""
    seen: dict[str, Route] = {}
    whole = " ".join(job.commands) if job.commands is not None else job.command or ""
    if _ELSEWHERE.search(whole):
        return
    for route, text in texts(i, job):
        for found in _SCRIPT.finditer(text):
            seen.setdefault(found[1], route)
    for found in _MODULE.finditer(whole):
        seen.setdefault(found[1].replace(".", "/") + ".py", ("jobs", i, "commands" if job.commands else "command"))
    yield from ((route, path) for path, route in list(seen.items())[:MOST])


def _missing(route: Route, path: str, job: Job, paths: Sequence[str]) -> Iterator[Problem]:
    """A file that its folder does not have; of a folder that is not here nothing is known: an image may have it."""
    folder, slash, _ = path.rpartition("/")
    beside = _below(paths, folder + slash)
    close = nearest(path, [one for one in beside if "/" not in one[len(folder) + len(slash) :]])
    written = dict(texts(int(route[1]), job)).get(route, "")
    if close is None and (not slash or not beside or path not in written):
        return
    hint = f"did you mean {close}?" if close else f"the folder {folder} has no such file"
    fixed = written.replace(path, close) if close and path in written else None
    yield Problem("missing-script", route, f"{path} is not in the repository", hint, replace=fixed)


def _there(paths: Sequence[str], path: str) -> bool:
    at = bisect_left(paths, path)
    return at < len(paths) and paths[at] == path


def _below(paths: Sequence[str], prefix: str) -> Sequence[str]:
    """The paths that begin so; `paths` are in order."""
    return paths[bisect_left(paths, prefix) : bisect_left(paths, prefix + "\U0010ffff")]
