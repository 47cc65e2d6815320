"""Argo's rules over any manifest."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from bot.cli.backends import Adapters
from bot.commands.check import CODES
from bot.commands.locate import open_workspace
from bot.errors import UsageError
from bot.finding import CheckResult, ExperimentReport, Finding, Outcome, Report
from bot.lint import lint as rules
from bot.lint.fields.table import fields
from bot.lint.text.scalars import MAX_BYTES
from bot.lint.text.values import part, text
from bot.report import text as lines
from bot.report.escape import clean
from bot.report.formats import FORMATS, View
from bot.report.output import Printer
from checks.manifest import ID

ENDINGS = (".yaml", ".yml", ".json")
NO_FIELDS = "whether every key is known and every value of the right kind: `pip install 'sameday[argo]'` adds it"


def lint_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Look at the manifests; the verdict is the exit code."""
    files, given = _files(args.files), _files(chain(*args.given))
    report = _report(files, [file for file in given if file not in set(files)], args.argo, backends)
    chosen = FORMATS[args.format]
    out.show(chosen.report(View(report, "manifest")))
    if args.second_opinion:
        from bot.cli.argo_command import opinion

        refused = {finding.path for finding in report.findings if finding.blocks}
        said = opinion(files, given, refused, backends.environment.get("PATH", os.defpath))
        (out.lines if chosen.mixed else out.complain)(said)
    return CODES[report.verdict]


def complain(path: str, written: str, out: Printer) -> int:
    """Say on standard error what Argo would refuse in a text; the exit code."""
    manifests, faults = rules.read(path, written.encode())
    report = _of(manifests, chain(faults, rules.lint(manifests, (), fields())), {}, ())
    if report.findings:
        out.complain(lines.report(report, what="manifest"))
    return CODES[report.verdict]


def _files(words: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for word in words:
        place = Path(word)
        if place.is_dir():
            below = sorted(p.as_posix() for p in place.rglob("*") if p.suffix in ENDINGS and p.is_file())
            if not below:
                raise UsageError(f"{clean(word)}: no manifest (*.yaml, *.yml, *.json) is in there")
            found.update(dict.fromkeys(below))
        else:
            found[word] = None
    return list(found)


def _read(path: str) -> tuple[list[rules.Manifest], list[rules.ManifestProblem]]:
    try:
        with Path(path).open("rb") as file:
            return rules.read(path, file.read(MAX_BYTES + 1))
    except OSError as error:
        raise UsageError(f"{clean(path)}: cannot be read: {error.strerror or error}") from None


def _report(files: Sequence[str], given: Sequence[str], version: str, backends: Adapters) -> Report:
    levels = open_workspace(Path.cwd(), "check", backends).settings.rules
    manifests, faults = list[rules.Manifest](), list[rules.ManifestProblem]()
    for path in files:
        read, wrong = _read(path)
        manifests += read
        faults += wrong
    others = [manifest for path in given for manifest in _read(path)[0]]
    known = fields()
    faults += rules.lint(manifests, others, known, version)
    return _of(manifests, faults, levels, () if known else (NO_FIELDS,))


def _of(
    manifests: Sequence[rules.Manifest],
    faults: Iterable[rules.ManifestProblem],
    levels: Mapping[str, str],
    unproven: tuple[str, ...],
) -> Report:
    found: dict[int, tuple[rules.Manifest, list[Finding]]] = {id(m): (m, []) for m in manifests}
    for fault in faults:
        finding = rules.located(fault, ID, levels)
        if finding is not None:
            found.setdefault(id(fault.manifest), (fault.manifest, []))[1].append(finding)
    return Report(tuple(_one(*pair, unproven if i == 0 else ()) for i, pair in enumerate(found.values())))


def _one(manifest: rules.Manifest, findings: list[Finding], unproven: tuple[str, ...]) -> ExperimentReport:
    meta = part(manifest.data, "metadata")
    findings.sort(key=lambda finding: (finding.span.line, finding.span.column))
    outcome: Outcome = "failed" if any(finding.blocks for finding in findings) else "passed"
    result = CheckResult(ID, outcome, "", tuple(findings), unproven)
    return ExperimentReport(text(meta, "name") or text(meta, "generateName"), manifest.path, (result,))
