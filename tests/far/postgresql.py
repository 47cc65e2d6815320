"""A PostgreSQL of the tests' own: started on a free port in a folder of its own, stopped and gone at the end."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

INSTALL = "PostgreSQL is not installed: bash .ci/postgresql"
FAST = "fsync=off"  # whatever is killed, the machine lives
OWNER = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root


def binaries() -> Path | None:
    """Where the newest installed server is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    there = shutil.which("postgres")
    return Path(there).parent if there else None


@dataclass
class Server:
    """A running server; every `database()` is a new one."""

    folder: Path
    bin: Path
    port: int
    options: tuple[str, ...] = ()
    """Further settings, as in `work_mem=64MB`."""
    process: subprocess.Popen[bytes] | None = None
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def dsn(self, database: str = "postgres") -> str:
        """How to reach a database."""
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def database(self, like: str = "") -> str:
        """The connection string of a new database: an empty one, or a copy of the one with the connection `like`."""
        name = f"t{next(self.numbers)}"
        template = f" TEMPLATE {like.rpartition('=')[2]}" if like else ""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}{template}")
        return self.dsn(name)

    def start(self, largest: int | None = None) -> None:
        """Start, and wait until it answers; no file may become larger than `largest` bytes."""
        words = [
            str(self.bin / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder),
            "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "shared_buffers=64MB",
        ]  # fmt: skip
        words += [word for option in self.options for word in ("-c", option)]
        if largest is not None:
            words = ["sh", "-c", f'ulimit -S -f {largest // 512}; exec "$@"', "sh", *words]
        end = time.monotonic() + 60
        self._launch(words)
        while True:
            try:
                psycopg.connect(self.dsn(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < end, (self.folder / "log").read_text()
                time.sleep(0.05)
            if self.process is not None and self.process.poll() is not None:
                self._launch(words)  # a process of the one that was killed may still have held its memory

    def _launch(self, words: list[str]) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(words, user=OWNER, stdout=log, stderr=log, cwd=self.folder)

    def kill(self) -> None:
        """Kill every process of it, as a power cut would."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Stop at once."""
        assert self.process is not None
        self.process.terminate()  # a smart shutdown would wait for clients
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


@contextmanager
def running(*options: str) -> Iterator[Server]:
    """A server with nothing in it, with further settings."""
    found = binaries()
    if found is None:
        pytest.skip(INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="sameday-postgresql-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        if OWNER:
            shutil.chown(folder, OWNER)
        subprocess.run(
            [str(found / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8",
             "--locale", "C"],
            check=True, user=OWNER, capture_output=True, cwd=folder,
        )  # fmt: skip
        server = Server(folder, found, port, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
