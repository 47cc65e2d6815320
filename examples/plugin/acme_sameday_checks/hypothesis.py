"""Every A/B test says what it should show, in a sentence that can turn out to be wrong.

``missing``
    The test has no `serving.hypothesis`.
``short``
    The hypothesis has fewer words than one can be wrong in.

**Passes**::

    name: job-reco-als-v4
    jobs: [{name: infer, command: python -m reco.infer}]
    serving:
      kind: ab
      hypothesis: More people apply if the list knows what they clicked
      arms: [{name: control, control: true, table: reco.v3}, {name: als, table: reco.v4}]
      period: {start: 2026-11-30, end: 2026-12-21}

**Fails**::

    name: job-reco-als-v4
    jobs: [{name: infer, command: python -m reco.infer}]
    serving:  # <- hypothesis.missing
      kind: ab
      arms: [{name: control, control: true, table: reco.v3}, {name: als, table: reco.v4}]
      period: {start: 2026-11-30, end: 2026-12-21}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.check import Context, Experiment, Level, Port, Problem

ID = "hypothesis"
RULES: Mapping[str, Level] = {"missing": "error", "short": "warning"}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset()
WANTS: frozenset[Port] = frozenset()
WORDS = 5


def check(experiment: Experiment, context: Context) -> Iterable[Problem]:
    """Look at the experiment's file alone."""
    serving = experiment.spec.serving
    if serving is None or serving.kind != "ab":
        return
    if serving.hypothesis is None:
        hint = "add `hypothesis: More people apply if …`"
        yield Problem("missing", ("serving",), "the test says nowhere what it should show", hint, "key")
    elif len(serving.hypothesis.split()) < WORDS:
        yield Problem("short", ("serving", "hypothesis"), f"the hypothesis has fewer than {WORDS} words", "say more")
