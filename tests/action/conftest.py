"""A checked-out repository that means harm, and one installation of the action that tests may share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.far.runner import ROOT, Ran, use

MODULES = (
    "bot/__init__",
    "bot/__main__",
    "checks/__init__",
    "hatchling",
    "pip",
    "sitecustomize",
    "usercustomize",
    "venv",
)
MIRROR = {
    "uv.toml": 'index-url = "http://127.0.0.1:9/simple"\nno-index = true\n',
    "pyproject.toml": '[tool.uv]\nindex-url = "http://127.0.0.1:9/simple"\nno-index = true\n',
    "pip.conf": "[global]\nindex-url = http://127.0.0.1:9/simple\nno-index = true\n",
    ".python-version": "2.7.0\n",
}
UV = Path(sys.executable).parent / "uv"  # one of the tests' own requirements
ACTION = ("action.yml", "bot", "checks", "LICENSE", "README.md", "pyproject.toml", "requirements.lock")


@dataclass(frozen=True)
class Job:
    """A job on a runner: the action as it was downloaded, a workspace, a folder for temporary files."""

    action: Path
    workspace: Path
    temp: Path
    uv: bool

    def use(self, inputs: dict[str, str] | None = None, env: dict[str, str] | None = None) -> Ran:
        """One step `uses: sameday-bot/sameday@...`."""
        more = {"PATH": self._path(), "PYTHONPATH": str(self.workspace)} | (env or {})
        return use(self.action, self.workspace, self.temp, {"python": sys.executable} | (inputs or {}), more)

    @property
    def python(self) -> Path:
        """The interpreter of sameday's own environment."""
        return self.temp / "sameday-python" / "bin" / "python"

    @property
    def mark(self) -> Path:
        """What is left when code of the workspace has run."""
        return self.workspace / "ran"

    def __call__(self, *words: str) -> str:
        """What the installed Python prints."""
        done = subprocess.run([self.python, "-I", *words], cwd=self.workspace, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _path(self) -> str:
        folders = [f for f in os.environ["PATH"].split(os.pathsep) if not (Path(f) / "uv").exists()]
        if self.uv:
            tools = self.temp / "_tools"
            tools.mkdir(exist_ok=True)
            if not (tools / "uv").exists():
                (tools / "uv").symlink_to(UV)
            folders.insert(0, str(tools))
        return os.pathsep.join(folders)


def harm(workspace: Path) -> None:
    """Fill a workspace with files that would be run, or obeyed, by a careless step."""
    for name in MODULES:
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        text = f"open({str(workspace / 'ran')!r}, 'a').write({name!r})\n"
        (workspace / f"{name}.py").write_text(text, encoding="utf-8")
    for path, text in MIRROR.items():
        (workspace / path).write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The action as a runner downloads it: no git, nothing that is not committed in the usual course."""
    folder = tmp_path_factory.mktemp("action") / "sameday"
    folder.mkdir()
    for name in ACTION:
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(place, folder / name)
    return folder


@pytest.fixture(scope="session")
def start(action: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Job]:
    """A new job, on a runner with or without uv."""

    def make(uv: bool) -> Job:
        top = tmp_path_factory.mktemp("job")
        job = Job(action, top / "work space", top / "temp", uv)
        job.workspace.mkdir()
        job.temp.mkdir()
        harm(job.workspace)
        return job

    return make


@pytest.fixture(scope="session")
def installed(start: Callable[[bool], Job]) -> Job:
    """A job in which sameday has been installed once, with uv."""
    job = start(True)
    ran = job.use()
    assert ran.codes["install"] == 0, ran.log
    return job
