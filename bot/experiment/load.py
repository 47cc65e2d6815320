"""From a file's bytes to an experiment: its spec where it is sound, and every problem where it is not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.document import faults
from bot.document.mend import mended
from bot.document.read import read
from bot.document.tree import Tree
from bot.experiment import crossfield, schedule
from bot.experiment.model import Spec
from bot.finding import Problem


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment file; `spec` raises where `problems` is not empty, so checks that read it require `schema`."""

    path: str
    name: str
    tree: Tree = field(repr=False)
    problems: tuple[Problem, ...]
    parsed: Spec | None = field(repr=False)

    @property
    def spec(self) -> Spec:
        """What the file declares."""
        if self.parsed is None:
            raise ValueError(f"{self.path} has problems; check `schema` first")
        return self.parsed


def load(path: str, content: bytes) -> Experiment:
    """The experiment in `content`; `path` is how findings will call the file. Nothing is raised for bad content."""
    tree = read(content)
    parsed, problems = faults.validate(tree, Spec, "an experiment")
    if isinstance(tree.data, dict):
        data, back = mended(tree.data, problems)
        between = [*crossfield.problems(data), *schedule.problems(data)]
        problems += [replace(problem, route=back(problem.route)) for problem in between]
    name = tree.data.get("name") if isinstance(tree.data, dict) else None
    unique = tuple(dict.fromkeys(problems))
    return Experiment(path, name if isinstance(name, str) else "", tree, unique, None if unique else parsed)
