"""Where lines go: coloured on a terminal, plain into a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from bot.report import mask
from bot.report.line import Line
from bot.report.pulse import Pulse

STYLES = {
    "error": "red",
    "warning": "yellow",
    "notice": "cyan",
    "good": "green",
    "faint": "dim",
    "head": "bold",
    "plain": "",
}


CLOSED = 141  # the exit code by which shells tell of a program that SIGPIPE ended


class Printer:
    """Standard output; rich is loaded only where there is a terminal to colour.

    Lines are masked as they are made. What is written as it is was made of masked text, or is a document such as a
    manifest, in which only what is known to be secret is hidden. Where nobody reads on, as after `| head`, every method
    raises SystemExit: there is nobody to tell why. While `pulse` is on, a terminal sees that `what` is at work.
    """

    def __init__(self, what: str = "sameday") -> None:
        self.terminal = sys.stdout.isatty()
        self.pulse = Pulse(what)

    def write(self, text: str) -> None:
        """Text as it is, but for what this process knows to be secret."""
        with self.pulse.aside(), _heard():
            sys.stdout.buffer.write(mask.known(text).encode("utf-8", "backslashreplace"))
            sys.stdout.flush()

    def lines(self, lines: Iterable[Line]) -> None:
        """Lines, each in the style of its kind."""
        for line in lines:
            if self.terminal:
                self._styled(line)
            else:
                self.write(line.text + "\n")

    def show(self, pieces: Iterable[str | Line]) -> None:
        """Lines and documents, as a format of `bot.report.formats` makes them."""
        for piece in pieces:
            if isinstance(piece, str):
                self.write(piece)
            else:
                self.lines([piece])

    def complain(self, lines: Iterable[Line]) -> None:
        """Lines on standard error, which no program reads as the report."""
        with self.pulse.aside(), _heard():
            for line in lines:
                print(line.text, file=sys.stderr)

    def _styled(self, line: Line) -> None:
        from rich.console import Console
        from rich.text import Text

        with self.pulse.aside(), _heard():
            Console(highlight=False, soft_wrap=True).print(Text(line.text, STYLES[line.kind]))


@contextmanager
def _heard() -> Iterator[None]:
    """End the program where nobody reads what it writes."""
    try:
        yield
    except BrokenPipeError:
        raise SystemExit(CLOSED) from None
