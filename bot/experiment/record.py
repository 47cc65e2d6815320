"""What the other experiments of a repository must know of one: enough to tell whom it touches, and no more.

A rule that compares every experiment with every other one asks records, and loads only those experiments that it
finds. What it asks for must stand here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from bot.experiment.arms import Serving
from bot.experiment.load import Experiment


class Target(NamedTuple):
    """One output, and the table of a store that it is synced to; both '' where it is not."""

    output: str
    table: str
    store: str
    synced: str


class Record(NamedTuple):
    """An experiment as others see it; of a file with faults only its name is known."""

    name: str
    sound: bool
    renamed_from: str | None
    sources: tuple[str, ...]
    reads: tuple[str, ...]
    """The experiments whose outputs it reads, each once, in order of declaration."""
    targets: tuple[Target, ...]
    serving: str
    """What of `serving` others must know, as its file says it, in JSON; '' where it serves nothing."""

    @property
    def served(self) -> Serving | None:
        """The same as a value: who sees it and when, without what they see."""
        return Serving.model_validate_json(self.serving) if self.serving else None


ASKED: dict[str, Any] = {
    **dict.fromkeys(("kind", "phase", "unit", "surfaces", "layer", "slots", "salt", "period"), True),
    "conditions": {"after"},
}
"""The keys of `serving` that others ask about."""


def record(experiment: Experiment) -> Record:
    """What others must know of an experiment."""
    if experiment.parsed is None:
        return Record(experiment.name, False, None, (), (), (), "")
    spec = experiment.parsed
    reads = dict.fromkeys(read.experiment for read in spec.inputs.values() if read.experiment is not None)
    targets = [
        Target(name, output.table, *((output.sync.store, output.sync.table) if output.sync else ("", "")))
        for name, output in spec.outputs.items()
    ]
    said = spec.serving.model_dump_json(include=ASKED, exclude_unset=True) if spec.serving is not None else ""
    return Record(spec.name, True, spec.renamed_from, spec.sources, tuple(reads), tuple(targets), said)
