"""Connections to BigQuery: one client for all threads, with short deadlines, and no more requests than its quota."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from bot.settings.kinds import BigQueryWarehouse

TIMEOUT = 10.0  # seconds for one answer; the client's own default is to wait for ever
PATIENCE = 20.0  # seconds in which a request is tried again; the client's own default is ten minutes
WORKERS = 16
PER_SECOND = 90  # requests; BigQuery takes 100 per user and method
K = TypeVar("K")
V = TypeVar("V")


class Connection:
    """The clients of one identity, made when they are first needed."""

    def __init__(
        self, settings: BigQueryWarehouse, patience: float = PATIENCE, act_as: str | None = None,
        search: float | None = None,
    ) -> None:  # fmt: skip
        """`search` is how many seconds each try to find Google's metadata server takes; None: its library's."""
        self.settings, self.patience, self.act_as, self.search = settings, patience, act_as, search
        self.lock = threading.Lock()
        self.pace = Pace(PER_SECOND)
        self._credentials: Any = None
        self._missing: Exception | None = None
        self._client: Any = None
        self._reader: Any = None

    @property
    def client(self) -> Any:
        """For metadata and jobs."""
        from google.cloud import bigquery

        with self.lock:
            if self._client is None:
                options = {"api_endpoint": self.settings.endpoint} if self.settings.endpoint else None
                credentials = self._login()
                self._client = bigquery.Client(
                    project=self.settings.project, location=self.settings.location, credentials=credentials,
                    _http=_session(credentials), client_options=options,
                )  # fmt: skip
            return self._client

    @property
    def reader(self) -> Any:
        """For rows."""
        from google.cloud import bigquery_storage_v1 as storage

        with self.lock:
            if self._reader is None and self.settings.read_endpoint:
                self._reader = storage.BigQueryReadClient(  # type: ignore[no-untyped-call]
                    transport=_plain(self.settings.read_endpoint)
                )
            elif self._reader is None:
                self._reader = storage.BigQueryReadClient(credentials=self._login())  # type: ignore[no-untyped-call]
            return self._reader

    @property
    def waits(self) -> Mapping[str, Any]:
        """The arguments of every request: how long an answer may take, and how often it is asked again."""
        from google.cloud.bigquery import DEFAULT_RETRY

        return {
            "retry": DEFAULT_RETRY.with_delay(initial=0.5, maximum=5.0).with_timeout(self.patience),
            "timeout": TIMEOUT,
        }

    def each(self, keys: Iterable[K], ask: Callable[[K], V]) -> dict[K, V]:
        """Ask of every key, several at once, no faster than the quota allows."""

        def paced(key: K) -> V:
            self.pace.wait()
            return ask(key)

        wanted = list(keys)
        if len(wanted) == 1:
            return {wanted[0]: paced(wanted[0])}
        with ThreadPoolExecutor(WORKERS) as pool:
            return dict(zip(wanted, pool.map(paced, wanted), strict=True))

    def _login(self) -> Any:
        from google.auth.credentials import AnonymousCredentials
        from google.auth.exceptions import DefaultCredentialsError
        from google.auth.impersonated_credentials import Credentials

        from bot.warehouses.bigquery.login import SCOPES, find

        if self.settings.endpoint:
            return AnonymousCredentials()  # type: ignore[no-untyped-call]
        if self._credentials is None:
            if self._missing is not None:  # every thread would look for them again, for seconds each
                raise self._missing
            try:
                found = find(self.search)
            except DefaultCredentialsError as error:
                self._missing = error
                raise
            if self.act_as:
                found = Credentials(found, self.act_as, SCOPES)  # type: ignore[no-untyped-call]
            self._credentials = found
        return self._credentials


class Pace:
    """Lets through so many callers in any second, and the others wait."""

    def __init__(self, per_second: int) -> None:
        self.last: deque[float] = deque(maxlen=per_second)
        self.lock = threading.Lock()

    def wait(self) -> None:
        """Return when it is the caller's turn."""
        with self.lock:
            now = time.monotonic()
            full = len(self.last) == self.last.maxlen
            turn = max(now, self.last[0] + 1.0) if full else now
            self.last.append(turn)
        if turn > now:
            time.sleep(turn - now)


def _session(credentials: Any) -> Any:
    """A session with so many connections and no more, whoever asks; the usual one throws all but ten away."""
    from google.auth.transport.requests import AuthorizedSession
    from requests.adapters import HTTPAdapter

    session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=WORKERS, pool_block=True))
    return session


def _plain(address: str) -> Any:
    import grpc
    from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

    channel = grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)])
    return BigQueryReadGrpcTransport(channel=channel)
