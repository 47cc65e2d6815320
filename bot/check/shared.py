"""What a check works out once for all experiments of a run, such as an index over them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

Made = TypeVar("Made")


class Shared:
    """Values by name, each made for one repository and one settings; workers wait for the one that makes it."""

    def __init__(self) -> None:
        self.values: dict[str, tuple[tuple[object, ...], Any]] = {}
        self.lock = threading.RLock()  # one may be made of another

    def once(self, name: str, of: tuple[object, ...], make: Callable[[], Made]) -> Made:
        """The value of this name, made again only where it was made of other things than `of`."""
        with self.lock:
            known = self.values.get(name)
            if known is None or any(one is not other for one, other in zip(known[0], of, strict=True)):
                known = self.values[name] = (of, make())
        made: Made = known[1]
        return made
