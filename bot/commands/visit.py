"""What users get of an application at one moment of a rehearsal: it is started, asked over HTTP, and ended."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from bot.errors import UsageError
from bot.settings import Settings
from bot.settings.kinds import FolderFlags, FolderWarehouse, SqliteStore

USERS = tuple(f"user{n}" for n in range(10))
SIZE = 5  # items of each list that are looked at
PATIENCE = 30.0  # seconds until the application listens, or answers
LISTENS = "listening on http://127.0.0.1:"
LOG, EXPOSURES = "app.log", "exposures.jsonl"


@dataclass(frozen=True)
class Visited:
    """The beginning of each user's list at one moment; `unknown` says why nobody was asked."""

    moment: str
    lists: Mapping[str, tuple[str, ...]]
    unknown: str = ""


@dataclass(frozen=True)
class Visitor:
    """Asks an application, which is started with the rehearsal's flags and stores for each moment."""

    command: Sequence[str]
    settings: Settings
    stage: Path
    environment: Mapping[str, str]
    collector: Sequence[str] = ()
    """What makes tables of the application's log; nothing where no test is read out."""

    def collect(self) -> None:
        """Make tables of what the application logged; raises UsageError if that fails."""
        warehouse = self.settings.warehouse
        if not isinstance(warehouse, FolderWarehouse):
            raise UsageError("`--collect` needs a warehouse in a folder: rehearse on the embedded backends")
        words = [*self.collector, str(self.stage / EXPOSURES), warehouse.path]
        try:
            done = subprocess.run(words, capture_output=True, text=True, env=dict(self.environment), check=False)
        except OSError as error:
            raise UsageError(f"the collector does not start: {error}") from None
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
            raise UsageError(f"the collector ended with exit code {done.returncode}: {last}")

    def visit(self, moment: str, users: Sequence[str] = USERS, **attributes: str) -> Visited:
        """The users' lists; raises UsageError if the application does not start or answer."""
        flags = self._flags()
        if not flags.exists():
            return Visited(moment, {}, "there is no flag yet: the application shows what it showed before")
        with self._running(flags) as port:
            return Visited(moment, {user: _asked(port, user, attributes) for user in users})

    def _flags(self) -> Path:
        flags = self.settings.flags
        if not isinstance(flags, FolderFlags):
            raise UsageError("`--app` needs flags in a folder: rehearse on the embedded backends")
        return Path(flags.path) / f"{flags.set}.flagd.json"

    @contextmanager
    def _running(self, flags: Path) -> Iterator[int]:
        """Its port, while it runs."""
        stores = self.settings.stores.items()
        words = [f"--store={name}={store.path}" for name, store in stores if isinstance(store, SqliteStore)]
        words += [f"--flags={flags}", f"--log={self.stage / EXPOSURES}", "--port=0"]
        log = self.stage / LOG
        try:
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [*self.command, *words], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                    env=dict(self.environment),
                )  # fmt: skip
        except OSError as error:
            raise UsageError(f"the application does not start: {error}") from None
        try:
            yield _port(process, log)
        finally:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    """The port that the application says it listens on."""
    end = time.monotonic() + PATIENCE
    while True:
        over = process.poll() is not None
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(LISTENS) and line.removeprefix(LISTENS).isdecimal():
                return int(line.removeprefix(LISTENS))
        if over or time.monotonic() > end:
            raise UsageError(f"the application does not say `{LISTENS}PORT`; {log} has what it says")
        time.sleep(0.05)


def _asked(port: int, user: str, attributes: Mapping[str, str]) -> tuple[str, ...]:
    """The first page of a user."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", f"/list?{urlencode({'user': user, 'size': SIZE, **attributes})}")
        return tuple(map(str, json.loads(connection.getresponse().read())["items"]))
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"the application does not answer {user}: {type(error).__name__}: {error}") from None
    finally:
        connection.close()
