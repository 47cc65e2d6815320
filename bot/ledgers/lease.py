"""The right to release, as a Lease: the release that has it renews it, or loses it to the next one.

No clock is compared with another machine's: a lease is over when it was seen unchanged for as long as it is good for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Thread

from bot.cluster import Cluster, Object
from bot.errors import Conflict, SamedayError, Unreachable

DURATION = 15  # seconds that a lease is good for after it was renewed
ROUNDS = 3  # it is renewed so often in that time, and looked at as often by who waits for its end


class Lease:
    """One lease of a namespace. `lost` is set if somebody else took it while we were in the belief of having it."""

    def __init__(self, cluster: Cluster, name: str, clock: Callable[[], datetime], duration: int = DURATION) -> None:
        self.cluster = cluster
        self.name = name
        self.clock = clock
        self.duration = duration
        self.lost = Event()

    @contextmanager
    def held(self, holder: str, patience: float = 0) -> Iterator[None]:
        """Have the lease; raises Conflict naming who has it, after having seen for so many seconds that they work."""
        lease = self._awaited(holder, time.monotonic() + patience)
        self.lost.clear()
        over = Event()
        renewing = Thread(target=self._renew, args=(lease, over), daemon=True, name="lease")
        renewing.start()
        try:
            yield
        finally:
            over.set()
            renewing.join()
            if not self.lost.is_set():
                with suppress(SamedayError):  # it ends by itself
                    self.cluster.replace(self._spelled(None, lease))

    def _awaited(self, holder: str, end: float) -> Object:
        while True:
            try:
                return self._take(holder)
            except Conflict:
                if time.monotonic() > end:
                    raise

    def _take(self, holder: str) -> Object:
        """The lease, ours."""
        while True:
            lease = self.cluster.get("Lease", self.name)
            if lease is not None and _holder(lease):
                newest = self._watched(lease)
                if newest is not None and _holder(newest) and _version(newest) != _version(lease):
                    raise Conflict(f"another release is at work here ({_holder(newest)}); run again when it is done")
                lease = newest
            with suppress(Conflict):  # somebody was faster: look again
                if lease is None:  # who may make a lease and not renew it hears of it now, and not in the middle
                    lease = self.cluster.create(self._spelled(None, None))
                return self.cluster.replace(self._spelled(holder or "somebody", lease))

    def _watched(self, lease: Object) -> Object | None:
        """Somebody's lease after it has changed, or after the time that it is good for."""
        end = time.monotonic() + lease["spec"].get("leaseDurationSeconds", self.duration)
        newest: Object | None = lease
        while newest is not None and _version(newest) == _version(lease) and time.monotonic() < end:
            time.sleep(self.duration / ROUNDS / 2)
            newest = self.cluster.get("Lease", self.name)
        return newest

    def _renew(self, lease: Object, over: Event) -> None:
        """Renew until it is over; `lease` always is the newest version."""
        good = time.monotonic() + self.duration
        while not over.wait(self.duration / ROUNDS):
            try:
                lease.update(self.cluster.replace(self._renewed(lease)))
                good = time.monotonic() + self.duration
            except Unreachable:
                if time.monotonic() > good:
                    self.lost.set()
            except SamedayError:
                if not self._ours(lease):
                    self.lost.set()
            if self.lost.is_set():
                return

    def _ours(self, lease: Object) -> bool:
        """Whether the lease is ours all the same: a renewal may be written though its answer was lost on the way."""
        with suppress(SamedayError):
            stored = self.cluster.get("Lease", self.name)
            if stored is not None and _taken(stored) == _taken(lease):
                lease.update(stored)
                return True
        return False

    def _now(self) -> str:
        return self.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _renewed(self, lease: Object) -> Object:
        return lease | {"spec": lease["spec"] | {"renewTime": self._now()}}

    def _spelled(self, holder: str | None, previous: Object | None) -> Object:
        """The lease, newly taken by a holder, or given back."""
        now = self._now()
        spec: Object = {"leaseDurationSeconds": self.duration, "renewTime": now}
        if holder is not None:
            spec |= {"holderIdentity": holder, "acquireTime": now}
        meta: Object = {"name": self.name, "labels": {"app.kubernetes.io/managed-by": "sameday"}}
        if previous is not None:
            meta["resourceVersion"] = _version(previous)
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}


def _version(lease: Object) -> str:
    version: str = lease["metadata"]["resourceVersion"]
    return version


def _holder(lease: Object) -> str | None:
    holder: str | None = lease["spec"].get("holderIdentity")
    return holder


def _taken(lease: Object) -> tuple[str | None, str | None]:
    """Who has it, and since when."""
    return _holder(lease), lease["spec"].get("acquireTime")
