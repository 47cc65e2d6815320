"""How much of a good verdict was proven: what stands beside it, so that nothing hides behind a bare "passed"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.finding import Report
from bot.report.language import Say, english

SHOWN = 3  # reasons; the rest stands with each experiment


def proven(report: Report, say: Say = english) -> str:
    """How many of the checks were made and why the others were not, as in `6 of 8 checks`; '' where all were."""
    made, left = _checks(report)
    if not left:
        return ""
    total = len(made) + len(left)
    by_reason: dict[str, list[str]] = {}
    for check, reason in left.items():
        by_reason.setdefault(reason, []).append(check)
    groups = [f"{_listed(checks)}: {reason}" for reason, checks in by_reason.items()]
    more = len(groups) - SHOWN
    if more > 0:
        groups = [*groups[:SHOWN], f"and {more} more reason{'s' if more != 1 else ''}"]
    return say("{} of {} checks ({})").format(len(made), total, "; ".join(groups))


def _checks(report: Report) -> tuple[frozenset[str], Mapping[str, str]]:
    """The checks that were made of every experiment, and of the others the first reason."""
    left = dict(_left(report))
    made = {result.id for experiment in report.experiments for result in experiment.checks}
    return frozenset(made - left.keys()), left


def _left(report: Report) -> Iterator[tuple[str, str]]:
    seen = set[str]()
    for experiment in report.experiments:
        for result in experiment.checks:
            if result.outcome in ("skipped", "errored") and result.id not in seen:
                seen.add(result.id)
                yield result.id, result.reason


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
