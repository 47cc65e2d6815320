"""The date of today, for tests that compare with it what a command makes of it a while later."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta


def steady_date(spare: timedelta = timedelta(seconds=5)) -> date:
    """The date in UTC, which stays the same for `spare` from now: shortly before midnight this waits for the next."""
    now = datetime.now(UTC)
    later = now + spare
    if later.date() != now.date():
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        time.sleep((midnight - now).total_seconds())
        return midnight.date()
    return now.date()
