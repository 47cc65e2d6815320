"""Ctrl-C ends the command, not the work: what goes on is told, and does go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT, Repo

pytestmark = pytest.mark.slow


def test_a_run_goes_on(repo: Repo) -> None:
    repo.write("sameday.yaml", "engine: {kind: local}\nledger: {kind: sqlite}\n")
    repo.write(".gitignore", ".sameday/\n")
    gate = repo.root / ".sameday" / "gate"
    waits = f"until [ -e '{gate}' ]; do sleep 0.05; done; echo ended"
    repo.write("experiments/a.yaml", f'name: slow\njobs: [{{name: j, commands: [sh, -c, "{waits}"]}}]\n')
    repo.commit()
    command = [sys.executable, "-m", "bot", "run", "slow", "--unreleased", "--date", "2026-11-01"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=repo.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while not list((repo.root / ".sameday").glob("engine/runs/*/nodes/j.log")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.startswith("sameday: interrupted; the run goes on, if it has begun: `sameday status` shows it")
    assert "Traceback" not in error
    gate.touch()
    said = repo.sameday("run", "slow", "--unreleased", "--date", "2026-11-01")
    assert said.code == 0, said.out + said.err
    assert "slow-" in said.out
    logs = [log.read_text(encoding="utf-8") for log in (repo.root / ".sameday").glob("engine/runs/*/nodes/j.log")]
    assert [log.count("ended") for log in logs] == [1], "it was one run, from its beginning to its end"
