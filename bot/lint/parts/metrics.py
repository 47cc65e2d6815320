"""Metrics that a template emits: names that Prometheus takes, help, and a value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.finding import Problem
from bot.lint.parts.template import Template
from bot.lint.text.values import at, part, parts, text

NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
ALLOWED = "may hold only letters, digits and _, and begin without a digit"


def problems(template: Template) -> Iterator[Problem]:
    """Problems of the metrics."""
    route = at(template.route, "metrics", "prometheus")
    for i, metric in enumerate(parts(part(template.data, "metrics"), "prometheus")):
        name, where = text(metric, "name"), at(route, i)
        if not NAME.match(name):
            yield Problem("metric", at(where, "name"), f"the metric's name '{name}' {ALLOWED}")
        for j, label in enumerate(parts(metric, "labels")):
            key = text(label, "key")
            if not NAME.match(key):
                yield Problem("metric", at(where, "labels", j, "key"), f"the label '{key}' {ALLOWED}")
        if not text(metric, "help"):
            yield Problem("metric", at(where, "help"), f"the metric '{name}' has no help text", "add `help:`")
        for kind in ("gauge", "counter", "histogram"):
            value = metric.get(kind)
            if type(value) is dict and not text(value, "value"):
                yield Problem(
                    "metric", at(where, kind, "value"), f"the {kind} of '{name}' has no value", "add `value:`"
                )
        gauge = part(metric, "gauge")
        if gauge.get("realtime") is True and "resourcesDuration." in text(gauge, "value"):
            message = f"the metric '{name}' has `realtime`, but Argo knows resourcesDuration only at the template's end"
            yield Problem("metric", at(where, "gauge", "value"), message, "remove `realtime`")
