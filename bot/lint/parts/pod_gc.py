"""When a workflow's pods are deleted: the strategy, and the selector of the pods."""

from __future__ import annotations

from collections.abc import Iterator

from bot.finding import Problem, Route
from bot.lint.text.values import Data, at, part, parts, text, texts

STRATEGIES = ("OnPodCompletion", "OnPodSuccess", "OnWorkflowCompletion", "OnWorkflowSuccess")
OPERATORS = ("DoesNotExist", "Exists", "In", "NotIn")


def problems(pod_gc: Data, route: Route) -> Iterator[Problem]:
    """Problems of `podGC`."""
    strategy = text(pod_gc, "strategy")
    if strategy and strategy not in STRATEGIES:
        message = f"unknown strategy '{strategy}'; expected one of {', '.join(STRATEGIES)}"
        yield Problem("pod-gc", at(route, "strategy"), message)
    selector = part(pod_gc, "labelSelector")
    for i, expression in enumerate(parts(selector, "matchExpressions")):
        where, operator = at(route, "labelSelector", "matchExpressions", i), text(expression, "operator")
        if operator not in OPERATORS:
            message = f"unknown operator '{operator}'; expected one of {', '.join(OPERATORS)}"
            yield Problem("pod-gc", at(where, "operator"), message)
        elif bool(texts(expression, "values")) != (operator in ("In", "NotIn")):
            what = "needs" if operator in ("In", "NotIn") else "takes no"
            yield Problem("pod-gc", at(where, "values"), f"the operator {operator} {what} values")
