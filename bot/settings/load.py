"""From the text of `sameday.yaml` to the settings that are in force in an environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.document import faults
from bot.document.faults import shown
from bot.document.nearest import nearest
from bot.document.read import read
from bot.document.tree import Tree
from bot.finding import Problem, Route, Span
from bot.settings import accounts, overlap, traffic
from bot.settings.metric import Read, filled
from bot.settings.model import Settings

FILE = "sameday.yaml"
CHOSEN = ("check", "release")  # environments that commands ask for by themselves, declared or not


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the settings, and where."""

    span: Span
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, or what is wrong with them."""

    settings: Settings | None
    faults: tuple[Fault, ...] = ()


def load(content: bytes, environment: str, root: str = "", read_file: Read | None = None) -> Loaded:
    """The settings in `content` with the overrides of `environment`; relative paths start at the folder `root`.

    `read_file` reads the files that metrics name; without it they are not asked for.
    """
    tree = read(content)
    if tree.data is None and not tree.faults:
        tree.data = {}
    plain, problems = _validated(tree)
    if plain is None or problems:
        return Loaded(None, tuple(_fault(tree, problem, ()) for problem in problems))
    base = {key: value for key, value in tree.data.items() if key != "environments"}
    environments: dict[str, Settings] = {}
    faults: list[Fault] = []
    for name, override in plain.environments.items():  # all of them: a check finds what a release would stumble over
        settings, problems = _validated(Tree(merge(base, override), tree.root))
        faults += [_fault(tree, problem, ("environments", name)) for problem in problems]
        if settings is not None and not problems:
            environments[name] = settings
    if environment not in (*CHOSEN, *environments) and not faults:
        message, close = f"there is no environment {shown(environment)}", nearest(environment, environments)
        hint = f"did you mean '{close}'?" if close else f"declared: {', '.join(environments) or 'none'}"
        faults.append(Fault(tree.span(("environments",), "key"), message, hint))
    if faults:
        return Loaded(None, tuple(faults))
    chosen = environments.get(environment, plain)
    if chosen.metrics and read_file is not None:
        metrics, problems = filled(chosen.metrics, read_file)
        if problems:
            below = ("environments", environment) if chosen is not plain else ()
            return Loaded(None, tuple(_fault(tree, problem, below) for problem in problems))
        chosen = chosen.model_copy(update={"metrics": metrics})
    return Loaded(chosen.rooted(root) if root else chosen)


def _validated(tree: Tree) -> tuple[Settings | None, list[Problem]]:
    settings, problems = faults.validate(tree, Settings, "settings")
    if settings is not None:
        problems += [*accounts.problems(settings), *overlap.problems(settings)]
        problems += traffic.problems(settings.layers, settings.holdouts)
    return settings, problems


def _fault(tree: Tree, problem: Problem, below: Route) -> Fault:
    route = below + problem.route if tree.written(below + problem.route) else problem.route
    return Fault(tree.span(route, problem.on), problem.message, problem.hint)


def merge(base: Any, override: Any) -> Any:
    """`override` over `base`, mappings key by key; everything else is replaced."""
    if not isinstance(base, dict) or not isinstance(override, dict):
        return override
    return {**base, **{key: merge(base[key], value) if key in base else value for key, value in override.items()}}
