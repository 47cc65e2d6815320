"""What experiments compile to is what Argo takes: structure, names, graph and variables."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.compile import argo as compiler
from bot.compile.work import work
from bot.experiment.load import load
from bot.experiment.repository import Repository
from bot.settings import load as load_settings
from tests.checks.conftest import Memory
from tests.conftest import EXAMPLES
from tests.fuzz import drawn
from tests.lint.conftest import findings
from tests.lint.oracle import ask
from tests.lint.test_oracle import refused

pytestmark = pytest.mark.slow

DIGEST = "@sha256:" + "a" * 64
SETTINGS = f"""\
engine: {{kind: local}}
warehouse: {{kind: folder}}
stores: {{serving: {{kind: sqlite}}}}
manifests: {{image: registry/sameday{DIGEST}}}
repos:
  default: {{image: registry/reco{DIGEST}}}
  examples: {{image: registry/examples{DIGEST}}}
  repo: {{image: registry/repo{DIGEST}}}
  reco-batch: {{image: registry/batch{DIGEST}, service_account: reco, environment: {{A: b}}}}
""".encode()
DAY = dt.date(2026, 11, 30)
COMMANDS = ("python -m reco", "echo 'a b' | wc -l", "echo {{workflow.name}}", "echo {{workflow.nome}}")
EXPERIMENTS = sorted((EXAMPLES / "experiments").glob("*.yaml"))


def compiled(content: str) -> str:
    """The manifests of an experiment, as one file."""
    loaded = load_settings(SETTINGS, "check", ".").settings
    assert loaded is not None
    files = {path.name: path.read_bytes() for path in EXPERIMENTS} | {"x.yaml": content.encode()}
    repository = Repository(tuple(load(path, text) for path, text in files.items()), Memory(files))
    made = work(repository.experiments[-1], repository, loaded, DAY)
    return yaml.safe_dump_all(compiler.manifests(made, loaded.manifests), sort_keys=False)


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_examples(path: Path, argo: str, tmp_path: Path) -> None:
    place = tmp_path / "m.yaml"
    place.write_text(compiled(path.read_text(encoding="utf-8").replace("name: ", "name: x-", 1)), encoding="utf-8")
    assert [finding.message for finding in findings({"m.yaml": place.read_bytes()})] == []
    assert ask(argo, place) == ""


@st.composite
def experiments(draw: Any) -> dict[str, Any]:
    """An experiment with a graph of jobs, perhaps a schedule and an output."""
    names = draw(st.lists(st.from_regex(r"[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True), min_size=1, unique=True))
    jobs = []
    for i, name in enumerate(names):
        job = {
            "name": name,
            "command": draw(st.sampled_from(COMMANDS)),
            "dependencies": draw(st.lists(st.sampled_from(names[:i]), unique=True, max_size=3)) if i else [],
        }
        jobs.append(job | draw(st.sampled_from(({}, {"option": {"repo": "reco-batch"}}, {"timeout": "30m"}))))
    output = {"table": "reco.als", "job": names[-1], "columns": {"a": "STRING"}, "key": ["a"]}
    more = {"schedule": {"cron": "0 4 * * *", "timezone": "Asia/Tokyo"}, "outputs": {"scores": output}}
    keys = draw(st.sets(st.sampled_from(sorted(more))))
    return {"name": draw(st.from_regex(r"[a-z][a-z0-9-]{0,38}[a-z]", fullmatch=True)), "jobs": jobs} | {
        key: more[key] for key in keys
    }


@pytest.mark.timeout(300)
@drawn(40, most=3_000)
@given(experiment=experiments())
def test_argo_agrees(argo: str, experiment: dict[str, Any]) -> None:
    text = compiled(yaml.safe_dump(experiment, sort_keys=False))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.yaml"
        path.write_text(text, encoding="utf-8")
        said = ask(argo, path)
    assert bool(said) == refused(path.name, text.encode()), f"{said or 'argo takes it'}\n{text}"
