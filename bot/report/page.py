"""What a pull request's comment speaks of, and how much it says where there is no room for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.compile.layers import Timeline
from bot.experiment.repository import Repository
from bot.finding import Finding, Report
from bot.report.escape import Markdown
from bot.report.language import Say, english
from bot.report.plan import Planned

NOTHING = Markdown("")
MOST = 50  # findings of one experiment; the rest is in the check's log

Link = Callable[[Finding], Markdown]
SUMMARY = Markdown("the job's summary")


@dataclass(frozen=True, slots=True)
class Detail:
    """How much the comment says; `without` names what it leaves out."""

    without: Markdown = NOTHING
    graphs: bool = True
    unproven: bool = True
    mild: bool = True
    """Warnings and notices too."""
    steps: bool = True
    plan: bool = True
    """Each experiment's part of the plan; else their names by what becomes of them."""
    findings: int = MOST
    experiments: bool = True


ERRORS = Detail(
    Markdown("all but problems and names"), graphs=False, unproven=False, mild=False, steps=False, plan=False
)
LESS = (
    Detail(),
    Detail(Markdown("graphs"), graphs=False),
    Detail(Markdown("graphs, the plan's steps"), graphs=False, steps=False),
    Detail(Markdown("graphs, most of the plan"), graphs=False, steps=False, plan=False),
    Detail(Markdown("graphs, most of the plan, what was not proven"), False, False, steps=False, plan=False),
    ERRORS,
    replace(ERRORS, without=Markdown("most of the problems, most of the plan"), findings=3),
    replace(ERRORS, without=Markdown("the problems, most of the plan"), findings=0),
    replace(ERRORS, without=Markdown("everything but the verdict"), findings=0, experiments=False),
)
"""What goes first where there is no room; verdict, counts and the next step stay."""


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a comment speaks of. `planned` is None where nobody knows; `unknown` says why.

    `partly` says who makes the checks that were not made here, where that is why they were not.
    `link` makes a finding's place a link; `more` is where all of it can be read; `notes` stand below the verdict.
    """

    report: Report
    planned: Sequence[Planned] | None
    repository: Repository
    commit: str
    unknown: str = ""
    notes: tuple[str, ...] = ()
    partly: str = ""
    link: Link | None = None
    more: Markdown = SUMMARY
    first: str = ""
    """What has to be done before the checks can tell more."""
    traffic: tuple[Timeline, ...] = ()
    """The layers to which it adds something."""
    say: Say = english
    """The language of all but findings, reasons and steps."""
