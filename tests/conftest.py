"""What every part of the tests may use: the examples, a small repository, the command line, golden files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.far import cluster
from tests.far.argo import stack
from tests.far.argo.stack import Stack
from tests.far.emulator import Emulator, launched
from tests.far.postgresql import FAST, Server, running

pytest_plugins = ["tests.tiers"]
ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


@dataclass(frozen=True)
class Said:
    """What one command printed, and its exit code."""

    code: int
    out: str
    err: str


def sameday(*words: str, cwd: Path, timeout: float = 100, env: dict[str, str] | None = None) -> Said:
    """Run the command line as a process of its own, as a user does."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=cwd, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
    )  # fmt: skip
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def run() -> Callable[..., Said]:
    """The command line."""
    return sameday


@dataclass(frozen=True)
class Repo:
    """A git repository of experiments with the embedded stack."""

    root: Path

    def write(self, path: str, text: str) -> None:
        """Put a file into the working tree."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def commit(self, message: str = "a change") -> str:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *words: str) -> str:
        """Run git here."""
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *identity, *words], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout

    def sameday(self, *words: str, timeout: float = 100) -> Said:
        """Run the command line here."""
        return sameday(*words, cwd=self.root, timeout=timeout)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL for all tests."""
    with running(FAST) as started:
        yield started


@pytest.fixture(scope="session")
def apiserver() -> Iterator[cluster.Server]:
    """A Kubernetes API server for all tests, with the whole of Argo's schemas."""
    with cluster.running("full") as started:
        yield started


@pytest.fixture(scope="session")
def real_argo() -> Iterator[Stack]:
    """Argo for all tests, with an API server of its own: nobody plays its controller there."""
    with stack.launched() as started:
        yield started


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A BigQuery for all tests."""
    with launched() as started:
        yield started


SETTINGS = """\
engine: {kind: local, workers: 4}
warehouse: {kind: folder, dataset: main}
stores: {serving: {kind: sqlite}}
flags: {kind: folder}
ledger: {kind: sqlite}
ignorable: [flags.small-arm]
"""


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """The repository that every `repo` is a copy of, which is quicker than git."""
    made = Repo(tmp_path_factory.mktemp("begun") / "repo")
    made.root.mkdir()
    made.git("init", "-q", "--template=")
    made.write("sameday.yaml", SETTINGS)
    made.write(".gitignore", ".sameday/\n")
    made.commit("settings")
    return made


@pytest.fixture
def repo(begun: Repo, tmp_path: Path) -> Repo:
    """An empty repository with settings, committed."""
    return Repo(Path(shutil.copytree(begun.root, tmp_path / "repo")))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare text with a committed file; SAMEDAY_UPDATE=1 writes it instead."""

    def compare(path: Path, text: str) -> None:
        if os.environ.get("SAMEDAY_UPDATE"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; SAMEDAY_UPDATE=1 pytest writes it anew"

    return compare
