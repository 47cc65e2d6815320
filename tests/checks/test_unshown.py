"""The rules that no file of a few lines shows (`UNSHOWN` in test_registry.py says why)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.check import Context
from bot.check.runner import run
from bot.compile.flags import flag
from bot.document.fields import Resources
from bot.errors import Refused, Unreachable
from bot.experiment.files import FolderFiles
from bot.experiment.load import load
from bot.experiment.repository import Repository
from bot.settings import Manifests, Repo, Settings
from bot.settings.kinds import ArgoEngine
from checks import CHECKS
from checks.flags import chance, form
from tests.checks.conftest import Examine

AB = b"""\
name: ab
jobs: [{name: j, command: x, option: {repo: reco-batch}}, {name: k, command: x, option: {repo: reco-batch}}]
serving:
  kind: ab
  arms: [{name: control, control: true, weight: 3, table: reco.v3}, {name: new, weight: 1, table: reco.v4}]
  period: {start: 2026-11-30, end: 2026-12-21}
  slots: {end: 5000}
"""


class Client:
    """A flag client that gives whatever it was told to give."""

    def __init__(self, *variants: str, refuses: str = "") -> None:
        self.given, self.refuses = variants, refuses

    def variants(self, name: str, flag: Mapping[str, Any], contexts: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        if self.refuses:
            raise Refused(self.refuses)
        return [self.given[i % len(self.given)] for i in range(len(contexts))]


def said(report: Any) -> list[tuple[str, int, int, str]]:
    return [(f.rule, f.span.line, f.span.column, f.message) for f in report.findings]


RIGHT = ["none", "none", "none", "none", "control", "control", "control", "new"]
SPLITS = {
    "as asked": (Client(*RIGHT), []),
    "too many inside": (
        Client("none", "control", "control", "control", "new", "control", "control", "new"),
        ["of 10,000 ids 8,750 get an arm, 5,000 should", "of 8,750 ids inside: control 6,250 of 6,562,"]),
    "arms mistaken": (
        Client(*("none",) * 4, "new", "new", "new", "control"),
        ["of 5,000 ids inside: control 1,250 of 3,750, new 3,750 of 1,250"]),
    "a variant nobody knows": (
        Client(*RIGHT[:-1], "nwe"),
        ["ids get nwe", "of 5,000 ids inside: control 3,750 of 3,750,"]),
}  # fmt: skip


@pytest.mark.parametrize(("client", "wanted"), SPLITS.values(), ids=SPLITS)
def test_flags_split(client: Client, wanted: list[str], examine: Examine) -> None:
    found = said(examine({"x.yaml": AB}, "flags", evaluator=client))
    assert [(rule, line, column) for rule, line, column, _ in found] == [("flags.split", 3, 1)] * len(wanted)
    assert all(message.startswith(start) for (*_, message), start in zip(found, wanted, strict=True))


def test_flags_refused(examine: Examine) -> None:
    report = examine({"x.yaml": AB}, "flags", evaluator=Client(refuses="no such thing"))
    assert said(report) == [("flags.refused", 3, 1, "no such thing")]


def test_a_split_is_as_likely_as_chi_squared_says() -> None:
    """Against tables: 3.841 at one degree of freedom is 5 %, 10.828 is 0.1 %."""
    for statistic, p in ((3.841, 0.05), (10.828, 0.001)):
        off = (statistic * 2500) ** 0.5
        assert chance({"a": 5000 + off, "b": 5000 - off}, {"a": 0.5, "b": 0.5}, 10_000) == pytest.approx(p, rel=0.2)
    assert chance({"a": 10_000}, {"a": 1.0, "none": 0.0}, 10_000) == 1
    assert chance({"a": 9_999, "none": 1}, {"a": 1.0, "none": 0.0}, 10_000) == 0


BENT: dict[str, dict[str, Any]] = {
    "the flag has the keys defaultVariant, description, metadata, state, targeting, variants": {"description": "free"},
    "the default is not a variant": {"defaultVariant": "nobody"},
    "the targeting names 'nobody', which is not a variant": {"targeting": {"if": [True, "nobody", "none"]}},
    "the metadata owners is neither text, number nor truth value": {"metadata": {"owners": ["a"]}},
}


def test_flags_form() -> None:
    compiled = flag(load("x.yaml", AB).spec, "0badcafe", Settings())
    assert list(form(compiled)) == []
    for words, change in BENT.items():
        assert list(form({**compiled, **change})) == [words]


def test_manifest_image(examine: Examine, settings: Settings) -> None:
    """Said once per `repo`, where it is first asked for."""
    argo = settings.model_copy(update={"engine": ArgoEngine(kind="argo")})
    report = examine({"x.yaml": AB}, "manifest", settings=argo)
    assert said(report) == [("manifest.image", 2, 45, "the settings name no image for `repo: reco-batch`")]


def test_manifest_image_tag(examine: Examine, settings: Settings) -> None:
    """What ran must be known afterwards; on the local engine no image runs."""
    for image, found in (("registry:5000/team/reco:1.2", True), (f"registry/reco@sha256:{'1' * 64}", False)):
        named = settings.model_copy(update={"repos": {"reco-batch": Repo(image=image)}})
        argo = named.model_copy(update={"engine": ArgoEngine(kind="argo")})
        message = f"the image of `repo: reco-batch` is {image} in the settings, which may be another one tomorrow"
        wanted = [("manifest.image-tag", 2, 45, message)] if found else []
        assert said(examine({"x.yaml": AB}, "manifest", settings=argo)) == wanted
        assert said(examine({"x.yaml": AB}, "manifest", settings=named)) == []


RICH = b"""\
name: rich
jobs:
  - {name: a, command: x, resources: {cpu: "2", memory: 4096Mi}}
  - {name: b, command: x, resources: {cpu: 2500m, memory: 4.5Gi}}
  - {name: c, command: x}
