"""Opens the local engine; knows what its jobs and a run's own tasks see of our environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bot.engines.local.engine import Local
from bot.ports.opening import Opening
from bot.settings.kinds import LocalEngine

# Nothing else reaches a job. A Python that GitHub's runner brings finds itself by the library path.
JOBS_SEE = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ")
TASKS_NEED_NOT = ("GITHUB_TOKEN",)  # a run's own tasks have the rest of it, which may hold secrets


def open_engine(settings: LocalEngine, opening: Opening) -> Local:
    """The engine, which also does what a cron would do."""
    inherited = {name: opening.environment[name] for name in JOBS_SEE if name in opening.environment}
    # Jobs find the Python that sameday runs in, whether or not its environment is activated.
    inherited["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
    own = {name: value for name, value in opening.environment.items() if name not in TASKS_NEED_NOT}
    return Local(settings, opening.root, opening.task, inherited, own, opening.code)
