"""`python -m bot` is `sameday`."""

from bot.cli import entry

entry()