"""


def test_manifest_resources_that_are_not_allowed(examine: Examine, settings: Settings) -> None:
    manifests = {"manifests": Manifests(most=Resources(cpu="2", memory="4Gi"))}
    found = said(examine({"x.yaml": RICH}, "manifest", settings=settings.model_copy(update=manifests)))
    assert found == [
        ("manifest.option", 4, 44, "the job 'b' asks for cpu 2500m; the settings allow at most 2"),
        ("manifest.option", 4, 59, "the job 'b' asks for memory 4.5Gi; the settings allow at most 4Gi"),
    ]
    assert said(examine({"x.yaml": RICH}, "manifest")) == []


def test_manifest_image_is_no_fault_where_jobs_run_here(examine: Examine) -> None:
    (result,) = examine({"x.yaml": AB}, "manifest").experiments[0].checks
    assert (result.outcome, result.findings) == ("passed", ())
    assert result.unproven[0] == "the settings name no image for `repo: reco-batch`; the local engine needs none"


@pytest.mark.parametrize(
    ("kilobytes", "rule"), [(300, ""), (400, "manifest.large"), (690, "manifest.large"), (750, "manifest.size")]
)
def test_manifest_size(kilobytes: int, rule: str, examine: Examine) -> None:
    jobs = "".join(f"  - {{name: j{i}, command: '{'x' * 10_000}'}}\n" for i in range(kilobytes // 10))
    found = said(examine({"x.yaml": f"name: large\njobs:\n{jobs}".encode()}, "manifest"))
    assert [(found_rule, line, column) for found_rule, line, column, _ in found] == ([(rule, 2, 1)] if rule else [])
    assert all(message.startswith("the WorkflowTemplate has ") for *_, message in found)


def test_more_templates_than_argo_takes(examine: Examine) -> None:
    jobs = [f"- {{name: j{i}, commands: [echo, '{i}']}}\n" for i in range(200)]
    found = said(examine({"x.yaml": f"name: many\njobs:\n{''.join(jobs)}".encode()}, "manifest"))
    assert found == [("manifest.size", 2, 1, "the WorkflowTemplate has 201 templates")]
    lines = [f"- {{name: j{i}, command: echo {i}}}\n" for i in range(400)]
    assert said(examine({"x.yaml": f"name: many\njobs:\n{''.join(lines)}".encode()}, "manifest")) == []


def test_schema_unreadable(tmp_path: Path, backends: Context) -> None:
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    repository = Repository.load(FolderFiles(tmp_path), ["*.yaml"])
    found = run(CHECKS, repository.experiments, backends, only=frozenset(["schema"]))
    assert said(found) == [
        ("schema.unreadable", 1, 1, "cannot be read: this is a link to nowhere; put the file itself here")
    ]


class Away:
    """A warehouse that does not answer."""

    def describe(self, tables: Any) -> Any:
        raise Unreachable("the warehouse does not answer")


def test_a_backend_that_is_away_is_no_fault_of_the_file(examine: Examine) -> None:
    (result,) = examine({"x.yaml": AB}, "tables", warehouse=Away()).experiments[0].checks
    assert (result.outcome, result.reason, result.findings) == ("errored", "the warehouse does not answer", ())
