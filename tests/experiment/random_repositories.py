"""Random repositories of a few experiments that get in each other's way, and what a pull request makes of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.experiment.files import blob_id

NAMES = ["als", "bpr", "cf", "dnn", "ease"]
TABLES = ["t", "main.t", "main.u", "other.u", "v"]
SYNCED = ["one", "two"]
GLOBS = ["src/**", "src/a.py", "./src/*.py", "src/?.sql", "nothing/**"]
DAMAGE = [b"", b"name: [als]\n", b"{", b"jobs: []\n", b"name: als\nunknown: 1\n", b"- als\n", b"\xff", b"name: cf\n"]


@dataclass
class Tree:
    """Files as a commit has them, which is nowhere but here; those in `links` are no plain files."""

    content: Mapping[str, bytes]
    links: frozenset[str] = frozenset()
    read_paths: list[str] = field(default_factory=list)

    def paths(self) -> Sequence[str]:
        return sorted(self.content)

    def read(self, path: str, limit: int) -> bytes:
        if path in self.links:
            raise OSError("this is a link")
        self.read_paths.append(path)
        return self.content[path][:limit]

    def content_id(self, path: str) -> str | None:
        return None if path in self.links else blob_id(self.content[path])


def before(rng: random.Random) -> Tree:
    """A few experiments and some code."""
    files = {f"experiments/{i}.yaml": _file(rng) for i in range(rng.randint(2, 7))}
    links = frozenset(path for path in files if rng.random() < 0.05)
    return Tree(files | {"src/a.py": b"1", "src/b.sql": b"1"}, links)


def after(rng: random.Random, tree: Tree) -> Tree:
    """The same with files that are changed, new, moved and gone."""
    files = dict(tree.content)
    for _ in range(rng.randint(0, 2)):
        path = rng.choice(sorted(files))
        kind = rng.random()
        if path.startswith("src"):
            files[path] += b"1"
        elif kind < 0.2:
            del files[path]
        elif kind < 0.3:
            files[f"experiments/moved-{len(files)}.yaml"] = files.pop(path)
        elif kind < 0.5:
            files[f"experiments/new-{len(files)}.yaml"] = rng.choice([_file(rng), files[path]])
        else:
            files[path] = _file(rng)
    links = {path for path in files if rng.random() < 0.02}
    return Tree(files, frozenset(links | (tree.links & files.keys())))


def differing(one: Tree, other: Tree) -> set[str]:
    """The paths that a comparison of both names."""
    return {
        path
        for path in one.content.keys() | other.content.keys()
        if one.content.get(path) != other.content.get(path) or (path in one.links) != (path in other.links)
    }


def _file(rng: random.Random) -> bytes:
    if rng.random() < 0.1:
        return rng.choice(DAMAGE)
    return yaml.safe_dump(_experiment(rng)).encode()


def _experiment(rng: random.Random) -> dict[str, Any]:
    one: dict[str, Any] = {"name": rng.choice(NAMES), "jobs": [{"name": "j", "command": rng.choice(["x", "y"])}]}
    if rng.random() < 0.4:
        one["inputs"] = {"i": rng.choice([_read(rng), {"table": rng.choice(TABLES)}])}
    if rng.random() < 0.7:
        one["outputs"] = {name: _output(rng) for name in rng.sample(["o", "p"], rng.randint(1, 2))}
    if rng.random() < 0.4:
        one["sources"] = rng.sample(GLOBS, rng.randint(1, 2))
    if rng.random() < 0.2:
        one["renamed_from"] = rng.choice(NAMES)
    if rng.random() < 0.3:
        end = rng.choice(["2026-01-02", "2099-01-02"])
        arms = [{"name": "x", "control": True, "table": "main.v"}, {"name": "y", "table": "main.w"}]
        period = {"start": "2026-01-01", "end": end, **rng.choice([{}, {"timezone": "Asia/Tokyo"}])}
        one["serving"] = {"kind": "ab", "arms": arms, "period": period, **_traffic(rng)}
    if rng.random() < 0.1:
        one["jobs"].append({"name": "k", "command": "x", "dependencies": ["k"]})
    return one


def _traffic(rng: random.Random) -> dict[str, Any]:
    """What tests get in each other's way by."""
    said = {
        "layer": rng.choice(["default", "home"]),
        "slots": rng.choice([{"start": 0, "end": 5_000}, {"start": 4_000, "end": 10_000}]),
        "surfaces": rng.choice([[{"channel": "mail"}], [{"channel": "api", "placement": "home"}]]),
        "salt": rng.choice(["one", "two"]),
        "unit": rng.choice(["user_id", "session_id"]),
        "conditions": {"after": {"experiment": rng.choice(NAMES)}},
        "phase": 2,
    }
    return {key: said[key] for key in rng.sample(sorted(said), rng.randint(0, 4))}


def _read(rng: random.Random) -> dict[str, Any]:
    return {"experiment": rng.choice(NAMES), "output": rng.choice(["o", "p"])}


def _output(rng: random.Random) -> dict[str, Any]:
    sync = {"sync": {"store": rng.choice(["serving", "nowhere"]), "table": rng.choice(SYNCED)}}
    return {"table": rng.choice(TABLES), "job": "j", "columns": {"a": "STRING"}} | (sync if rng.random() < 0.5 else {})
