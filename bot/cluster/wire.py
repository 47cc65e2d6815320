"""Requests to an API server: short timeouts, what may be repeated is repeated, credentials are renewed once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

from bot.cluster.access import Access, Session
from bot.cluster.faults import away, told
from bot.errors import Unreachable

CONNECT, READ = 5.0, 30.0  # seconds
PAUSES = (0.3, 1.5)  # seconds before what may be repeated is tried again
BUSY = (429, 500, 502, 503, 504)
JSON = "application/json"


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
                status, said = self._once(method, path, query, body, content, accept)
            except Unreachable:
                if pause is None:
                    raise
            else:
                if status not in BUSY or pause is None:
                    return status, said
            time.sleep(pause)
        raise AssertionError("the last round returns or raises")

    def stream(self, path: str, query: Mapping[str, Any], seconds: float) -> Iterator[bytes]:
        """The lines of an answer that goes on; ends when it ends or is cut off, or after `seconds` of silence."""
        from urllib3.exceptions import HTTPError

        response = self._authorized("GET", path, query, None, JSON, JSON, seconds)
        with closing(response):
            if response.status >= 400:
                raise self.fault(response.status, response.data)
            rest = b""
            try:
                for part in response.stream(65_536):
                    *lines, rest = (rest + part).split(b"\n")
                    yield from lines
            except HTTPError:
                return

    def fault(self, status: int, body: bytes) -> Exception:
        """An answer of 400 or more as what to raise."""
        return told(status, body, self._where())

    def _once(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: object, content: str, accept: str
    ) -> tuple[int, bytes]:
        from urllib3.exceptions import HTTPError

        try:
            with closing(self._authorized(method, path, query, body, content, accept, READ)) as response:
                return response.status, response.data
        except HTTPError as error:
            raise Unreachable(f"{self._where()} did not answer: {away(error)}") from None

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
            raise Unreachable(f"{self._where()} did not answer: {away(error)}") from None

    def _session(self) -> Session:
        if self.session is None:
            self.session = Session(self.access)
        return self.session

    def _where(self) -> str:
        return self.access.where(self.session.host if self.session else "")
