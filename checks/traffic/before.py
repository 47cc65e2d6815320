"""The test as it was at the base: under this name, or the one that it is renamed from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.check import Context, Experiment
from bot.compile.conditions import moment
from bot.experiment.arms import Serving
from bot.experiment.model import Spec
from bot.experiment.traffic import Period


@dataclass(frozen=True, slots=True)
class Before:
    """A test at the base."""

    experiment: Experiment
    serving: Serving
    period: Period

    @property
    def spec(self) -> Spec:
        """What its file said."""
        return self.experiment.spec

    @property
    def phase(self) -> int:
        """Which of the tests under its name it was."""
        return self.serving.phase

    @property
    def start(self) -> date:
        """Its first day."""
        return self.period.start

    @property
    def end(self) -> date | None:
        """The first day without it."""
        return self.period.end

    def runs(self, now: float) -> bool:
        """Whether it runs at this moment, in seconds."""
        begun = moment(self.period.start, self.period.timezone) <= now
        return begun and (self.period.end is None or now < moment(self.period.end, self.period.timezone))

    def line(self, *route: str | int) -> int:
        """Where its file said something."""
        return self.experiment.tree.span(("serving", *route)).line


def was(experiment: Experiment, context: Context) -> Before | None:
    """The test at the base; None where there was none, or the base is not known."""
    if context.before is None:
        return None
    names = (experiment.spec.renamed_from or "", experiment.name)
    known = next((context.before.by_name[name] for name in names if name in context.before.by_name), None)
    serving = known.spec.serving if known is not None else None
    if known is None or serving is None or not serving.is_test or serving.period is None:
        return None
    return Before(known, serving, serving.period)
