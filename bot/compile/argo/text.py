"""Manifests as YAML that a Go program reads as it was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

import yaml

from bot.compile.argo.objects import Manifest


class _Dumper(yaml.CSafeDumper):
    """Quotes what YAML 1.1 as Go reads it takes for a truth value, and PyYAML for text."""


_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]\Z"), list("yYnN"))


def text(manifests: Iterable[Manifest]) -> str:
    """One document per manifest."""
    return str(yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, width=120))
