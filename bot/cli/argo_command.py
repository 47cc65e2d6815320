"""A second opinion: what an installed `argo` says of the same files, and where it differs."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from bot.errors import Unreachable, UsageError
from bot.git import nearest
from bot.program import find
from bot.report.line import Line

SECONDS = 600
LINT = ("lint", "--offline", "--no-color", "--output", "simple")


def opinion(files: Sequence[str], given: Sequence[str], refused: Collection[str], path: str) -> list[Line]:
    """What Argo's own command says, beside the files that were refused here; raises UsageError if it is not installed.

    It is looked for on `path`, but not in the repository that the files may have come with.
    """
    command = find("argo", path, nearest(Path.cwd()) or Path.cwd())
    if command is None:
        raise UsageError("--second-opinion asks Argo's own command, and there is no `argo` on the PATH")
    refusals = _ask(command, [*files, *given])
    if refusals is None:  # one file that it cannot read at all ends its run
        refusals = {}
        for file in files:
            alone = _ask(command, [file, *given])
            refusals |= {file: "it cannot be read"} if alone is None else {f: m for f, m in alone.items() if f == file}
    return list(
        _compared(_run(command, "version", "--short").stdout.removeprefix("argo:").strip(), files, refusals, refused)
    )


def _ask(command: str, files: Sequence[str]) -> dict[str, str] | None:
    """What is wrong with each file that is refused; None if Argo gave up."""
    done = _run(command, *LINT, "--", *files)
    if any(line.startswith("Error:") for line in done.stderr.splitlines()):
        return None
    refusals: dict[str, str] = {}
    for line in done.stdout.splitlines():
        file = next((file for file in files if line.startswith(f"{file}: ")), None)
        if file is not None:
            refusals.setdefault(file, line.removeprefix(f"{file}: "))
    return refusals if refusals or done.returncode == 0 else dict.fromkeys(files, "there is nothing to lint in it")


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Unreachable(f"{words[0]} has not ended within {SECONDS} s") from None


def _compared(version: str, files: Sequence[str], refusals: dict[str, str], refused: Collection[str]) -> Iterator[Line]:
    differ = 0
    for file in files:
        if (file in refusals) != (file in refused):
            differ += 1
            what = f"argo refuses it: {refusals[file]}" if file in refusals else "argo takes it, sameday does not"
            yield Line(f"{file}: {what}", "warning")
    count = f"{len(files):,} file{'s' if len(files) != 1 else ''}"
    verdict = f"they differ on {differ}" if differ else "they agree"
    yield Line(f"a second opinion, of argo {version}, on {count}: {verdict}", "warning" if differ else "good")
