"""The command line: words to functions, errors to exit codes."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from bot.cli.arguments import parser
from bot.cli.known import of_environment
from bot.engines.local.prctl import hide
from bot.errors import SamedayError, Unreachable
from bot.report import mask
from bot.report.line import Line
from bot.report.output import CLOSED, Printer

COMMANDS = {
    "bot": "github",
    "check": "check", "plan": "check",
    "rehearse": "rehearse",
    "release": "release", "rollback": "release", "off": "release", "on": "release", "run": "release",
    "status": "release", "alarm": "release", "runs": "runs",
    "traffic": "traffic", "measure": "measure",
    "render": "show", "graph": "show", "schema": "show", "explain": "show",
    "init": "init",
    "lint": "lint",
    "task": "task",
}  # fmt: skip
"""Each command and the module that holds it, imported only when it is called."""


GOES_ON = {
    "release": "runs that have begun go on, and `sameday release` takes up what is left",
    "run": "the run goes on, if it has begun: `sameday status` shows it, and the same command watches it again",
    "rollback": "what has begun, the next `sameday rollback` or `sameday release` takes to its end",
}
"""What becomes of a command's work without it."""


def entry() -> NoReturn:
    """The program `sameday`: what is left in memory is not tidied up, which takes as long as a whole check."""
    hide()  # from jobs that we start: our environment may hold secrets
    gc.disable()  # what is read is kept to the end: collecting would look through all of it, again and again
    try:
        code = main()
    except SystemExit as ended:  # wrong words, or nobody reads on
        code = int(ended.code or 0)
    except BrokenPipeError:  # nobody reads the help, or the version
        code = CLOSED
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:  # there is nobody left to tell
            code = CLOSED if isinstance(error, BrokenPipeError) else code or Unreachable.code
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the result is the process's exit code."""
    args = parser().parse_args(argv)
    with mask.knowing(of_environment(os.environ)):
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    out = Printer(f"sameday {args.command}")
    try:
        from bot.cli.backends import Adapters  # not for a help text, which needs nothing of it

        command = getattr(importlib.import_module(f"bot.cli.{COMMANDS[args.command]}"), f"{args.command}_command")
        with out.pulse:
            return int(command(args, out, Adapters(os.environ)))
    except SamedayError as error:
        out.complain(Line(f"sameday: {line}") for line in str(error).splitlines())
        return error.code
    except OSError as error:  # a full disk, no rights, a file in the way: the embedded stack's backends are files
        out.complain([Line(f"sameday: {error}")])
        return Unreachable.code
    except KeyboardInterrupt:
        if args.command in GOES_ON:
            out.complain([Line(f"sameday: interrupted; {GOES_ON[args.command]}")])
        return 130
