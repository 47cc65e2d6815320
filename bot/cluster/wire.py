"""Requests to an API server: short timeouts, what may be repeated is repeated, credentials are renewed once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

from bot.cluster.access import Access, Session
from bot.cluster.faults import away, busy, told
from bot.errors import Unreachable

CONNECT = 5.0  # seconds
PAUSES = (0.3, 1.5)  # seconds before what may be repeated is tried again
JSON = "application/json"
EVENT = 16 << 20  # bytes of one event of a watch; etcd has room for 1.5 MiB of an object
ANSWER = 1 << 30  # bytes of any answer: 500 objects (a page) of that size
SAID = {"kind", "type", "major"}  # by which an object, an event of a watch and the server's version are known


class Late(Unreachable):
    """There was no answer in time, and none is to be expected: asking again would only take as long."""


class Wire:
    """The way to one cluster; nothing is read or opened before the first request."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.session: Session | None = None

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        *,
        content: str = JSON,
        accept: str = JSON,
        again: bool = False,
    ) -> tuple[int, bytes]:
        """Status and body; raises Unreachable without an answer. `again`: doing it twice does no harm."""
        pauses = PAUSES if again else ()
        for pause in (*pauses, None):
            try:
                status, reply = self._once(method, path, query, body, content, accept)
            except Unreachable as error:
                if pause is None or isinstance(error, Late):
                    raise
            else:
                if pause is None or not busy(status, reply):
                    return status, reply
            time.sleep(pause)
        raise AssertionError("the last round returns or raises")

    def stream(self, path: str, query: Mapping[str, Any], seconds: float) -> Iterator[bytes]:
        """The lines of an answer that goes on; ends when it ends or is cut off, or after `seconds` of silence."""
        from urllib3.exceptions import HTTPError

        response = self._authorized("GET", path, query, None, JSON, JSON, seconds)
        with closing(response):
            rest = b""
            try:
                if response.status >= 400:
                    raise self.fault(response.status, response.data)
                while part := response.read1(65_536):  # what is there: a stream that is not chunked is read as it comes
                    *lines, rest = (rest + part).split(b"\n")
                    yield from lines
                    if len(rest) > EVENT:
                        raise self._nonsense()
            except HTTPError:
                return

    def fault(self, status: int, body: bytes) -> Exception:
        """An answer of 400 or more as what to raise."""
        return told(status, body, self.where())

    def read(self, status: int, body: bytes) -> dict[str, Any]:
        """The object of an answer; raises what the answer says instead of one."""
        if status >= 400:
            raise self.fault(status, body)
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict) or not value.keys() & SAID:
            raise self._nonsense()
        return value

    def _nonsense(self) -> Unreachable:
        return Unreachable(f"what came from {self.where()} is no answer of an API server")

    def _once(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: object, content: str, accept: str
    ) -> tuple[int, bytes]:
        from urllib3.exceptions import HTTPError

        try:
            patience = self.access.patience
            with closing(self._authorized(method, path, query, body, content, accept, patience)) as response:
                reply = response.read(ANSWER + 1)
                if len(reply) > ANSWER:
                    raise self._nonsense()
                return response.status, reply
        except HTTPError as error:
            raise self._unanswered(error) from None

    def _authorized(self, method: str, *words: Any) -> Any:
        """The answer as it comes; who is not known reads the credentials anew, once."""
        response = self._request(self._session(), method, *words)
        if response.status == 401:
            response.drain_conn()
            self.session = None
            response = self._request(self._session(), method, *words)
        return response

    def _request(
        self, session: Session, method: str, path: str, query: Mapping[str, Any] | None, body: object, content: str,
        accept: str, seconds: float,
    ) -> Any:  # fmt: skip
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        url = session.host + path + (f"?{urlencode(query)}" if query else "")
        headers = {**session.headers(), "Accept": accept, "User-Agent": "sameday"}
        data = None
        if body is not None:
            headers["Content-Type"] = content
            data = json.dumps(body, separators=(",", ":")).encode()
        try:
            return session.pool.request(
                method, url, body=data, headers=headers, timeout=Timeout(connect=CONNECT, read=seconds), retries=False,
                redirect=False, preload_content=False,
            )  # fmt: skip
        except HTTPError as error:
            raise self._unanswered(error) from None

    def _unanswered(self, error: Exception) -> Unreachable:
        from urllib3.exceptions import NewConnectionError, TimeoutError

        # A connection that is refused is, to the client, one that timed out; the answer is there at once.
        late = isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError)
        kind = Late if late else Unreachable
        return kind(f"{self.where()} did not answer: {away(error)}")

    def _session(self) -> Session:
        if self.session is None:
            self.session = Session(self.access)
        return self.session

    def where(self) -> str:
        """The cluster, for the beginning of a sentence."""
        return self.access.where(self.session.host if self.session else "")
