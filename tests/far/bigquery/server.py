"""The server: keeps tables and jobs, answers queries with what a test says, refuses as it is told to, and counts."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.far.bigquery.discovery import Method, description

PROJECT = "acme-data"
MOST = 1_000  # tables and datasets of one page
Resource = dict[str, Any]
REASONS = {
    400: "invalid", 401: "authError", 403: "accessDenied", 404: "notFound", 405: "httpMethodNotAllowed",
    409: "duplicate", 429: "rateLimitExceeded", 500: "internalError", 502: "badGateway", 503: "backendError",
}  # fmt: skip


@dataclass(eq=False)
class Said(Exception):
    """An error: status, the reason, the text."""

    code: int
    message: str
    reason: str = ""

    @property
    def proto(self) -> Resource:
        """As it stands in jobs."""
        return {"reason": self.reason or REASONS[self.code], "message": self.message, "location": "query"}

    @property
    def body(self) -> Resource:
        """As it stands in answers."""
        error = {"domain": "global", "reason": self.reason or REASONS[self.code], "message": self.message}
        return {"error": {"code": self.code, "message": self.message, "errors": [error]}}


@dataclass
class Call:
    """One request, by the id of its method; `status` is what came of it."""

    id: str
    parts: list[str]
    query: dict[str, str]
    body: Any
    status: int = 0


@dataclass
class Fake:
    """One BigQuery. A context manager; `url` is its address.

    `tables` and `datasets` hold resources by full name, `policies` the rights on a table itself; `rows` what a query
    that has the words in it answers: a list of rows, or an error. `strikes` are asked of every request and may raise;
    `latency` is in seconds; `pending` is how often a job is still running when it is looked at; `rights` are the
    permissions there are.
    """

    tables: dict[str, Resource] = field(default_factory=dict)
    datasets: dict[str, Resource] = field(default_factory=dict)
    policies: dict[str, Resource] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    reads: dict[str, list[str]] = field(default_factory=dict)
    strikes: list[Callable[[Call], None]] = field(default_factory=list)
    rights: set[str] = field(default_factory=lambda: {"bigquery.tables.getData", "bigquery.tables.updateData"})
    latency: float = 0.0
    pending: int = 0
    billed: int = 0
    jobs: dict[str, Resource] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __enter__(self) -> Fake:
        self.lock = threading.Lock()
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.fake = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.005,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def dataset(self, name: str, **more: Any) -> None:
        """There is a dataset."""
        project, dataset = name.split(".")
        reference = {"projectId": project, "datasetId": dataset}
        self.datasets[name] = {"datasetReference": reference, "location": "US", **more}

    def table(self, name: str, columns: dict[str, Any] | None = None, **more: Any) -> None:
        """There is a table, and its dataset; a column is a type, or a field of the REST API without its name."""
        project, dataset, table = name.split(".")
        if f"{project}.{dataset}" not in self.datasets:
            self.dataset(f"{project}.{dataset}")
        described = {c: {"type": kind} if isinstance(kind, str) else kind for c, kind in (columns or {}).items()}
        now = str(int(time.time() * 1000))
        self.tables[name] = {
            "tableReference": {"projectId": project, "datasetId": dataset, "tableId": table}, "type": "TABLE",
            "schema": {"fields": [{"name": c, **made} for c, made in described.items()]}, "numRows": "3",
            "creationTime": now, "lastModifiedTime": now, "location": "US", "etag": f"etag-{name}", **more,
        }  # fmt: skip

    def view(
        self, name: str, reads: list[str] | Said, columns: dict[str, Any] | None = None, query: str = "SELECT 1",
        **more: Any,
    ) -> None:  # fmt: skip
        """There is a view of other tables, or one that cannot be resolved."""
        view = {"query": query, "useLegacySql": False}
        self.table(name, columns, type="VIEW", numRows="0", view=view, **more)
        words = f"SELECT * FROM `{name}`"
        if isinstance(reads, Said):
            self.rows[words] = reads
        else:
            self.reads[words] = reads

    def refuse(self, method: str, error: Said, words: str = "", times: int = 10**9) -> None:
        """Answer a method with an error, where its path or body has the words in it, and only so often."""
        left = [times]

        def strike(call: Call) -> None:
            if call.id == f"bigquery.{method}" and words in json.dumps([call.parts, call.body]) and left[0] > 0:
                left[0] -= 1
                raise error

        self.strikes.append(strike)

    def asked(self, method: str = "") -> list[Call]:
        """The requests for a method, or all."""
        return [call for call in self.calls if call.id == f"bigquery.{method}" or not method]

    def answer(self, verb: str, address: str, body: Any) -> tuple[int, Any]:
        """What happens to one request; it and its answer must be as Google describes them."""
        path, _, words = address.partition("?")
        query = dict(urllib.parse.parse_qsl(words))
        time.sleep(self.latency)
        self.faults += description().faults(verb, path, query, body)
        method = description().operation(verb, path) or {"id": "nothing"}
        parts = [urllib.parse.unquote(part) for part in re.split(r"[/:]", path)[4:]]
        call = Call(method["id"], parts, query, body)
        self.calls.append(call)
        try:
            for strike in self.strikes:
                strike(call)
            with self.lock:
                call.status, answer = 200, self.execute(call, method)
        except Said as error:
            call.status = error.code
            return error.code, error.body
        return 204 if answer is None else 200, answer

    def execute(self, call: Call, method: Method) -> Any:
        """What the request does."""
        from tests.far.bigquery.methods import METHODS

        answer = METHODS[call.id](self, call)
        if answer is not None:
            self.faults += description().answers(method, answer)
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_all(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.loads(content) if content else None
        status, answer = self.server.fake.answer(self.command, self.path, body)  # type: ignore[attr-defined]
        sent = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=UTF-8")
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_all

    def log_message(self, *_: object) -> None:
        """Say nothing."""
