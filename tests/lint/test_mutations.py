"""Whatever is changed in a manifest, Argo and we agree on whether it can be run."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.document.tree import Tree
from bot.lint.lint import Manifest, lint, located
from tests.fuzz import drawn
from tests.lint.mutations import mutated
from tests.lint.oracle import ask
from tests.lint.test_oracle import refused

ALONE, TOGETHER = (
    list(yaml.safe_load_all((Path(__file__).parent / "passes" / name).read_text(encoding="utf-8")))
    for name in ("all.yaml", "refs.yaml")
)
FILES = [*([manifest] for manifest in ALONE), TOGETHER, TOGETHER[:3], [*TOGETHER[:1], *TOGETHER[3:]]]


@pytest.mark.slow
@pytest.mark.timeout(300)
@drawn(150, most=6_000)
@given(manifests=st.sampled_from(FILES), chance=st.randoms(use_true_random=False), times=st.integers(1, 2))
def test_argo_agrees(argo: str, manifests: list[Any], chance: random.Random, times: int) -> None:
    changed = mutated(manifests, chance, times)
    assume(all(isinstance(manifest, dict) for manifest in changed))  # Argo passes over what is no object; we do not
    text = yaml.safe_dump_all(changed, sort_keys=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.yaml"
        path.write_text(text, encoding="utf-8")
        said = ask(argo, path)
    assert bool(said) == refused(path.name, text.encode()), f"{said or 'argo takes it'}\n{text}"


@drawn(400)
@given(manifests=st.sampled_from(FILES), chance=st.randoms(use_true_random=False), times=st.integers(1, 12))
def test_nothing_makes_it_fall(manifests: list[Any], chance: random.Random, times: int) -> None:
    """Where hera is not installed, nothing has looked at the kinds of values before the rules do."""
    looked = [Manifest("m.yaml", m, Tree()) for m in mutated(manifests, chance, times) if isinstance(m, dict)]
    for fault in lint(looked):
        assert located(fault, "manifest", {}) is not None
