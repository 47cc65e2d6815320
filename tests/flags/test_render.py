"""A flag as `sameday render` prints it is the one that a release publishes."""

from __future__ import annotations

import json

import pytest
import yaml

from bot.flags.openfeature import OpenFeature
from tests.conftest import Repo

TEXT = """\
name: newest-first
jobs: [{name: score, command: x}]
serving:
  kind: ab
  conditions: {countries: [JP]}
  arms: [{name: control, control: true, table: reco.v3}, {name: "on", table: reco.v4}]
  period: {start: 2026-01-05, end: 2199-01-07}
"""


@pytest.mark.parametrize("form", ["file", "crd"])
def test_the_flag_is_printed(repo: Repo, form: str) -> None:
    repo.write("experiments/newest.yaml", TEXT)
    said = repo.sameday("render", "experiments/newest.yaml", "--flags", form)
    assert (said.code, said.err) == (0, "")
    if form == "file":
        flags = json.loads(said.out)["flags"]
    else:
        made = yaml.safe_load(said.out)  # as Kubernetes reads it: YAML 1.1, where `on` alone is true
        assert (made["apiVersion"], made["kind"]) == ("core.openfeature.dev/v1beta1", "FeatureFlag")
        assert made["metadata"]["name"] == "newest-first"
        flags = made["spec"]["flagSpec"]["flags"]
    assert list(flags) == ["newest-first"]
    users = [{"targetingKey": f"u{i}", "country": "JP"} for i in range(100)]
    assert set(OpenFeature().variants("newest-first", flags["newest-first"], users)) == {"control", "on"}


def test_one_thing_is_printed(repo: Repo) -> None:
    repo.write("experiments/newest.yaml", TEXT)
    said = repo.sameday("render", "experiments/newest.yaml", "--flags", "crd", "--template", "x")
    assert (said.code, said.err) == (2, "sameday: --flags and --template each print something else; keep one\n")


def test_what_serves_nothing_has_no_flag(repo: Repo) -> None:
    repo.write("experiments/plain.yaml", TEXT.partition("serving")[0])
    said = repo.sameday("render", "experiments/plain.yaml", "--flags", "crd")
    assert (said.code, said.out, said.err) == (1, "", "sameday: newest-first serves nothing\n")
