"""Steps and tasks that run once per item, and the hooks that run beside them."""

from __future__ import annotations

from collections.abc import Iterator

from bot.finding import Problem, Route
from bot.lint.text.values import Data, at, part, text
from bot.lint.text.variables import ANY_ITEM, Scope

LOOPS = ("withItems", "withParam", "withSequence")


def looped(holder: Data) -> list[str]:
    """The keys of the loops that the step or task has; an empty list or text does not count."""
    loops = [key for key in ("withItems", "withParam") if holder.get(key)]
    return loops + (["withSequence"] if holder.get("withSequence") is not None else [])


def many(holder: Data) -> bool:
    """Whether its outputs are lists: one element per item."""
    return bool(holder.get("withItems") or holder.get("withParam"))


def problems(holder: Data, route: Route) -> Iterator[Problem]:
    """Problems of the loop."""
    loops = looped(holder)
    if len(loops) > 1:
        message = f"there are {' and '.join(f'`{key}`' for key in loops)}"
        yield Problem("loop", at(route, loops[1]), message, "keep one of them", "key")
    sequence = part(holder, "withSequence")
    if len(loops) == 1 and sequence.get("count") is not None and sequence.get("end") is not None:
        yield Problem("loop", at(route, "withSequence"), "there are both `count` and `end`", "keep one of them", "key")


def hooks(hooks: Data, route: Route) -> Iterator[Problem]:
    """Every hook but `exit` needs an expression."""
    for name, hook in hooks.items():
        if name != "exit" and not text(hook if type(hook) is dict else {}, "expression"):
            message = f"the hook '{name}' does not say when it runs"
            yield Problem("hook", at(route, name), message, "add `expression:`; only `exit` needs none", "key")


def exits(holder: Data) -> bool:
    """Whether something runs once the step or task has ended."""
    return bool(text(holder, "onExit")) or part(holder, "hooks").get("exit") is not None


def items(holder: Data, scope: Scope) -> None:
    """Put the variables of the loop's item into the scope."""
    listed = holder.get("withItems")
    if type(listed) is list and listed:
        for item in listed:
            if type(item) is dict:
                scope.names.update(f"item.{key}" for key in item)
            elif type(item) is list:
                scope.names.update(f"item.[{i}]" for i in range(len(item)))
            else:
                scope.names.add("item")
    elif text(holder, "withParam"):
        scope.names.update(("item", ANY_ITEM))
    elif holder.get("withSequence") is not None:
        scope.names.add("item")
