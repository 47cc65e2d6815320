"""A command that says nothing for a while is seen to be at work, on a terminal and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from tests.conftest import ROOT, Repo

SLOW = 'name: reco\njobs: [{name: infer, command: "sleep 2"}]\n'
SETTINGS = """\
engine: {kind: local}
ledger: {kind: sqlite, path: .sameday/ledger.sqlite}
"""


def on_terminal(repo: Repo, *words: str) -> str:
    """What a terminal is given, which is standard output and error at once."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bot", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(
        command, cwd=repo.root, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    heard = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        while True:
            try:
                part = terminal.read(4096)
            except OSError:  # Linux says so where the other end is closed
                break
            if not part:
                break
            heard += part
    assert process.wait(30) == 0, heard
    return heard.decode()


@pytest.mark.slow
def test_a_silent_job_is_seen_to_be_at_work(repo: Repo) -> None:
    repo.write("sameday.yaml", SETTINGS)
    repo.write("experiments/reco.yaml", SLOW)
    repo.commit("a job that takes two seconds")
    said = on_terminal(repo, "release", "--experiment", "reco")
    meanwhile = said[said.index("generate started") : said.index("is live")]
    _, sign, after = meanwhile.partition("sameday release is at work")
    assert sign
    assert "\x1b[2K" in after, "the line is taken away again"


@pytest.mark.slow
def test_a_pipe_is_told_nothing_of_it(repo: Repo) -> None:
    repo.write("sameday.yaml", SETTINGS)
    repo.write("experiments/reco.yaml", SLOW)
    repo.commit("a job that takes two seconds")
    said = repo.sameday("release", "--experiment", "reco")
    assert (said.code, said.err) == (0, "")
    assert "at work" not in said.out
