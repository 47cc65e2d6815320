"""What a file says of the code that it runs holds: patterns name files, commands name variables and scripts that are.

Commands are read as text: a variable that the command sets itself, or a script that another folder of the image has,
is no fault.

``no-match``
    A pattern of `sources` names no file: a folder, another case, one folder too few. A change of that code then makes
    no new data.
``unreadable-source``
    A pattern of `sources` names a link, or a file that cannot be read: a release could not tell a change of it.
``unknown-variable``
    A command names a `SAMEDAY_...` that no job of this experiment finds in its environment.
``placeholder``
    A command holds `{date}` or the like, which nothing fills in; a job finds its date in `SAMEDAY_DATA_DATE`.
``no-shell``
    `commands` names a variable with `$`, but starts a program without a shell, which alone would put the value in.
``missing-script``
    A command names a file of a folder of this repository, and the folder has no such file.
``no-source``
    A command runs a file of this repository that no pattern of `sources` names, and no image holds: a change of it is
    no change of the experiment, so that its next run differs from what was released.

**Passes**::

    name: job-reco-als-v4
    inputs: {clicks: {table: logs.clicks}}
    jobs:
      - {name: extract, command: python -m reco.extract $SAMEDAY_INPUT_CLICKS --date $SAMEDAY_DATA_DATE}

**Fails**::

    name: job-reco-als-v4
    inputs: {clicks: {table: logs.clicks}}
    jobs:
      - {name: extract, command: "python -m reco.extract $SAMEDAY_INPUT_CLIKS"}  # <- code.unknown-variable
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.check import Context, Experiment, Level, Port, Problem
from checks.code import commands, scripts, sources

ID = "code"
RULES: Mapping[str, Level] = {
    "missing-script": "warning",
    "no-match": "warning",
    "no-shell": "warning",
    "no-source": "notice",
    "placeholder": "warning",
    "unknown-variable": "error",
    "unreadable-source": "error",
}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset()
WANTS: frozenset[Port] = frozenset()


def check(experiment: Experiment, context: Context) -> Iterable[Problem]:
    """Problems of the sources, then of each job's command."""
    yield from sources.check(experiment, context.repository)
    yield from commands.check(experiment, context.settings)
    yield from scripts.check(experiment, context)
