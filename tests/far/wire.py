"""A wire to a server on this machine, which counts what clients send and can be cut before any of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress


class Wire:
    """Passes packets both ways until the packet number `cut` is about to be sent; from then on nothing passes.

    `then` is done at that moment, before the client notices.
    """

    def __init__(self, port: int, cut: int | None = None, then: Callable[[], None] = lambda: None) -> None:
        self.target, self.cut, self.then = port, cut, then
        self.packets = 0
        self.lock = threading.Lock()
        self.open: list[socket.socket] = []
        self.ends = socket.create_server(("127.0.0.1", 0))

    def through(self, dsn: str) -> str:
        """A connection string that goes this way."""
        return dsn.replace(f"port={self.target}", f"port={self.ends.getsockname()[1]}")

    def __enter__(self) -> Wire:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.ends.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self.target)) as server:
            self.open += [client, server]
            back = threading.Thread(target=self._pass, args=(server, client, False), daemon=True)
            back.start()
            self._pass(client, server, True)
            back.join()

    def _pass(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if counted and self._is_last():
                    self.then()
                    self._close()
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def _is_last(self) -> bool:
        with self.lock:
            self.packets += 1
            return self.packets - 1 == self.cut

    def _close(self) -> None:
        for end in (self.ends, *self.open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.ends.close()
