"""The formats of reports and plans: one row each, from which commands take their choices.

A row imports its module when it is used. A new format is a module and a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.finding import Report
from bot.report.line import Line

if TYPE_CHECKING:
    from bot.report.page import Page
    from bot.report.plan import Planned

Shown = Iterable[str | Line]
"""Lines, which a terminal may colour, and documents as they are."""


@dataclass(frozen=True, slots=True)
class View:
    """A report and how it is shown: `what` was checked, and the `prefix` that leads from here to its paths.

    `page` makes the comment of a pull request, where the report is of one.
    """

    report: Report
    what: Literal["experiment", "manifest"] = "experiment"
    prefix: str = ""
    page: Callable[[], Page] | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """How a report is shown, and a plan where the format has one; `mixed` if other lines may stand beside it."""

    report: Callable[[View], Shown]
    plan: Callable[[Sequence[Planned]], Shown] | None = None
    mixed: bool = False


def _text(view: View) -> Shown:
    from bot.report import text

    return text.report(view.report, view.prefix, view.what)


def _text_plan(planned: Sequence[Planned]) -> Shown:
    from bot.report import text

    return text.plan(planned)


def _json(view: View) -> Shown:
    from bot.report import json

    return [json.report(view.report)]


def _json_plan(planned: Sequence[Planned]) -> Shown:
    from bot.report import json

    return [json.plan(planned)]


def _markdown(view: View) -> Shown:
    from bot.report import markdown

    return [markdown.comment(view.page()) if view.page else markdown.manifests(view.report)]


def _markdown_plan(planned: Sequence[Planned]) -> Shown:
    from bot.report.merge_plan import merge_plan

    return [(merge_plan(planned) or "Merging this changes nothing that is released") + "\n"]


def _github(view: View) -> Shown:
    from bot.report import annotation

    return [annotation.report(view.report), *_text(view)]


FORMATS: Mapping[str, Format] = {
    "text": Format(_text, _text_plan, mixed=True),  # for people
    "json": Format(_json, _json_plan),  # for programs
    "markdown": Format(_markdown, _markdown_plan),  # the comment of the pull request
    "github": Format(_github, mixed=True),  # workflow commands, which GitHub shows on the lines, and the text
}
PLANS = {name: row.plan for name, row in FORMATS.items() if row.plan is not None}
"""The formats that plans have, too."""
