"""Who has which slots of which layer, and when."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from bot.commands.check import Selection
from bot.commands.proposal import PullRequest
from bot.compile.layers import Timeline, changed, timelines
from bot.errors import UsageError
from bot.workspace import Workspace


def traffic(workspace: Workspace, selection: Selection, layer: str | None) -> Sequence[Timeline]:
    """All layers, or the one that is named; raises UsageError where there is no such layer.

    What differs from the commit that the selection is compared with, if any, is added.
    """
    before = selection.before.repository if selection.before else None
    found = timelines(selection.repository, workspace.settings, workspace.backends.now(), before)
    if layer is None:
        return found
    known = {one.layer: one for one in found}
    if layer not in known:
        close = difflib.get_close_matches(layer, known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"there are: {', '.join(known) or 'none'}"
        raise UsageError(f"there is no layer '{layer}'; {hint}")
    return [known[layer]]


def touched_layers(pull: PullRequest) -> tuple[Timeline, ...]:
    """The layers in which a pull request adds or changes a test."""
    before, now = pull.selection.before, pull.workspace.backends.now()
    tests = (record.served for name, record in pull.after.declared.items() if name in pull.selection.touched)
    if before is None or not any(serving is not None and serving.is_test for serving in tests):
        return ()
    return tuple(changed(timelines(pull.after, pull.merged, now, before.repository)))
