"""Argo's own command over many manifests, and its own tests and examples where Go's module cache has them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

MODULE = "github.com/argoproj/argo-workflows/v4@v4.0.5"
TEXT = re.compile(r"`([^`]*)`")
HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n"
WORKERS = 2


def ask(argo: str, path: Path) -> str:
    """What Argo says of the file; '' if it takes it."""
    done = subprocess.run(
        [argo, "lint", "--offline", "--no-color", "--output", "simple", path.name],
        cwd=path.parent, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return (done.stdout + done.stderr).strip() or "refused" if done.returncode else ""


def ask_all(argo: str, folder: Path, files: Mapping[str, bytes]) -> dict[str, str]:
    """What Argo says of each file by itself."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip(files, pool.map(partial(ask, argo), [folder / name for name in files]), strict=True))


def source() -> Path | None:
    """Argo's source, if Go has it."""
    cache = os.environ.get("GOMODCACHE") or Path(os.environ.get("GOPATH", "~/go")).expanduser() / "pkg" / "mod"
    found = Path(cache, MODULE)
    return found if found.is_dir() else None


def corpus(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every manifest of Argo's validation tests, of its end-to-end tests, and every published example."""
    for path in sorted((root / "workflow" / "validate").glob("*_test.go")):
        for found in TEXT.finditer(path.read_text(encoding="utf-8")):
            text = found[1].lstrip("\n")
            if ":" in text and "\n" in text:
                whole = text if re.search("^kind:", text, re.MULTILINE) else HEAD + text
                yield f"{path.stem}-{found.start()}.yaml", whole.encode()
    for folder in ("examples", "test/e2e"):
        for path in sorted((root / folder).rglob("*.yaml")):
            yield path.relative_to(root).as_posix().replace("/", "_"), path.read_bytes()
