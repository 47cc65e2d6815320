"""Templates of other files are found by kind, name and namespace, and followed."""

from __future__ import annotations

import pytest

from tests.lint.conftest import findings

WORKFLOW = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {{generateName: x-{namespace}}}
spec: {{workflowTemplateRef: {{name: shared{cluster}}}}}
"""
SHARED = """\
apiVersion: argoproj.io/v1alpha1
kind: {kind}
metadata: {{name: shared{namespace}}}
spec:
  entrypoint: job
  arguments: {{parameters: [{{name: date{value}}}]}}
  templates:
    - {{name: job, inputs: {{parameters: [{{name: date}}]}}, container: {{image: reco}}}}
"""


def rules(workflow: str, shared: str) -> list[tuple[str, str]]:
    """What is found, and in which file."""
    files = {"a.yaml": workflow.encode(), "b.yaml": shared.encode()}
    return [(finding.path, finding.rule) for finding in findings(files, given=["b.yaml"])]


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [("", "", True), ("one", "one", True), ("one", "", True), ("", "one", True), ("one", "other", False)],
)
def test_namespaces(ours: str, theirs: str, found: bool) -> None:
    mine, other = (f", namespace: {name}" if name else "" for name in (ours, theirs))
    workflow = WORKFLOW.format(namespace=mine, cluster="")
    shared = SHARED.format(kind="WorkflowTemplate", namespace=other, value=", value: x")
    assert rules(workflow, shared) == ([] if found else [("a.yaml", "manifest.unresolved")])


def test_one_of_another_namespace_is_named() -> None:
    files = {
        "a.yaml": WORKFLOW.format(namespace=", namespace: one", cluster="").encode(),
        "b.yaml": SHARED.format(kind="WorkflowTemplate", namespace=", namespace: two", value=", value: x").encode(),
    }
    (finding,) = findings(files, given=["b.yaml"])
    assert finding.message == "the WorkflowTemplate 'shared' is in the namespace two, and references stay within one"
    assert finding.hint == "this object is of the namespace one"


def test_a_label_that_is_given_later_needs_a_default() -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: a}
spec:
  entrypoint: main
  templates:
    - {name: main, container: {image: x, args: ["{{workflow.labels.team}}"]}}
"""
    (finding,) = findings({"a.yaml": text.encode()})
    assert finding.rule == "manifest.variable"
    assert "needs a default: `metadata.labels`, or `spec.workflowMetadata.labels`" in finding.hint
    default = text.replace("{name: a}", "{name: a, labels: {team: reco}}")
    assert findings({"a.yaml": default.encode()}) == []


@pytest.mark.parametrize("kind", ["WorkflowTemplate", "ClusterWorkflowTemplate"])
@pytest.mark.parametrize("cluster", [True, False])
def test_kinds(kind: str, cluster: bool) -> None:
    workflow = WORKFLOW.format(namespace="", cluster=", clusterScope: true" if cluster else "")
    shared = SHARED.format(kind=kind, namespace="", value=", value: x")
    wanted = [] if cluster == kind.startswith("Cluster") else [("a.yaml", "manifest.unresolved")]
    assert rules(workflow, shared) == wanted


def test_what_the_other_file_needs_is_told_of_the_one_that_refers_to_it() -> None:
    shared = SHARED.format(kind="WorkflowTemplate", namespace="", value="")
    assert rules(WORKFLOW.format(namespace="", cluster=""), shared) == [("a.yaml", "manifest.not-supplied")]


def test_two_that_refer_to_a_broken_one_tell_it_once() -> None:
    shared = SHARED.format(kind="WorkflowTemplate", namespace="", value=", value: x").replace("image: reco", "")
    workflow = WORKFLOW.format(namespace="", cluster="")
    assert rules(f"{workflow}---\n{workflow}", shared) == [("b.yaml", "manifest.image")]


CRON = """\
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {{name: nightly}}
spec:
  schedules: ["0 4 * * *"]
  workflowSpec: {{workflowTemplateRef: {{name: shared}}{arguments}}}
"""


def test_a_schedule_gives_every_parameter_a_value() -> None:
    """Nobody is there to give it later."""
    shared = SHARED.format(kind="WorkflowTemplate", namespace="", value="")
    given = ", arguments: {parameters: [{name: date, value: x}]}"
    assert rules(CRON.format(arguments=given), shared) == []
    assert rules(CRON.format(arguments=""), shared)[0] == ("a.yaml", "manifest.argument")


def test_two_of_one_name() -> None:
    """Which of them a cluster has is a matter of which came last."""
    shared = SHARED.format(kind="WorkflowTemplate", namespace="", value=", value: x")
    other = SHARED.format(kind="WorkflowTemplate", namespace=", namespace: other", value=", value: x")
    assert rules(shared, other) == []
    assert rules(shared, shared) == [("b.yaml", "manifest.duplicate-name")]
