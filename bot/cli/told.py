"""`python -m bot.cli.told` is `sameday` with an environment that it reads from standard input, as JSON.

What a program is started with can be read by every process of the same user until it says otherwise; the local engine
starts a run's own tasks, which need secrets, beside jobs, which must not have them.
"""

from __future__ import annotations

import json
import os
import sys

from bot.cli import entry
from bot.engines.local.prctl import hide

if __name__ == "__main__":
    hide()
    os.environ.update(json.load(sys.stdin.buffer))  # where the clients of clouds and databases look for their logins
    entry()
