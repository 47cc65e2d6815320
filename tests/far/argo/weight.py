"""What the processes of a cluster take."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

PARTS = {"etcd": "etcd", "kube-apiserver": "API server", "workflow-controller": "controller"}
PAGE = os.sysconf("SC_PAGE_SIZE")


def memory(folder: Path) -> Mapping[str, float]:
    """Resident megabytes of each part of the cluster that lives in this folder, and of this process."""
    sizes: Counter[str] = Counter()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it is over
            words = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
            name = PARTS.get(Path(words[0]).name)
            if Path(words[0]).name.startswith("python") and "tests.far.argo.node" in words:
                name = "node"
            if name and any(str(folder) in word for word in words):
                sizes[name] += _resident(place)
    return {name: sizes[name] / 1e6 for name in sorted(sizes)} | {"sameday": _resident(Path("/proc/self")) / 1e6}


def _resident(place: Path) -> int:
    return int((place / "statm").read_text().split()[1]) * PAGE
