"""The right to decide and to change what is live, which a release gives back while it watches runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType

from bot.ports import Ledger


class Turn:
    """The turn of one release; a rollback may have it in between."""

    def __init__(self, ledger: Ledger, holder: str) -> None:
        self.ledger, self.holder, self.held = ledger, holder, ExitStack()

    def __enter__(self) -> Turn:
        self.held.enter_context(self.ledger.turn(self.holder))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.held.close()

    @contextmanager
    def given_back(self) -> Iterator[None]:
        """Let others have it meanwhile; what they did must be looked at then."""
        self.held.close()
        yield
        self.held.enter_context(self.ledger.turn(self.holder))
