"""What was made for a place, what the place shows of it, and what it is to show next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from bot.errors import Refused
from bot.ports import Version


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Of one place; `table` is the declared name with its dataset.

    `inside` are the versions that the place shows. `out` has the days that were taken out, each with the newest attempt
    that is not put again.
    """

    experiment: str
    table: str
    spec: str
    daily: bool
    versions: tuple[Version, ...] = ()
    inside: tuple[Version, ...] = ()
    out: Mapping[date, int] = field(default_factory=dict)

    def recorded(self, version: Version) -> Version | None:
        """What is recorded of the version's run."""
        return next((one for one in self.versions if one.order == version.order), None)

    def with_version(self, version: Version) -> Catalogue:
        """With the version instead of what is recorded of its run."""
        others = (one for one in self.versions if one.order != version.order)
        return replace(self, versions=newest((*others, version)))

    def with_only(self, versions: Iterable[Version]) -> Catalogue:
        """With these versions and no others; what is inside stays."""
        return replace(self, versions=newest(versions))

    def whole(self, version: Version) -> Version:
        """What is recorded of a whole version; raises Refused if it is not whole."""
        recorded = self.recorded(version)
        if recorded is None or recorded.whole is None or not recorded.digest:
            raise Refused(f"{version.run} did not end whole: run it again before it is shown")
        return recorded

    def showing(self, version: Version, days: int) -> Catalogue | None:
        """With the version inside, and in a daily place its newest `days` days; None if that went backwards."""
        if version.attempt <= self.out.get(version.date, 0):
            return None
        if not self.daily:
            if any(one.order > version.order for one in self.inside):
                return None
            return self._with_inside((version,))
        same = [one for one in self.inside if one.date == version.date]
        if any(one.spec == version.spec and one.attempt > version.attempt for one in same):
            return None
        if days and sum(one.date > version.date for one in self.inside) >= days:
            return None
        rest = (one for one in self.inside if one.date != version.date)
        return self._with_inside((version, *rest), days)

    def carrying(self, earlier: Catalogue, days: int) -> Catalogue:
        """With the earlier place's days that this one lacks, as far as it shows so many."""
        here = {one.date for one in self.inside} | set(self.out)
        lacking = (one for one in earlier.inside if one.date not in here)
        return replace(self, inside=newest((*self.inside, *lacking), days))

    def without(self, day: date) -> Catalogue:
        """Without the day; one that is not daily shows the version before instead, if there is one."""
        attempts = (one.attempt for one in self.versions if one.date == day)
        after = replace(self, out={**self.out, day: max(attempts, default=0)})
        if all(one.date != day for one in self.inside):
            return after
        if self.daily:
            return replace(after, inside=tuple(one for one in self.inside if one.date != day))
        before = after.before(day)
        return replace(after, inside=() if before is None else (before,))

    def before(self, day: date) -> Version | None:
        """The newest whole version of another day that was not taken out."""
        for one in newest(self.versions):
            sound = one.whole is not None and one.attempt > self.out.get(one.date, 0)
            if sound and one.date != day:
                return one
        return None

    def _with_inside(self, inside: Iterable[Version], days: int = 0) -> Catalogue:
        return replace(self, inside=newest(inside, days))


def newest(versions: Iterable[Version], count: int = 0) -> tuple[Version, ...]:
    """The newest of them, newest first; all if `count` is 0."""
    ordered = sorted(versions, key=lambda one: one.order, reverse=True)
    return tuple(ordered[: count or None])
