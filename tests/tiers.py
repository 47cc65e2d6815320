"""Which tests run. Slow ones carry the mark `slow`: they start servers or installations, kill processes, wait for what
only time brings, or play the program many times or on much.

`--tier quick`, the default, leaves them out; `sample` takes one case of each slow test, always the same; `all` takes
all. Without the option, a file that is named on the command line runs whole: who names it wants it.

All quick tests run in as many processes as there are processors. Slow ones share servers, and run in one.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz import COUNT

SAMPLE = 1  # cases of each slow test: with more, `.ci/run` takes an hour and longer
LONG = 3_600  # seconds that a test may take where SAMEDAY_COUNT says how many cases it plays
LEFT = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option `--tier`."""
    words = "which slow tests run: none (quick, the default), one case of each (sample), or all"
    parser.addoption("--tier", choices=("quick", "sample", "all"), help=words)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not of the tier; who asks for many drawn values waits for them."""
    if COUNT:
        for item in items:
            item.add_marker(pytest.mark.timeout(LONG), append=False)
    tier = config.getoption("tier")
    named = _named(config) if tier is None else set()
    slow = [item for item in items if item.get_closest_marker("slow") and item.path not in named]
    left = {"all": [], "sample": _beyond_sample(slow)}.get(tier or "quick", slow)
    if left:
        gone = set(left)
        items[:] = [item for item in items if item not in gone]
        config.hook.pytest_deselected(items=left)
        config.stash[LEFT] = len(left)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The processes: one for each processor where all quick tests run, else none but this."""
    whole = not config.option.file_or_dir and config.getoption("tier") in (None, "quick")
    return os.cpu_count() or 1 if whole and not config.option.usepdb else 0


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that sums up what did not run here."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left"] = session.config.stash.get(LEFT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """What did not run in a process, which is the same in each."""
    node.config.stash[LEFT] = getattr(node, "workeroutput", {}).get("left", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what did not run, and how it does."""
    if left := config.stash.get(LEFT, 0):
        terminalreporter.write_line(
            f"{left} slow tests did not run: `--tier sample` runs a case of each, `--tier all` all of them. "
            "`make servers` installs what they need, `bash .ci/run` does all that CI does."
        )


def _named(config: pytest.Config) -> set[Path]:
    """The files on the command line."""
    paths = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return {path.resolve() for path in paths if path.is_file()}


def _beyond_sample(slow: list[pytest.Item]) -> list[pytest.Item]:
    """All but a case of each test. It is drawn by the names' hashes, so that no parameter is favoured."""
    cases = defaultdict(list)
    for item in slow:
        cases[item.nodeid.partition("[")[0]].append(item)
    return [item for each in cases.values() for item in sorted(each, key=_drawn)[SAMPLE:]]


def _drawn(item: pytest.Item) -> str:
    return hashlib.sha256(item.nodeid.encode()).hexdigest()
