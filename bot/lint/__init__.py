"""Argo's own rules over manifests, without a cluster and without Argo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.document.nearest import nearest
from bot.finding import Problem
from bot.lint.manifest import KINDS, LARGE, MAX_BYTES, Fault, Manifest, read
from bot.lint.template import references
from bot.lint.workflow import prove

__all__ = ["KINDS", "LARGE", "MAX_BYTES", "Fault", "Manifest", "lint", "read"]


def lint(manifests: Sequence[Manifest], given: Sequence[Manifest] = ()) -> Iterator[Fault]:
    """What is wrong with the manifests; they may refer to each other, and to those that are `given` beside them."""
    known = references([*manifests, *given])
    for manifest in manifests:
        if manifest.kind in KINDS:
            yield from prove(manifest, known)
        else:
            yield Fault(manifest, _other(manifest))


def _other(manifest: Manifest) -> Problem:
    close = nearest(manifest.kind, KINDS)
    hint = f"did you mean '{close}'?" if close else f"looked at are {', '.join(KINDS)}"
    message = f"this is a {manifest.kind}, and not looked at" if manifest.kind else "this says no `kind`"
    return Problem("kind", ("kind",), message, hint)
