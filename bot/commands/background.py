"""What a release's summary says beside its steps: who sees what, and how many rows were proven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.commands.tools import past
from bot.compile.work import warehouse_place
from bot.errors import SamedayError
from bot.ports import Item, Warehouse
from bot.release.summary import ReleaseSummary
from bot.report.language import LANGUAGES
from bot.report.release import Background, Proven
from bot.report.traffic import served
from bot.workspace import Workspace


def background(workspace: Workspace, summary: ReleaseSummary) -> Background:
    """Of each experiment that is live by this release; of rows nothing where the warehouse does not answer."""
    live = [outcome.item for outcome in summary.outcomes if outcome.state == "live"]
    known = workspace.committed.by_name
    specs = {item.experiment: known[item.experiment].spec for item in live if item.experiment in known}
    settings = workspace.settings
    whom = {name: served(spec.serving, settings) for name, spec in specs.items() if spec.serving is not None}
    return Background(whom, _proven(workspace, summary, live), say=LANGUAGES[settings.report.language])


def _proven(workspace: Workspace, summary: ReleaseSummary, live: Sequence[Item]) -> Mapping[str, Sequence[Proven]]:
    try:
        warehouse = workspace.warehouse.glance() if workspace.warehouse is not None and live else None
        if warehouse is None:
            return {}
        return {item.experiment: tuple(_of(workspace, summary, item, warehouse)) for item in live}
    except SamedayError:
        return {}


def _of(workspace: Workspace, summary: ReleaseSummary, item: Item, warehouse: Warehouse) -> Iterator[Proven]:
    """The newest whole version of the run's date, of each output."""
    work = past(workspace, "").order(item, summary.commit, workspace.committed).work
    for name, output in work.outputs.items():
        versions = warehouse.versions(warehouse_place(work.experiment, work.key, output, work.heir_of))
        whole = next((one for one in versions if one.date == item.date and one.whole is not None), None)
        if whole is not None:
            yield Proven(name, whole.rows, output.sync.store if output.sync is not None else "")
