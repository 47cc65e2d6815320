"""Argo's own command is the second oracle: over its own tests and examples, and over ours, both must agree."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bot.lint.lint import KINDS, read
from bot.lint.text.values import spelled
from tests.lint import test_cron
from tests.lint import test_scalars as test_scalars_py
from tests.lint.conftest import findings
from tests.lint.oracle import MODULE, ask_all, corpus, source

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
FEWEST = {"taken": 400, "refused": 150}  # manifests of the corpus, so that an empty one is found out


def refused(name: str, content: bytes, version: str = "4.0") -> bool:
    """Whether we refuse the file, or, as Argo offline does, miss a template that it refers to."""
    manifests, _ = read(name, content)
    nothing = not any(manifest.kind in KINDS for manifest in manifests)
    found = findings({name: content}, version=version)
    return nothing or any(f.severity == "error" or f.rule == "manifest.unresolved" for f in found)


def differing(said: dict[str, str], files: dict[str, bytes]) -> list[tuple[str, str]]:
    """Every file on which the two differ, with what Argo says of it."""
    return [(name, said[name]) for name, content in files.items() if bool(said[name]) != refused(name, content)]


@pytest.mark.timeout(600)
def test_argo_s_own_manifests(argo: str, tmp_path: Path) -> None:
    root = source()
    if root is None:
        pytest.skip(
            f"Go has not downloaded Argo's tests; `go mod download github.com/argoproj/{MODULE.split('/', 2)[2]}` does"
        )
    files = dict(corpus(root))
    said = ask_all(argo, tmp_path, files)
    assert sum(map(bool, said.values())) >= FEWEST["refused"]
    assert sum(not text for text in said.values()) >= FEWEST["taken"]
    assert differing(said, files) == []


@pytest.mark.timeout(300)
def test_our_own_manifests(argo: str, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in sorted(HERE.glob("*/*.yaml"))}
    said = ask_all(argo, tmp_path, files)
    assert differing(said, files) == []


CRON = """\
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {{name: x}}
spec:
  schedules: ["{}"]
  workflowSpec: {{entrypoint: job, templates: [{{name: job, container: {{image: reco}}}}]}}
"""


@pytest.mark.timeout(300)
def test_schedules(argo: str, tmp_path: Path) -> None:
    schedules = [*test_cron.TAKEN, *test_cron.REFUSED]
    files = {f"{i}.yaml": CRON.format(schedule).encode() for i, schedule in enumerate(schedules)}
    said = ask_all(argo, tmp_path, files)
    assert [not text for text in said.values()] == [schedule in test_cron.TAKEN for schedule in schedules]
    assert differing(said, files) == []


@pytest.mark.timeout(300)
def test_scalars(argo: str, tmp_path: Path) -> None:
    """A value is one of an enum's if both are read as Argo reads them."""
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  entrypoint: a\n"
    rest = "  templates: [{name: a, container: {image: reco}}]\n"
    written = {w: v for w, v in test_scalars_py.VALUES.items() if v not in (None, [None], -math.inf)}
    files = {}
    for i, (text, value) in enumerate(written.items()):
        parameter = f"{{name: p, value: {text}, enum: ['{spelled(value)}']}}"
        files[f"{i}.yaml"] = f"{head}  arguments: {{parameters: [{parameter}]}}\n{rest}".encode()
    said = ask_all(argo, tmp_path, files)
    assert differing(said, files) == []
    assert not any(said.values()), said


HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: x-}\nspec:\n  entrypoint: a\n"
SOUND = f"{HEAD}  templates: [{{name: a, container: {{image: reco}}}}]\n"
SHARED = SOUND.replace("Workflow\n", "WorkflowTemplate\n").replace("generateName: x-", "name: b, namespace: c")
REFERS = f"{HEAD}  templates: [{{name: a, steps: [[{{name: a, templateRef: {{name: b, template: a}}}}]]}}]\n"
UNCLOSED = """\
  templates:
    - name: a
      dag: {tasks: [{name: b, template: c}, {name: d, template: c, when: "x == '{{'"}]}
    - {name: c, container: {image: reco}}
"""
DIFFERENT = {  # and whether we refuse it
    "a key that overrides a merged one, which Argo's strict reader takes for a second one, and a cluster does not": (
        f"{HEAD}  templates:\n    - {{name: a, container: &c {{image: reco, args: [a]}}}}\n"
        "    - {name: b, container: {<<: *c, args: [b]}}\n",
        False,
    ),
    "a document that is no object, which Argo passes over": (f"{SOUND}---\n- a\n", True),
    "a text that is no YAML beside one that is, which Argo passes over": (f"{SOUND}---\na: b: c\n", True),
    "a field of Argo 4.1": (SOUND.replace("name: a, c", "name: a, pendingTimeout: 5m, c"), False),
    "a field of Argo 3.6": (f"{SOUND}  podPriority: 3\n", False),
    "a template in another namespace than a workflow that may end up in any": (f"{REFERS}---\n{SHARED}", False),
    "a `{{` that is never closed, which Argo takes or not by what follows in its JSON": (HEAD + UNCLOSED, False),
}


@pytest.mark.parametrize(("text", "ours"), DIFFERENT.values(), ids=DIFFERENT)
def test_where_we_differ(text: str, ours: bool, argo: str, tmp_path: Path) -> None:
    said = ask_all(argo, tmp_path, {"a.yaml": text.encode()})
    assert (bool(said["a.yaml"]), refused("a.yaml", text.encode(), version="")) == (not ours, ours)
