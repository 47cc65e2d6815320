"""Measure the metrics on a schedule, so that the checks of pull requests know them."""

from __future__ import annotations

from bot.actions.environment import Actions
from bot.commands.measure import measure
from bot.report.escape import Markdown, fill
from bot.report.measure import measure_lines


def measured(actions: Actions) -> int:
    """Measure all of them; the exit code is 1 if one could not be, so that GitHub tells of it."""
    left = []
    count = 0
    for one in measure(actions.workspace, ()):
        actions.out.lines(measure_lines(one))
        count += 1
        if one.measurement is None:
            left.append(one.name)
    rest = fill(", not {}", ", ".join(left)) if left else Markdown("")
    mark = Markdown("⚠️" if left else "✅")
    actions.summarise(fill("**{} sameday: measured {} of {} metrics**{}\n", mark, count - len(left), count, rest))
    return 1 if left else 0
