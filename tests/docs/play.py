"""Playing a page: its files are written and its commands run, in order, in one folder of its own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.blocks import ROOT, Block, blocks

IDENTITY = "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n"
SECONDS = 100
VARIES = [  # what is another at every run, and what stands for it
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d UTC"), "DAY TIME"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "DAY"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "COMMIT"),
    (re.compile(r"(?<=[-_])[0-9a-f]{8}([-_])\d{8}\b"), r"KEY\1DAY"),
    (re.compile(r"(?<=[-_])[0-9a-f]{8}\b"), "KEY"),
    (re.compile(r"\b\d+\.\d s\b"), "N s"),
    (re.compile(r"\b[0-9a-f]{7}\b(?=\])"), "COMMIT"),
]
BEGUN = re.compile(r" (running|started: .*)$")  # a node that is quick is only seen when it has ended


@dataclass
class Page:
    """A page that is played in a folder."""

    path: Path
    folder: Path
    update: bool = False
    env: Mapping[str, str] = field(default_factory=dict)

    def play(self, until: str = "") -> None:
        """Run every block that runs here, up to a heading; with `update`, write into the page what commands print."""
        document = self.path.read_text(encoding="utf-8")
        end = document.index(f"\n{until}") if until else len(document)
        changed: list[tuple[Block, str]] = []
        for block in blocks(document):
            if block.start < end and block.note != "elsewhere":
                shown = self.block(block)
                if shown != block.text:
                    changed.append((block, shown))
        if changed:
            self.path.write_text(written(document, changed), encoding="utf-8")

    def block(self, block: Block) -> str:
        """Play one block; returns the text that it should have."""
        where = f"{self.path.name}:{block.line}"
        if block.note == "file":
            place = self.folder / block.value
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.text, encoding="utf-8")
        elif block.note == "same":
            assert block.text == (ROOT / block.value).read_text(encoding="utf-8"), (
                f"{where}: differs from {block.value}"
            )
        elif block.language == "sh":
            said = self.run(block.text)
            assert said.returncode == 0, f"{where}: {said.stdout}"
        else:
            assert block.language == "console", f"{where}: say how this block is held"
            return self.console(block)
        return block.text

    def console(self, block: Block) -> str:
        """Run the block's commands; returns what it should show."""
        where, said = f"{self.path.name}:{block.line}", ""
        steps = commands(block.text)
        for number, (command, shown) in enumerate(steps, 1):
            done = self.run(command)
            code = int(block.value) if block.note == "exit" and number == len(steps) else 0
            assert done.returncode == code, f"{where}: {command}: exit code {done.returncode}\n{done.stdout}"
            if not alike(shown, done.stdout):
                assert self.update, f"{where}: {command}\nshows:\n{shown}\nprints:\n{done.stdout}"
                shown = done.stdout
            said += f"$ {command}\n{shown}"
        return said

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """As a person with the environment activated."""
        home = self.folder.parent / "home"
        if not home.exists():
            home.mkdir()
            (home / ".gitconfig").write_text(IDENTITY, encoding="utf-8")
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        env = {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8", **self.env}
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, env=env, text=True, timeout=SECONDS,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip


def commands(text: str) -> list[tuple[str, str]]:
    """Each command of a console, lines that a backslash joins included, and what it shows."""
    found: list[tuple[str, str]] = []
    joined = False
    for line in text.splitlines(keepends=True):
        if joined:
            command, _ = found.pop()
            found.append((f"{command}\n{line.rstrip()}", ""))
            joined = line.rstrip().endswith("\\")
        elif line.startswith("$ "):
            found.append((line[2:].rstrip("\n"), ""))
            joined = line.rstrip().endswith("\\")
        else:
            command, shown = found.pop()
            found.append((command, shown + line))
    return found


def alike(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed; a line `...` stands for any lines, and for none."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", plain(shown), flags=re.MULTILINE)]
    return re.fullmatch(r"(?:.*\n)*?".join(parts), plain(printed)) is not None


def plain(text: str) -> str:
    """Without what is another at every run."""
    for pattern, stands in VARIES:
        text = pattern.sub(stands, text)
    return "".join(line for line in text.splitlines(keepends=True) if not BEGUN.search(line.rstrip()))


def written(document: str, changed: list[tuple[Block, str]]) -> str:
    """The document with other texts in these blocks."""
    for block, text in reversed(changed):
        pad = " " * block.indent
        lines = "".join(f"{pad}{line}" if line.strip() else line for line in text.splitlines(keepends=True))
        document = document[: block.start] + lines + document[block.end :]
    return document


def words(script: str) -> list[list[str]]:
    """The words of every line that calls sameday."""
    lines = [line.removeprefix("$ ").strip() for line in script.replace("\\\n", " ").splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("sameday ")]
