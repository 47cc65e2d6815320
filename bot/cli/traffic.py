"""The command that shows layers over time."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.backends import Adapters
from bot.commands.check import select
from bot.commands.locate import open_workspace
from bot.commands.traffic import traffic
from bot.report.layers import picture
from bot.report.line import Line
from bot.report.output import Printer
from bot.report.svg import svg


def traffic_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Print who has which slots when, and write the same as an SVG file where one is asked for."""
    workspace = open_workspace(Path(), "release", backends)
    selection = select(workspace, (), args.base)
    lines = traffic(workspace, selection, args.layer)
    faulty = [path for path, record in selection.repository.records.items() if not record.sound]
    out.complain(Line(f"{path} has faults and is not shown; `sameday check {path}` tells them") for path in faulty)
    out.lines(picture(lines))
    if args.svg is not None:
        Path(args.svg).write_text(svg(lines), encoding="utf-8")
        out.complain([Line(f"wrote {args.svg}")])
    return 0
