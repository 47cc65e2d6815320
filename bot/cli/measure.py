"""The command that measures metrics."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.backends import Adapters
from bot.commands.locate import open_workspace
from bot.commands.measure import measure
from bot.report.measure import measure_json, measure_lines
from bot.report.output import Printer


def measure_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Print each metric as it is measured; 1 if one could not be."""
    workspace = open_workspace(Path(), "release", backends)
    found = []
    for measured in measure(workspace, args.names):
        found.append(measured)
        if args.format == "text":
            out.lines(measure_lines(measured))
    if args.format == "json":
        out.write(measure_json(found))
    return 1 if any(measured.measurement is None for measured in found) else 0
