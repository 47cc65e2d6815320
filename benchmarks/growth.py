"""How CPU seconds grow with experiments, findings and history: three sizes, each ten times the last, and the exponent.

An exponent of 1 is a cost for each; above 1.1 something is compared with everything. Start-up counts for none of it.
"""

from __future__ import annotations

import math
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from common import git, repository
from scale import SAMEDAY, cost

RUNS = 3
LIMIT = 1.1
FLAT = 0.1  # seconds: less than noise
PLAIN = "name: e{0}\njobs: [{{name: j, command: 'true'}}]\n"
SERVED = (
    "outputs: {{o: {{table: main.t{0}, job: j, columns: {{a: STRING}}, sync: {{store: serving, table: t{0}}}}}}}\n"
    "serving: {{kind: all, arm: {{name: x, output: o}}}}\n"
)


def row(title: str, sizes: Sequence[int], make: Callable[[int], Callable[[], float]]) -> None:
    """Print what each size takes; of a + b n^p with n, 10 n and 100 n, the differences give p."""
    seconds = []
    for size in sizes:
        measured = make(size)
        measured()
        seconds.append(min(measured() for _ in range(RUNS)))
    first, second, third = seconds
    grown, before = third - first, second - first
    exponent = math.log10(max(grown / max(before, FLAT / 2) - 1, 1)) if grown > FLAT else 0.0
    each = "   ".join(f"{size:,}: {one:.2f} s" for size, one in zip(sizes, seconds, strict=True))
    print(f"{'kept  ' if exponent <= LIMIT else 'BROKEN'} {title:34} {each}   exponent {exponent:.2f}", flush=True)


def command(root: Path, *words: str, codes: Sequence[int] = (0,)) -> Callable[[], float]:
    """What a command takes."""
    return lambda: cost(root, SAMEDAY, *words, codes=codes).seconds


def many(folder: Path, count: int, text: str) -> Path:
    """A repository of so many experiments, one of them changed on its branch; made once."""
    root = folder / f"{count}-{len(text)}"
    if not root.exists():
        repository(root, {f"experiments/e{i}.yaml": text.format(i) for i in range(count)})
        git(root, "checkout", "-q", "-b", "topic")
        (root / "experiments" / "e0.yaml").write_text(text.format(0) + "# changed\n", encoding="utf-8")
        git(root, "commit", "-q", "-a", "-m", "one")
    return root


def released(folder: Path, count: int) -> Path:
    """The same with all of them live: the first release takes what it finds, and then each is asked for."""
    root = many(folder, count, PLAIN)
    if not (root / ".sameday").exists():
        names = [word for i in range(count) for word in ("--experiment", f"e{i}")]
        for words in ((), names):
            subprocess.run([SAMEDAY, "release", *words], cwd=root, check=True, stdout=subprocess.DEVNULL)
    return root


def wrong(folder: Path, count: int) -> Path:
    """A repository with so many findings in one file."""
    root = folder / f"wrong-{count}"
    jobs = "".join(f"  - {{name: j{i}, command: x, dependencies: [gone{i}]}}\n" for i in range(count))
    return repository(root, {"experiments/e.yaml": f"name: e\njobs:\n{jobs}"})


def old(folder: Path, count: int) -> Path:
    """A branch of so many commits, each of which changes one of ten experiments."""
    root = many(folder / "old" / str(count), 10, PLAIN)
    stream = []
    for i in range(count):
        text = PLAIN.format(i % 10) + f"# {i}\n"
        stream.append(f"commit refs/heads/topic\ncommitter b <b@localhost> {1_700_000_000 + i} +0000\ndata 1\nx\n")
        stream.append("from refs/heads/topic^0\n" if i == 0 else "")
        stream.append(f"M 100644 inline experiments/e{i % 10}.yaml\ndata {len(text)}\n{text}\n")
    words = ["git", "-C", str(root), "fast-import", "--quiet", "--force"]
    subprocess.run(words, input="".join(stream), text=True, check=True)
    git(root, "reset", "-q", "--hard")
    return root


def main() -> None:
    """Print every row: first what takes minutes, since releases run jobs."""
    with tempfile.TemporaryDirectory() as name:
        folder, most, few = Path(name), (100, 1_000, 10_000), (4, 40, 400)
        row("release with nothing to do", few, lambda n: command(released(folder, n), "release"))
        row("status", few, lambda n: command(released(folder, n), "status"))
        row("check of all, offline", most, lambda n: command(many(folder, n, PLAIN + SERVED), "check", "--offline"))
        row("plan of all", most, lambda n: command(many(folder, n, PLAIN + SERVED), "plan"))
        row(
            "plan of one that is changed",
            most,
            lambda n: command(many(folder, n, PLAIN + SERVED), "plan", "--base", "main"),
        )
        faults = ("check", "--offline", "--format")
        row("findings of a file", most, lambda n: command(wrong(folder, n), *faults, "json", codes=(1,)))
        row("findings in a comment", most, lambda n: command(folder / f"wrong-{n}", *faults, "markdown", codes=(1,)))
        row("commits since the base", most, lambda n: command(old(folder, n), "check", "--offline", "--base", "main"))


if __name__ == "__main__":
    main()
