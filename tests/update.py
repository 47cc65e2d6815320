"""Write again everything that is generated and committed: `python -m tests.update`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bot.cli.show import schema_text
from bot.experiment.model import Spec
from bot.report import manual
from bot.report.svg import svg
from bot.settings import Settings
from checks import CHECKS
from tests.docs import commands, exposures, keys, layers, rights
from tests.serving import flag_vectors, vectors

ROOT = Path(__file__).parent.parent
TYPES = """\
A *duration* is a number with s, m, h or d, as in `26h`. A *name* has at most 40 of a-z, 0-9 and hyphens; a *word* has
a-z, 0-9 and `_`. Loading is strict: an unknown key, a duplicate key or a value of another type is an error."""
EXPERIMENT = f"""\
Every key of an experiment file. Made from the models that load it; `sameday schema` prints the same as a JSON Schema,
and `sameday init` makes your editor use it.

{TYPES}"""
SETTINGS = f"""\
Every key of `sameday.yaml`. Made from the models that load it; `sameday schema --settings` prints the same as a JSON
Schema. A whole file, with every backend of production, is in [Settings for production](../platform/settings.md).

{TYPES}"""
GENERATED: dict[str, Callable[[], str]] = {
    "bot/experiment.schema.json": lambda: schema_text(settings=False),
    "bot/settings.schema.json": lambda: schema_text(settings=True),
    "docs/guides/layers.svg": lambda: svg(layers.LINES),
    "docs/reference/action.md": commands.action,
    "docs/reference/commands.md": commands.commands,
    "docs/reference/experiment.md": lambda: keys.page(Spec, "Experiment file", EXPERIMENT),
    "docs/reference/exposures.md": exposures.page,
    "docs/reference/rights.md": rights.page,
    "docs/reference/rules.md": lambda: manual.markdown(CHECKS),
    "docs/reference/settings.md": lambda: keys.page(Settings, "Settings", SETTINGS),
    "examples/kubernetes.yaml": rights.shipped,
    "examples/serving/flags.json": flag_vectors.page,
    "examples/serving/vectors.json": vectors.page,
}
GOLDEN = ["tests/docs/test_pages.py", "tests/init", "tests/report", "tests/rehearse"]


def main() -> int:
    """Documents first, then the golden files, which the tests that compare them write."""
    for path, text in GENERATED.items():
        (ROOT / path).write_text(text(), encoding="utf-8")
    return subprocess.call(
        [sys.executable, "-m", "pytest", "--tier", "all", *GOLDEN], cwd=ROOT, env={**os.environ, "SAMEDAY_UPDATE": "1"}
    )


if __name__ == "__main__":
    sys.exit(main())
