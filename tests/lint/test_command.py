"""`sameday lint`: what it prints, how it ends, and what it makes of files that are no manifests."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.arguments import parser
from bot.lint.lint import VERSIONS
from bot.lint.text.scalars import MAX_BYTES
from tests.conftest import ROOT, Said, sameday
from tests.hostile.traps import program
from tests.some import some

SOUND = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: train}
spec:
  entrypoint: main
  templates:
    - name: main
      steps: [[{name: a, templateRef: {name: shared, template: job}}]]
"""
SHARED = """\
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: shared}
spec:
  templates:
    - {name: job, container: {image: reco}}
"""
WRONG = SOUND.replace("entrypoint: main", "entrypoint: mian")
GIVEN = "give its file with `--with FILE`"


@pytest.fixture
def lint(tmp_path: Path) -> Callable[..., Said]:
    """The command, in a folder with these files."""

    def run(*words: str, **files: str | bytes) -> Said:
        for name, content in files.items():
            text = content.encode() if isinstance(content, str) else content
            (tmp_path / f"{name}.yaml").write_bytes(text)
        return sameday("lint", *words, cwd=tmp_path)

    return run


def test_a_template_that_is_given(lint: Callable[..., Said]) -> None:
    said = lint("a.yaml", "--with", "b.yaml", a=SOUND, b=SHARED)
    assert (said.code, said.out) == (0, "train (a.yaml)\n  passed   manifest\n1 manifest: passed\n")


def test_a_template_that_is_not(lint: Callable[..., Said]) -> None:
    said = lint("a.yaml", a=SOUND)
    words = "the WorkflowTemplate 'shared' is in none of the files, so it was not checked"
    assert said.out.startswith(f"a.yaml:8:46: warning [manifest.unresolved] {words}\n    {GIVEN}\n")
    assert said.code == 0


def test_what_is_wrong_in_a_given_file_is_told_there(lint: Callable[..., Said]) -> None:
    said = lint("a.yaml", "--with", "b.yaml", a=SOUND, b=SHARED.replace("{image: reco}", "{}"))
    assert said.out.startswith("b.yaml:6:30: error [manifest.image] the template 'job' has no image\n")
    assert said.code == 1


def test_json(lint: Callable[..., Said]) -> None:
    said = lint("a.yaml", "--format", "json", a=WRONG)
    report = json.loads(said.out)
    (result,) = report["experiments"][0]["checks"]
    assert (said.code, report["verdict"], report["experiments"][0]["name"]) == (1, "failed", "train")
    finding = result["findings"][0]
    assert (finding["rule"], finding["line"], finding["column"]) == ("manifest.entrypoint", 5, 15)
    assert finding["fix"] == {"line": 5, "column": 15, "end_line": 5, "end_column": 19, "text": "main"}


def test_github(lint: Callable[..., Said]) -> None:
    first = lint("a.yaml", "--format", "github", a=WRONG).out.splitlines()[0]
    assert first == (
        "::error file=a.yaml,line=5,endLine=5,title=manifest.entrypoint,col=15,endColumn=18"
        "::there is no template 'mian'. did you mean 'main'?"
    )


def test_markdown(lint: Callable[..., Said]) -> None:
    said = lint("a.yaml", "--format", "markdown", a=WRONG.replace("mian", "'@mian'"))
    assert said.out.startswith("**❌ sameday: 1 problem to fix** in 1 manifest\n\n### <code>train</code>\n")
    assert "@mian" not in said.out


def test_a_folder_of_files_with_several_documents(lint: Callable[..., Said], tmp_path: Path) -> None:
    said = lint(".", a=f"# the first\n{SHARED}---\n{SOUND}---\n", b="kind: ConfigMap\n")
    assert said.out.splitlines()[-1] == "3 manifests: passed with 1 notice"
    assert "b.yaml:1:7: notice [manifest.kind] the ConfigMap is not an Argo object; skipped" in said.out


def test_a_fault_of_the_second_document_has_its_line(lint: Callable[..., Said]) -> None:
    assert lint("a.yaml", a=f"{SHARED}---\n{WRONG}").out.startswith("a.yaml:12:15: error [manifest.entrypoint]")


