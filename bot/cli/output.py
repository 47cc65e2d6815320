"""Where lines go: coloured on a terminal, plain into a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from bot.report.line import Line

STYLES = {
    "error": "red",
    "warning": "yellow",
    "notice": "cyan",
    "good": "green",
    "faint": "dim",
    "head": "bold",
    "plain": "",
}


class Output:
    """Standard output; rich is loaded only where there is a terminal to colour."""

    def __init__(self) -> None:
        self.terminal = sys.stdout.isatty()

    def write(self, text: str) -> None:
        """Text as it is."""
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()

    def lines(self, lines: Iterable[Line]) -> None:
        """Lines, each in the style of its kind."""
        for line in lines:
            if self.terminal:
                self._styled(line)
            else:
                self.write(line.text + "\n")

    def _styled(self, line: Line) -> None:
        from rich.console import Console
        from rich.text import Text

        Console(highlight=False, soft_wrap=True).print(Text(line.text, STYLES[line.kind]))
