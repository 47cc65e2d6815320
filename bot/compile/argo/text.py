"""Manifests as YAML that a Go program reads as it was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

from bot.compile.argo.objects import Manifest

TRUTH = re.compile(r"[yYnN]\Z")
NUMBER = re.compile(r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7]+)\Z")


class _Dumper(yaml.CSafeDumper):
    """Quotes what Go takes for a truth value or a number, and PyYAML for text; writes everything out."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", TRUTH, list("yYnN"))
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", NUMBER, list("-+.0123456789"))


def text(manifests: Iterable[Manifest]) -> str:
    """One document per manifest."""
    return str(yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, width=120))
