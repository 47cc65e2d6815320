"""The process belongs to who starts it: our code changes nothing that all of it shares, unless it is a program's entry.

Other threads, tests and programs that import us would see the change; what a function needs is passed to it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = [path for folder in ("bot", "checks") for path in sorted((ROOT / folder).rglob("*.py"))]

CALLS = {
    "os.chdir", "os.fchdir", "contextlib.chdir", "chdir", "os.putenv", "os.unsetenv", "os.umask",
    "gc.disable", "gc.enable", "gc.freeze", "gc.set_threshold",
    "logging.basicConfig", "logging.disable", "logging.setLogRecordFactory", "logging.setLoggerClass",
    "locale.setlocale", "random.seed", "socket.setdefaulttimeout", "sys.setrecursionlimit", "time.tzset",
    "warnings.simplefilter", "warnings.filterwarnings",
}  # fmt: skip
ROOT_LOGGER = {f"logging.{level}" for level in ("debug", "info", "warning", "error", "critical", "exception")}
CHANGES = {"clear", "pop", "popitem", "setdefault", "update"}
ENVIRONMENT = "os.environ"

ALLOWED = {
    ("bot/cli/__init__.py", "gc.disable"): "in `entry`: the process does one thing and ends",
    ("bot/cli/told.py", "os.environ.update"): "a program's entry: clients of clouds read their logins from the process",
}  # fmt: skip


def changes(source: str) -> Iterator[str]:
    """What changes the process, in words."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            root = name == "logging.getLogger" and (not node.args or ast.unparse(node.args[0]) in ("''", "None"))
            if root or name in CALLS | ROOT_LOGGER or name in {f"{ENVIRONMENT}.{verb}" for verb in CHANGES}:
                yield name
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "logging.root":
            yield "logging.root"
        elif isinstance(node, ast.ImportFrom):
            yield from (whole for alias in node.names if (whole := f"{node.module}.{alias.name}") in CALLS)
            yield from (ENVIRONMENT for alias in node.names if f"{node.module}.{alias.name}" == ENVIRONMENT)
        targets = [*getattr(node, "targets", []), getattr(node, "target", None)]
        for target in targets if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete) else []:
            name = ast.unparse(target) if target is not None else ""
            if name == ENVIRONMENT or name.startswith((f"{ENVIRONMENT}[", "sys.stdout", "sys.stderr", "sys.path")):
                yield name


def test_nothing_changes_the_process() -> None:
    found = {(str(path.relative_to(ROOT)), what) for path in CODE for what in changes(path.read_text(encoding="utf-8"))}
    assert found == ALLOWED.keys()


@pytest.mark.parametrize(
    "line",
    [
        "os.chdir('/')", "with contextlib.chdir('/'): pass", "from contextlib import chdir", "os.environ['A'] = 'b'",
        "del os.environ['A']", "os.environ |= {}", "os.environ.setdefault('A', 'b')", "from os import environ",
        "logging.getLogger().addHandler(h)", "logging.getLogger('').addHandler(h)", "logging.root.addHandler(h)",
        "logging.error('x')", "gc.disable()", "sys.stdout = f", "sys.path[:0] = ['x']",
    ],
)  # fmt: skip
def test_a_change_is_found(line: str) -> None:
    assert list(changes(line))


@pytest.mark.parametrize(
    "line", ["os.environ['A']", "dict(os.environ)", "logging.getLogger('google')", "gc.collect()", "sys.stdout.flush()"]
)
def test_looking_is_no_change(line: str) -> None:
    assert not list(changes(line))
