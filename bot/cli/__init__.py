"""The command line: words to functions, errors to exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from bot.cli.arguments import parser
from bot.cli.output import Output
from bot.engines.prctl import hide
from bot.errors import SamedayError, Unreachable
from bot.report.escape import clean

COMMANDS = {
    "bot": "bot",
    "check": "check", "plan": "check",
    "rehearse": "rehearse",
    "release": "release", "rollback": "release", "run": "run", "status": "status",
    "render": "show", "graph": "show", "schema": "show", "explain": "show",
    "init": "init",
    "lint": "lint",
    "task": "task",
}  # fmt: skip
"""Each command and the module that holds it, imported only when it is called."""


def entry() -> NoReturn:
    """The program `sameday`: what is left in memory is not tidied up, which takes as long as a whole check."""
    hide()  # from jobs that we start: our environment may hold secrets
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the result is the process's exit code."""
    args = parser().parse_args(argv)
    try:
        command = getattr(importlib.import_module(f"bot.cli.{COMMANDS[args.command]}"), args.command)
        return int(command(args, Output()))
    except SamedayError as error:
        for line in str(error).splitlines():
            print(f"sameday: {clean(line)}", file=sys.stderr)
        return error.code
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:  # a full disk, no rights, a file in the way: the embedded stack's backends are files
        print(f"sameday: {clean(str(error))}", file=sys.stderr)
        return Unreachable.code
    except KeyboardInterrupt:
        return 130
