"""A team's own skeleton is held to Argo's rules once it is filled."""

from __future__ import annotations

from typing import Any

from tests.conftest import Repo

SKELETON = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: << run >>}
spec:
  entrypoint: main
  templates:
    - name: main
      dag:
        tasks:
          - {name: extract, template: job}
    - {name: job, container: {image: reco}}
""".replace("<<", "{{").replace(">>", "}}")
EXPERIMENT = "name: job-a\njobs: [{name: extract, command: x}]\n"


def render(repo: Repo, skeleton: str) -> Any:
    repo.write("experiments/a.yaml", EXPERIMENT)
    repo.write("skeleton", skeleton)
    return repo.sameday("render", "experiments/a.yaml", "--template", "skeleton")


def test_a_sound_one(repo: Repo) -> None:
    said = render(repo, SKELETON)
    assert (said.code, said.err) == (0, "")
    assert "metadata: {name: job-a-" in said.out


def test_one_that_argo_would_refuse(repo: Repo) -> None:
    said = render(repo, SKELETON.replace("template: job", "template: jbo"))
    assert said.code == 1
    first, second = said.err.splitlines()[:2]
    assert first == "skeleton, filled:10:39: error [manifest.unknown-template] there is no template 'jbo'"
    assert second == "    did you mean 'job'?"
    assert "template: jbo" in said.out


def test_one_that_is_no_yaml(repo: Repo) -> None:
    said = render(repo, "a: [b\n")
    assert said.code == 1
    assert said.err.startswith("skeleton, filled:1:4: error [manifest.syntax] the `[` here is not closed")
