"""What stands between sameday and an API server on a bad day: a proxy that answers itself, cuts, or keeps silent."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any

from tests.far.cluster import Server
from tests.far.http import Handler


@dataclass(frozen=True)
class Fault:
    """What becomes of a request: an answer of this `status`, or none; with `after`, the server hears it before.

    `cut`: the answer ends after as many bytes. `silent`: seconds without a word.
    """

    status: int | None = None
    body: Any = None
    after: bool = False
    cut: int | None = None
    silent: float = 0


WHOLE = Fault(cut=1 << 40)  # no answer is as long: nothing is cut off


@dataclass
class Proxy:
    """A proxy in front of a server: `faults` are for the next requests that they match, each for one."""

    server: Server
    url: str = ""
    faults: list[tuple[str, str, Fault]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    """Method and path of every request."""
    drops: str = ""
    """A parameter of requests that the server does not hear of."""
    closing: threading.Event = field(default_factory=threading.Event)

    def fail(self, method: str, path: str, fault: Fault, times: int = 1) -> None:
        """Do this to requests of this method whose path holds `path`."""
        self.faults += [(method, path, fault)] * times

    def let(self, method: str, path: str, times: int = 1) -> None:
        """Let as many such requests pass before the next fault for them."""
        self.fail(method, path, WHOLE, times)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for a request, which is used up with it."""
        self.seen.append(f"{method} {path}")
        for i, (on, part, fault) in enumerate(self.faults):
            if on == method and part in path:
                del self.faults[i]
                return fault
        return None


def _handler(proxy: Proxy) -> type[Handler]:
    class Answers(Handler):
        def answer(self) -> None:
            fault = proxy.take(self.command, self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if fault and not fault.after:
                proxy.closing.wait(fault.silent)
            if fault and fault.status and not fault.after:
                said = fault.body if isinstance(fault.body, bytes) else json.dumps(fault.body or {}).encode()
                self.reply(fault.status, said)
            elif fault and fault.cut is None and not fault.after:
                self.connection.close()
            else:
                self.forward(body, fault)

        def forward(self, body: bytes, fault: Fault | None) -> None:
            context = ssl.create_default_context(cafile=str(proxy.server.authority))
            port = proxy.server.port
            there = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60)
            with closing(there), suppress(OSError, http.client.HTTPException):  # who asked, or was asked, is gone
                self.ask(there, body, fault)

        def ask(self, there: http.client.HTTPSConnection, body: bytes, fault: Fault | None) -> None:
            headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
            where, _, query = self.path.partition("?")
            kept = "&".join(part for part in query.split("&") if part.partition("=")[0] != proxy.drops)
            there.request(self.command, f"{where}?{kept}", body or None, headers)
            answer = there.getresponse()
            if fault and fault.after:
                answer.read()
                proxy.closing.wait(fault.silent)
                if fault.status:
                    self.reply(fault.status, b"{}")
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
            self.send_header("Connection", "close")
            self.end_headers()
            left = fault.cut if fault else None
            while part := answer.read1(65_536):
                self.wfile.write(part if left is None else part[:left])
                self.wfile.flush()
                left = None if left is None else left - len(part)
                if left is not None and left <= 0:
                    return

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    return Answers


@contextmanager
def before(server: Server, port: int = 0) -> Iterator[Proxy]:
    """A proxy on this port, or on a free one."""
    proxy = Proxy(server)
    listening = ThreadingHTTPServer(("127.0.0.1", port), _handler(proxy))
    listening.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{listening.server_address[1]}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.closing.set()
        listening.shutdown()
        listening.server_close()
        thread.join()
