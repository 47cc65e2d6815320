"""What a kubelet serves to the API server, over TLS: logs of containers, and commands in them."""

from __future__ import annotations

import ssl
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from tests.far.http import Handler


class Served(Protocol):
    """What there is to serve."""

    def log(self, namespace: str, pod: str, container: str) -> Path:
        """The file of a container's log."""
        ...

    def send(self, namespace: str, pod: str, container: str, number: int) -> None:
        """Signal a container."""
        ...


def serve(node: Served, certificate: Path) -> int:
    """Serve, with the API server's own certificate; the port."""

    class Answers(Handler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            kind, *where = url.path.strip("/").split("/")
            if kind == "containerLogs":
                self.reply(*tail(node.log(*where), parse_qs(url.query)))
            else:
                self.execute(kind, where, parse_qs(url.query))

        def do_POST(self) -> None:
            url = urlsplit(self.path)
            kind, *where = url.path.strip("/").split("/")
            self.execute(kind, where, parse_qs(url.query))

        def execute(self, kind: str, where: list[str], asked: dict[str, list[str]]) -> None:
            """Argo executes `argoexec kill NUMBER 1` only; it is done, but there are no streams to say so."""
            words = asked.get("command", [])
            if kind == "exec" and words[-3:-2] == ["kill"]:
                namespace, pod, container = where
                node.send(namespace, pod, container, int(words[-2]))
            self.reply(500)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


def tail(log: Path, asked: dict[str, list[str]]) -> tuple[int, bytes]:
    """The status and the part of a log that is asked for."""
    if not log.exists():
        return 404, b""
    text = log.read_bytes()
    if "tailLines" in asked:
        lines = int(asked["tailLines"][0])
        text = b"".join(text.splitlines(keepends=True)[-lines:]) if lines else b""
    return 200, text[: int(asked["limitBytes"][0])] if "limitBytes" in asked else text
