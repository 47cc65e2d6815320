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
from bot.lint.fields.table import fields
from bot.lint.lint import Manifest, ManifestProblem, lint, located, read
from bot.lint.text.scalars import MAX_BYTES
from bot.lint.text.values import part, text
from bot.report.escape import clean
from bot.report.formats import FORMATS, View
from bot.report.output import Printer
from bot.report.text import report
from checks.manifest import ID

ENDINGS = (".yaml", ".yml", ".json")
NO_FIELDS = "whether every key is known and every value of the right kind: `pip install 'sameday[argo]'` adds it"


def lint_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Look at the manifests; the verdict is the exit code."""
    files, given = _files(args.files), _files(chain(*args.given))
    checked = _checked(files, [file for file in given if file not in set(files)], args.argo, backends)
    chosen = FORMATS[args.format]
    out.show(chosen.report(View(checked, "manifest")))
    if args.second_opinion:
        from bot.cli.argo_command import opinion

        refused = {finding.path for finding in checked.findings if finding.blocks}
        compared = opinion(files, given, refused, backends.environment.get("PATH", os.defpath))
        (out.lines if chosen.mixed else out.complain)(compared)
    return CODES[checked.verdict]


def complain(path: str, written: str, out: Printer) -> int:
    """Say on standard error what Argo would refuse in a text; the exit code."""
    manifests, faults = read(path, written.encode())
    checked = _of(manifests, chain(faults, lint(manifests, (), fields())), {}, ())
    if checked.findings:
        out.complain(report(checked, what="manifest"))
    return CODES[checked.verdict]


def _files(words: Iterable[str]) -> list[str]:
    paths: dict[str, None] = {}
    for word in words:
        place = Path(word)
        if place.is_dir():
            below = sorted(p.as_posix() for p in place.rglob("*") if p.suffix in ENDINGS and p.is_file())
            if not below:
                raise UsageError(f"{clean(word)}: no manifest (*.yaml, *.yml, *.json) is in there")
            paths.update(dict.fromkeys(below))
        else:
            paths[word] = None
    return list(paths)


def _read(path: str) -> tuple[list[Manifest], list[ManifestProblem]]:
    try:
        with Path(path).open("rb") as file:
            return read(path, file.read(MAX_BYTES + 1))
    except OSError as error:
        raise UsageError(f"{clean(path)}: cannot be read: {error.strerror or error}") from None


def _checked(files: Sequence[str], given: Sequence[str], version: str, backends: Adapters) -> Report:
    levels = open_workspace(Path.cwd(), "check", backends).settings.rules
    manifests, faults = list[Manifest](), list[ManifestProblem]()
    for path in files:
        more, wrong = _read(path)
        manifests += more
        faults += wrong
    others = [manifest for path in given for manifest in _read(path)[0]]
    structure = fields()
    faults += lint(manifests, others, structure, version)
    return _of(manifests, faults, levels, () if structure else (NO_FIELDS,))


def _of(
    manifests: Sequence[Manifest],
    faults: Iterable[ManifestProblem],
    levels: Mapping[str, str],
    unproven: tuple[str, ...],
) -> Report:
    by_manifest: dict[int, tuple[Manifest, list[Finding]]] = {id(m): (m, []) for m in manifests}
    for fault in faults:
        finding = located(fault, ID, levels)
        if finding is not None:
            by_manifest.setdefault(id(fault.manifest), (fault.manifest, []))[1].append(finding)
    return Report(tuple(_one(*pair, unproven if i == 0 else ()) for i, pair in enumerate(by_manifest.values())))


def _one(manifest: Manifest, findings: list[Finding], unproven: tuple[str, ...]) -> ExperimentReport:
    meta = part(manifest.data, "metadata")
    findings.sort(key=lambda finding: (finding.span.line, finding.span.column))
    outcome: Outcome = "failed" if any(finding.blocks for finding in findings) else "passed"
    result = CheckResult(ID, outcome, "", tuple(findings), unproven)
    return ExperimentReport(text(meta, "name") or text(meta, "generateName"), manifest.path, (result,))
