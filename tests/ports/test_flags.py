"""What every place for flags does."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

from bot.ports import Flags
from tests.some import some

ON = {"state": "ENABLED", "variants": {"none": {}, "als": {"table": "v4"}}, "defaultVariant": "none",
      "targeting": {"if": [True, "als", "none"]}, "metadata": {"owner": "@acme/reco", "slots_start": 0}}  # fmt: skip
OTHER = {"state": "ENABLED", "variants": {"none": {"table": "日本語"}}, "defaultVariant": "none", "targeting": {}}

WRITER = """
import json
flag = json.loads(sys.argv[3])
sys.stdin.readline()
for i in range(25):
    port.publish({f"{sys.argv[2]}-{i}": flag})
    if i % 2:
        port.publish({f"{sys.argv[2]}-{i}": None})
"""


def test_nothing_is_published_yet(open_flags: Callable[[], Flags]) -> None:
    assert open_flags().published("demo") is None
    open_flags().publish({"demo": None})
    assert open_flags().published("demo") is None


def test_publish_replace_and_take_out(open_flags: Callable[[], Flags]) -> None:
    for flag in (ON, ON, OTHER, None, None, ON):
        open_flags().publish({"demo": flag})
        assert open_flags().published("demo") == flag


def test_other_flags_stay(open_flags: Callable[[], Flags]) -> None:
    open_flags().publish({"a": ON})
    open_flags().publish({"b": OTHER})
    open_flags().publish({"a": OTHER})
    assert (open_flags().published("a"), open_flags().published("b")) == (OTHER, OTHER)
    open_flags().publish({"a": None})
    assert (open_flags().published("a"), open_flags().published("b")) == (None, OTHER)
    assert open_flags().all() == {"b": OTHER}


def test_processes_at_once_lose_nothing(
    open_flags: Callable[[], Flags], elsewhere: Callable[..., subprocess.Popen[str]]
) -> None:
    names = ["one", "two", "three"]
    processes = [elsewhere(WRITER, open_flags, name, json.dumps(ON)) for name in names]
    for process in processes:
        some(process.stdin).write("\n")
        some(process.stdin).flush()
    assert [process.wait() for process in processes] == [0, 0, 0]
    found = {f"{name}-{i}": open_flags().published(f"{name}-{i}") for name in names for i in range(25)}
    assert found == {f"{name}-{i}": None if i % 2 else ON for name in names for i in range(25)}
