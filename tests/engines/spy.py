"""A job that looks into every process of its user: `spy.py ROUNDS AWAITED REVERSED...`.

It looks as often as ROUNDS, from when a process is there whose command has the word AWAITED, for the secrets that are
REVERSED here, and writes into `found` where it read which. What it may not read, it passes over.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def main(rounds: int, awaited: str, secrets: dict[str, bytes]) -> None:
    """Look around."""
    found: set[str] = set()
    while rounds:
        there = False
        for process in Path("/proc").glob("[0-9]*"):
            if int(process.name) == os.getpid():
                continue
            with suppress(OSError):
                command = (process / "cmdline").read_bytes()
                there = there or awaited.encode() in command
                for place, content in contents(process):
                    for name, secret in secrets.items():
                        if secret in content:
                            found.add(f"{name} in {place} of {command.decode(errors='replace')[:80]!r}")
        rounds -= there
    Path("found").write_text("\n".join(sorted(found)))


def contents(process: Path) -> Iterator[tuple[str, bytes]]:
    """All that can be had of a process: its environment, what waits in its pipes' files, its memory."""
    with suppress(OSError):
        yield "environ", (process / "environ").read_bytes()
    with suppress(OSError):
        for file in (process / "fd").iterdir():
            with suppress(OSError):
                if file.is_file():
                    yield f"fd/{file.name}", file.read_bytes()[:1_000_000]
    with suppress(OSError), (process / "mem").open("rb", 0) as memory:
        for line in (process / "maps").read_text().splitlines():
            first, last = (int(word, 16) for word in line.split()[0].split("-"))
            if line.split()[1].startswith("rw") and last - first < 50_000_000:
                with suppress(OSError, OverflowError, ValueError):
                    memory.seek(first)
                    yield "mem", memory.read(last - first)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], {word: word[::-1].encode() for word in sys.argv[3:]})
