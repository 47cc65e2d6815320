"""The command that reads a test out."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.backends import Adapters
from bot.commands.locate import open_workspace
from bot.commands.readout import readout
from bot.report.line import Line
from bot.report.output import Printer
from bot.report.readout import lines
from bot.report.readout_json import readout_json
from bot.report.readout_svg import readout_svg


def readout_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Print what a test says, and write the same as an SVG file where one is asked for."""
    workspace = open_workspace(Path(), "release", backends)
    found = readout(workspace, args.name, args.phase)
    if args.format == "json":
        out.write(readout_json(found))
    else:
        out.lines(lines(found))
    if args.svg is not None:
        Path(args.svg).write_text(readout_svg(found), encoding="utf-8")
        out.complain([Line(f"wrote {args.svg}")])
    return 0
