"""Write again everything that is generated and committed: `python -m tests.update`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bot.cli.show import schema_text
from bot.report import manual
from checks import CHECKS

ROOT = Path(__file__).parent.parent
GENERATED: dict[str, Callable[[], str]] = {
    "bot/experiment.schema.json": lambda: schema_text(settings=False),
    "bot/settings.schema.json": lambda: schema_text(settings=True),
    "checks/README.md": lambda: manual.markdown(CHECKS),
}
GOLDEN = ["tests/init", "tests/report", "tests/rehearse"]


def main() -> int:
    """Documents first, then the golden files, which the tests that compare them write."""
    for path, text in GENERATED.items():
        (ROOT / path).write_text(text(), encoding="utf-8")
    return subprocess.call(
        [sys.executable, "-m", "pytest", "--tier", "all", *GOLDEN], cwd=ROOT, env={**os.environ, "SAMEDAY_UPDATE": "1"}
    )


if __name__ == "__main__":
    sys.exit(main())
