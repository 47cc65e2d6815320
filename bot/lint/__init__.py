"""Argo's own rules over manifests, without a cluster and without Argo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.document.nearest import nearest
from bot.finding import Problem
from bot.lint import structure
from bot.lint.fields import Fields, fields
from bot.lint.manifest import KINDS, LARGE, MAX_BYTES, Fault, Manifest, read
from bot.lint.template import references
from bot.lint.versions import VERSIONS
from bot.lint.workflow import prove

__all__ = ["KINDS", "LARGE", "MAX_BYTES", "VERSIONS", "Fault", "Fields", "Manifest", "fields", "lint", "read"]


def lint(
    manifests: Sequence[Manifest], given: Sequence[Manifest] = (), known: Fields | None = None, version: str = ""
) -> Iterator[Fault]:
    """What is wrong with the manifests; they may refer to each other, and to those that are `given` beside them.

    Without `known` fields their structure is not looked at. With a version of Argo, its own fields are the known
    ones; without, those of any version.
    """
    others = references([*manifests, *given])
    for manifest in manifests:
        if manifest.kind not in KINDS:
            yield Fault(manifest, _other(manifest))
            continue
        found = list(structure.problems(manifest, known, version)) if known is not None else []
        yield from (Fault(manifest, problem) for problem in found)
        if all(problem.rule in ("ignored-key", "version") for problem in found):
            yield from prove(manifest, others)


def _other(manifest: Manifest) -> Problem:
    close = nearest(manifest.kind, KINDS)
    hint = f"did you mean '{close}'?" if close else f"looked at are {', '.join(KINDS)}"
    message = f"this is a {manifest.kind}, and not looked at" if manifest.kind else "this says no `kind`"
    return Problem("kind", ("kind",), message, hint)
