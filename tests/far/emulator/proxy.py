"""What stands between a client and the emulator: it counts, waits, and says the no that the emulator cannot say."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

PASSED = ("content-type", "location", "x-goog-upload-status", "x-guploader-uploadid", "range")


class Proxy:
    """Passes requests on to `target`. A context manager; `url` is what a client is told.

    `denied` are the full names of tables that nobody may touch; `asked` are the requests so far, `latency` is the
    seconds that each takes longer, `down` answers nothing but 503, and so does `cut` where a request has these words.
    The first request with the words of `lost` is done, and its answer is 503 all the same.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.denied: set[str] = set()
        self.asked: list[str] = []
        self.latency = 0.0
        self.down = False
        self.cut = ""
        self.lost = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.daemon_threads = True
        self.server.proxy = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Proxy:
        threading.Thread(target=self.server.serve_forever, args=(0.005,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def refusal(self, path: str, body: bytes) -> str:
        """The table of a request that is denied, or ''."""
        for table in self.denied:
            project, dataset, name = table.split(".")
            spelled = (f"/projects/{project}/datasets/{dataset}/tables/{name}?", f"`{table}`", f'"tableId": "{name}"')
            if any(words in f"{path}?" or words in body.decode("utf-8", "replace") for words in spelled):
                return table
        return ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        proxy: Proxy = self.server.proxy  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        proxy.asked.append(f"{self.command} {self.path.partition('?')[0]}")
        time.sleep(proxy.latency)
        lost = proxy.lost and proxy.lost.encode() in body
        if proxy.down or (proxy.cut and proxy.cut.encode() in body):
            return self.send(503, {"error": {"code": 503, "message": "down", "errors": [{"reason": "backendError"}]}})
        if table := proxy.refusal(self.path, body):
            said = f"Access Denied: Table {table}: Permission denied (or it may not exist)."
            errors = [{"reason": "accessDenied", "domain": "global", "message": said}]
            return self.send(403, {"error": {"code": 403, "message": said, "errors": errors, "status": "DENIED"}})
        sent = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        got = requests.request(self.command, proxy.target + self.path, headers=sent, data=body, timeout=60)
        if lost:
            proxy.lost = ""
            return self.send(503, {"error": {"code": 503, "message": "lost", "errors": [{"reason": "backendError"}]}})
        self.send(got.status_code, got.content, {k: v for k, v in got.headers.items() if k.lower() in PASSED})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        """An answer, as JSON where it is not bytes yet."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {"content-type": "application/json"}).items():
            here: Proxy = self.server.proxy  # type: ignore[attr-defined]
            self.send_header(name, value.replace(here.target, here.url))
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
