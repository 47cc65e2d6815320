"""The API server, as its administrator asks it: one connection for each thread."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlencode, urlsplit

MERGE = "application/merge-patch+json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PATIENCE = 60.0  # seconds that a server may take to start again
BUSY = (429, 500, 503)  # what it answers as it starts


class Api:
    """What is not there, or is another one by now, is None."""

    def __init__(self, url: str, authority: str) -> None:
        self.host, self.authority = urlsplit(url).netloc, authority
        self.context = ssl.create_default_context(cafile=authority)
        self.local = threading.local()

    def call(self, method: str, path: str, body: Any = None, content: str = "application/json") -> Any:
        """The answer's object."""
        data = None if body is None else json.dumps(body)
        headers = {"Authorization": "Bearer token-of-admin", "Content-Type": content, "User-Agent": "node"}
        status, text = self._ask(method, path, data, headers)
        if status in (404, 409, 422):
            return None
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {text[:500]!r}")
        return json.loads(text)

    def _ask(self, method: str, path: str, data: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and text of the answer. Asks again while there is none: a server may be started again."""
        end = time.monotonic() + PATIENCE
        while True:
            if getattr(self.local, "connection", None) is None:
                self.local.connection = http.client.HTTPSConnection(self.host, timeout=60, context=self.context)
            try:
                self.local.connection.request(method, path, data, headers)
                answer = self.local.connection.getresponse()
                status, text = answer.status, answer.read()
                if status not in BUSY or time.monotonic() > end:
                    return status, text
            except (OSError, http.client.HTTPException):
                self.local.connection.close()
                self.local.connection = None
                if time.monotonic() > end:
                    raise
            time.sleep(0.2)

    def merge(self, path: str, change: Any) -> Any:
        """Merge a change into an object."""
        return self.call("PATCH", path, change, MERGE)

    def follow(self, path: str, accept: str = "application/json") -> Iterator[tuple[str, Any]]:
        """All objects of a kind as `ADDED`, and then each change with its kind, until the server ends it."""
        listed = METADATA_LIST if accept == METADATA else accept
        with closing(http.client.HTTPSConnection(self.host, timeout=330, context=self.context)) as connection:
            connection.request("GET", path, headers={"Authorization": "Bearer token-of-admin", "Accept": listed})
            found = json.loads(connection.getresponse().read())
            yield from (("ADDED", item) for item in found["items"] or ())
            query = urlencode(
                {"watch": 1, "resourceVersion": found["metadata"]["resourceVersion"], "timeoutSeconds": 300}
            )
            headers = {"Authorization": "Bearer token-of-admin", "Accept": accept}
            connection.request("GET", f"{path}{'&' if '?' in path else '?'}{query}", headers=headers)
            answer = connection.getresponse()
            while line := answer.readline():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                yield event["type"], event["object"]
