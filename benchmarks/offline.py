"""The two offline promises: a thousand experiments against loading them, and one file against importing pydantic."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from common import command, compare, repository, sameday

EXAMPLE = Path(__file__).parents[1] / "examples" / "experiments" / "next-locale.yaml"
LOAD = "import glob, yaml\nfor f in glob.glob('experiments/*.yaml'): yaml.load(open(f, 'rb'), Loader=yaml.CSafeLoader)"
IMPORT = "import yaml, pydantic\nclass M(pydantic.BaseModel): a: int"


def experiments(count: int) -> dict[str, str]:
    """The example, under as many names, with tables of its own each."""
    text = EXAMPLE.read_text(encoding="utf-8").replace('sources: ["jobs/**"]', "sources: []")
    named = {
        i: text.replace("next-locale-v2", f"locale-{i}").replace("next_locale", f"locale_{i}") for i in range(count)
    }
    return {f"experiments/e{i}.yaml": content for i, content in named.items()}


def main() -> None:
    """Print both ratios."""
    words = ("check", "--offline", "--format", "json")
    with tempfile.TemporaryDirectory() as folder:
        many = repository(Path(folder) / "many", experiments(1_000))
        compare("1,000 experiments", sameday(many, *words), command(many, sys.executable, "-c", LOAD), 3)
        one = repository(Path(folder) / "one", experiments(1))
        compare("start-up, one file", sameday(one, *words), command(one, sys.executable, "-c", IMPORT), 2.5, runs=15)


if __name__ == "__main__":
    main()