BAD = {
    "no YAML": ("a: [b", "a.yaml:1:4: error [manifest.syntax] the `[` here is not closed"),
    "no mapping": ("- a\n- b\n", "a.yaml:1:3: error [manifest.wrong-type] this is not a manifest, which is a mapping"),
    "nothing": ("# a comment\n", "a.yaml:1:1: error [manifest.nothing] there is no manifest in the file"),
    "another kind": ("kind: Pod\n", "a.yaml:1:7: error [manifest.nothing] the Pod is not an Argo object; skipped"),
    "no kind": ("spec: {}\n", "a.yaml:1:1: error [manifest.nothing] the object has no `kind`"),
    "no UTF-8": (b"kind: \xff\n", "a.yaml:1:7: error [manifest.syntax] this is not UTF-8 text"),
    "an alias of itself": ("a: &a [*a]\n", "a.yaml:1:8: error [manifest.syntax] the alias *a stands inside itself"),
    "too large": (b"#" * (MAX_BYTES + 1), "a.yaml:1:1: error [manifest.size] the file has 8,388,609 bytes"),
    "no object at all": ("kind: Workflow\n", "a.yaml:1:1: error [manifest.entrypoint] the workflow does not say where"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("content", "first"), BAD.values(), ids=BAD)
def test_bad_files(content: str | bytes, first: str, lint: Callable[..., Said]) -> None:
    said = lint("a.yaml", a=content)
    assert said.out.startswith(first)
    assert (said.code, said.err) == (1, "")


@pytest.mark.slow
@pytest.mark.parametrize("field", ["metadata", "spec", "kind", "apiVersion"])
@pytest.mark.parametrize("value", ["3", "[]", "a", "null", "[[]]", "{a: [b]}"])
def test_no_value_makes_it_fall(field: str, value: str, lint: Callable[..., Said]) -> None:
    values = {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": "{}", "spec": "{}"}
    said = lint("a.yaml", a="".join(f"{key}: {text}\n" for key, text in {**values, field: value}.items()))
    assert (said.code, said.err) == (1, "")


def test_a_path_that_cannot_be_read(lint: Callable[..., Said]) -> None:
    said = lint("nowhere.yaml")
    assert (said.code, said.err) == (2, "sameday: nowhere.yaml: cannot be read: No such file or directory\n")


def test_levels_of_the_settings(lint: Callable[..., Said]) -> None:
    rules = "rules: {manifest.entrypoint: warning, manifest.unresolved: 'off'}\n"
    said = lint("a.yaml", a=WRONG, sameday=rules)
    assert (said.code, said.out.splitlines()[-1]) == (0, "1 manifest: passed with 1 warning")


def test_versions() -> None:
    (choices,) = (action.choices for action in parser()._subparsers._group_actions)  # type: ignore[union-attr]
    (argo,) = (action for action in some(choices)["lint"]._actions if action.dest == "argo")
    assert tuple(argo.choices) == VERSIONS


@pytest.mark.slow
def test_a_version_is_chosen(lint: Callable[..., Said]) -> None:
    newer = SHARED.replace("name: job, ", "name: job, pendingTimeout: 5m, ")
    said = {version: lint("a.yaml", "--argo", version, a=newer) for version in VERSIONS}
    assert [said[version].code for version in VERSIONS] == [1, 1, 1, 0]
    assert "Argo 4.0 has no field 'pendingTimeout', which exists since Argo 4.1" in said["4.0"].out


def test_without_hera(tmp_path: Path) -> None:
    """What is not proven is said once, and how to get it."""
    (tmp_path / "hera").mkdir()  # in the place of the real one, and without models
    (tmp_path / "hera" / "__init__.py").touch()
    for name in "ab":
        text = SHARED.replace("image:", "imaeg: x, image:").replace("shared", name)
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    said = sameday("lint", "a.yaml", "b.yaml", cwd=tmp_path, env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"})
    words = "whether every key is known and every value of the right kind: `pip install 'sameday[argo]'` adds it"
    assert said.code == 0
    assert said.out.count("unproven") == 1
    assert f"  unproven manifest: {words}\n" in said.out


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("d.yaml",)], ids=["in one run", "file by file"])
def test_a_second_opinion(argo: str, tmp_path: Path, more: tuple[str, ...]) -> None:
    """Where the two differ, both are told; the exit code stays ours. One unreadable file ends a run of Argo's."""
    for name, text in {
        "a": SHARED,
        "b": WRONG,
        "c": SOUND.replace("shared", "elsewhere"),
        "d": "kind: Workflow\nspec: []\n",
    }.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    path = {"PATH": f"{Path(argo).parent}{os.pathsep}{os.environ['PATH']}"}
    said = sameday("lint", "a.yaml", "b.yaml", "c.yaml", *more, "--second-opinion", cwd=tmp_path, env=path)
    assert said.code == 1
    last = said.out.splitlines()[-2:]
    assert last[0].startswith('c.yaml: argo refuses it: in "train" (Workflow): ')
    assert last[1].startswith("a second opinion, of argo v4.0.5")
    assert last[1].endswith(f"on {3 + len(more)} files: they differ on 1")


def test_no_second_opinion_is_to_be_had(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SHARED, encoding="utf-8")
    said = sameday("lint", "a.yaml", "--second-opinion", cwd=tmp_path, env={"PATH": str(tmp_path)})
    assert said.err == "sameday: --second-opinion asks Argo's own command, and there is no `argo` on the PATH\n"
    assert said.code == 2


@pytest.mark.parametrize("path", ["", ".", "bin", "{here}", "{here}/bin"])
def test_an_argo_that_came_with_the_files_is_not_asked(path: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SHARED, encoding="utf-8")
    for place in (tmp_path / "argo", tmp_path / "bin" / "argo"):
        program(place, tmp_path / "mark")
    said = sameday("lint", "a.yaml", "--second-opinion", cwd=tmp_path, env={"PATH": path.format(here=tmp_path)})
    assert said.err == "sameday: --second-opinion asks Argo's own command, and there is no `argo` on the PATH\n"
    assert not (tmp_path / "mark").exists()


@pytest.mark.slow
def test_a_second_opinion_on_nothing(argo: str, tmp_path: Path) -> None:
    (tmp_path / "--help.yaml").write_text("kind: ConfigMap\n", encoding="utf-8")
    env = {"PATH": str(Path(argo).parent)}
    said = sameday("lint", "--second-opinion", "--", "--help.yaml", cwd=tmp_path, env=env)
    assert (said.code, said.err) == (1, "")
    assert said.out.splitlines()[-1].endswith("on 1 file: they agree")
