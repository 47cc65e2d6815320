"""The code blocks of a document, each with the note in the comment above it.

<!-- file: jobs/score.py -->       the block is this file of the page's folder
<!-- exit: 1 -->                   the last command of the block ends with this code
<!-- elsewhere: settings -->       the block is not run here; `elsewhere` names how it is held
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(
    r"(?:^(?P<indent> *)<!-- (?P<note>[a-z]+): (?P<value>.*?) -->\n)?"
    r"^(?P<own> *)```(?P<language>[a-z]*)\n(?P<text>(?:.*\n)*?)(?P=own)```$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """One code block; `start` and `end` are where its text stands in the document."""

    language: str
    note: str
    value: str
    text: str
    line: int
    start: int
    end: int
    indent: int


def blocks(document: str) -> Iterator[Block]:
    """All of them, in order."""
    for found in BLOCK.finditer(document):
        text = re.sub(f"^{found['own']}", "", found["text"], flags=re.MULTILINE)
        line = document.count("\n", 0, found.start("language")) + 1
        yield Block(
            found["language"], found["note"] or "", found["value"] or "", text, line, found.start("text"),
            found.end("text"), len(found["own"]),
        )  # fmt: skip


def pages() -> list[str]:
    """Every document with blocks that people may copy, by its path in the repository."""
    found = [ROOT / "README.md", *DOCS.rglob("*.md"), ROOT / "examples" / "plugin" / "README.md"]
    found += [ROOT / ".github" / "CONTRIBUTING.md", ROOT / ".github" / "SECURITY.md", ROOT / "examples" / "README.md"]
    return sorted(str(path.relative_to(ROOT)) for path in found if path.exists())
