"""A job that looks into every process of its user finds no secret of ours: not of who started it, nor beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.conftest import Repo

HERE = Path(__file__).parent
TOKEN, DSN = "token-5e6d7c8b", "postgresql://run:dsn-1f2e3d4c@nowhere/serving"
DECOY = "decoy-9a8b7c6d"
SECRETS = {"GITHUB_TOKEN": TOKEN, "SERVING_DSN": DSN}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process say who may look into it"),
    pytest.mark.skipif(os.getuid() == 0 and not shutil.which("setpriv"), reason="needs setpriv, of util-linux"),
]
# Root may look into everything; without its capabilities it is a user like others.
PLAIN = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []


@pytest.fixture(autouse=True)
def decoy() -> Iterator[None]:
    """A process in which a spy finds something, if it can look at all."""
    with subprocess.Popen([*PLAIN, "cat"], stdin=subprocess.PIPE, env={"DECOY": DECOY}) as process:
        yield
        process.kill()


def spied(root: Path) -> tuple[bool, list[str]]:
    """Whether the spy found the decoy, and what else it found."""
    found = next(root.rglob("found")).read_text().splitlines()
    decoys = [line for line in found if line.startswith(DECOY[::-1])]
    return bool(decoys), [line for line in found if line not in decoys]


def test_a_job_reads_no_secret_of_the_command_that_started_it(repo: Repo) -> None:
    spy = [sys.executable, "-I", str(HERE / "spy.py"), "3", "bot", *(word[::-1] for word in (TOKEN, DSN, DECOY))]
    repo.write("experiments/spy.yaml", yaml.safe_dump({"name": "spy", "jobs": [{"name": "look", "commands": spy}]}))
    repo.commit()
    done = subprocess.run(
        [*PLAIN, sys.executable, "-I", "-m", "bot", "run", "spy", "--unreleased", "--date", "2026-11-23"],
        cwd=repo.root, env={**os.environ, **SECRETS}, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert spied(repo.root) == (True, [])


BESIDE = """
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from bot.engines.local.engine import Local
from bot.engines.local.prctl import hide
from bot.ports import Read, Step, Work
from bot.settings.kinds import LocalEngine

hide()
path, secret, *spy = sys.argv[1:2] + [sys.stdin.read()] + sys.argv[2:]
task = (sys.executable, "-I", "-m", "bot.cli.told", "task")
engine = Local(LocalEngine(path="engine"), Path(path), task, {"PATH": "/usr/bin:/bin"}, {"SERVING_DSN": secret})
day, waits = date(2026, 11, 23), {"users": Read(table="main.users", address=path + "/users.parquet")}
backends = {"warehouse": {"kind": "folder", "path": path}}
other = Work(experiment="other", key="0badcafe", date=day, steps=(Step(name="spy", argv=tuple(spy), timeout=90),))
never = Step(name="job", argv=("true",), timeout=9)
mine = Work(experiment="mine", key="0badcafe", date=day, steps=(never,), inputs=waits, backends=backends, patience=300)
engine.submit(other)
engine.submit(mine)
*_, last = engine.watch([other.run], datetime.now(UTC) + timedelta(seconds=90))
print(last.state, engine.find(mine.run).state)
engine.cancel("mine", [])
*_, last = engine.watch([mine.run], datetime.now(UTC) + timedelta(seconds=90))
"""


def test_a_job_reads_no_secret_of_another_runs_supervisor_and_task(tmp_path: Path) -> None:
    spy = [sys.executable, "-I", str(HERE / "spy.py"), "5", "bot.cli.told", *(word[::-1] for word in (DSN, DECOY))]
    done = subprocess.run(
        [*PLAIN, sys.executable, "-I", "-c", BESIDE, str(tmp_path), *spy],
        cwd=tmp_path, input=DSN, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("succeeded running\n", "")
    assert spied(tmp_path) == (True, [])
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and DSN.encode() in file.read_bytes()]
    assert kept == []
