"""Commands that print: render, graph, schema, explain."""

from __future__ import annotations

import argparse
import difflib
import json
from pathlib import Path
from typing import Any

from bot import SITE
from bot.cli.backends import Adapters
from bot.commands.locate import named, open_workspace
from bot.commands.plugins import checks
from bot.errors import UsageError
from bot.experiment.load import Experiment
from bot.experiment.model import Spec
from bot.experiment.repository import Repository
from bot.report import manual
from bot.report.output import Printer
from bot.settings import Settings
from bot.workspace import Workspace


def _valid(path: str, backends: Adapters) -> tuple[Workspace, Repository, Experiment]:
    workspace = open_workspace(Path(path), "release", backends)
    repository, files = named(workspace, [path])
    if len(files) != 1:
        raise UsageError(f"{path}: name one experiment file")
    experiment = repository.by_path[files[0]]
    if experiment.parsed is None:
        first = experiment.problems[0]
        span = experiment.tree.span(first.route, first.on)
        raise UsageError(f"{path}:{span.line}:{span.column}: error {first.message}; `sameday check {path}` shows all")
    return workspace, repository, experiment


def render_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Print the Argo manifests, compiled or from a team's own skeleton, or the flag; what Argo would refuse fails."""

    from bot.cli.lint import complain
    from bot.compile import argo
    from bot.compile.template import fill
    from bot.compile.work import data_date, work

    if args.flags is not None and args.template is not None:
        raise UsageError("--flags and --template each print something else; keep one")
    workspace, repository, experiment = _valid(args.path, backends)
    compiled = work(experiment, repository, workspace.settings, data_date(experiment.spec, backends.now()))
    if args.flags is not None:
        out.write(_flag(experiment.spec, compiled.key, workspace.settings, args.flags))
        return 0
    if args.template is None:
        manifests = argo.manifests(compiled, workspace.settings.manifests)
        out.write(argo.text(manifests))
        return 0
    try:
        text = Path(args.template).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{args.template}: cannot be read: {error}") from None
    filled = fill(text, args.template, experiment.spec, {"key": compiled.key, "run": compiled.run})
    out.write(filled)
    return complain(f"{args.template}, filled", filled, out)


def _flag(spec: Spec, key: str, settings: Settings, form: str) -> str:
    from bot.compile import argo
    from bot.compile.flags import flag, resource
    from bot.flags.document import document

    compiled = flag(spec, key, settings)
    return document({spec.name: compiled}) if form == "file" else argo.text([resource(spec.name, compiled)])


def graph_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Print the graph of a run."""
    from bot.report.graph import dot, mermaid

    _, _, experiment = _valid(args.path, backends)
    out.write((dot if args.format == "dot" else mermaid)(experiment.spec) + "\n")
    return 0


def schema_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Print the JSON Schema that editors use."""
    out.write(schema_text(settings=args.settings))
    return 0


def schema_text(*, settings: bool) -> str:
    """The JSON Schema of experiment files, or of the settings."""
    value: dict[str, Any] = (Settings if settings else Spec).model_json_schema(by_alias=True)
    name = "settings" if settings else "experiment"
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{SITE}/raw/main/bot/{name}.schema.json"}
    return json.dumps(head | value, indent=2, ensure_ascii=False) + "\n"


def explain_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Print a check's manual, or one rule's part of it."""
    by_id = checks(open_workspace(Path.cwd(), "check", backends).settings)
    name, _, rule = args.rule.partition(".")
    if name not in by_id or (rule and rule not in by_id[name].RULES):
        rules = [f"{check.ID}.{r}" for check in by_id.values() for r in check.RULES]
        known = [*rules, *by_id]
        close = difflib.get_close_matches(args.rule, known, n=1, cutoff=0.7)
        close = close or [one for one in known if one.endswith(f".{args.rule}")]
        hint = f"did you mean '{close[0]}'?" if close else f"checks: {', '.join(by_id)}"
        raise UsageError(f"there is no rule '{args.rule}'; {hint}")
    out.write(manual.explained(by_id[name], rule) if rule else manual.manual(by_id[name]))
    return 0
