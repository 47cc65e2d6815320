"""An object of a backend's answer, read by those who know what should be in it: anything else is nonsense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from bot.errors import Unreachable

LARGEST = 1 << 63  # what an identifier or a count is below
SHOWN = 100  # characters of the way to a value: its keys may be anything

T = TypeVar("T")


class Nonsense(Unreachable):
    """What answered is not what was asked, or not well: nothing is known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands in an object. Absent and null are the same, and give '', 0, None or nothing.

    `of` begins the sentence that says who answered, `at` is where in the whole answer this stands. Every method raises
    Nonsense for a value of another type.
    """

    data: Mapping[str, Any]
    of: str
    at: str = ""

    def text(self, key: str) -> str:
        """A text; half a letter of two, which is no text anywhere else, becomes a question mark."""
        return whole(self._take(key, str, "text") or "")

    def word(self, key: str) -> str:
        """A text that must be there."""
        return self.text(key) or self._wrong(key, "text")

    def number(self, key: str) -> int:
        """A number that is not negative."""
        value = self._take(key, int, "a number") or 0
        return value if not isinstance(value, bool) and 0 <= value < LARGEST else self._wrong(key, "a number")

    def count(self, key: str) -> int:
        """A number that must be there, as an identifier must."""
        return self.number(key) if self.data.get(key) is not None else self._wrong(key, "a number")

    def truth(self, key: str) -> bool:
        """True or false."""
        return self._take(key, bool, "true or false") or False

    def moment(self, key: str) -> datetime | None:
        """A moment, in UTC."""
        written = self.text(key)
        try:
            return datetime.fromisoformat(written).astimezone(UTC) if written else None
        except (ValueError, OverflowError):
            return self._wrong(key, "a moment")

    def part(self, key: str) -> Answer:
        """An object."""
        return Answer(self._take(key, dict, "an object") or {}, self.of, self._way(key))

    def parts(self, key: str) -> list[Answer]:
        """A list of objects."""
        elements = self._take(key, list, "a list") or []
        return [answer(one, self.of, f"{self._way(key)}[{i}]") for i, one in enumerate(elements)]

    def named(self, key: str) -> dict[str, Answer]:
        """Objects by name."""
        below = self.part(key)
        return {whole(name): below.part(name) for name in below.data}

    def words(self, key: str) -> list[str]:
        """A list of texts."""
        elements = self._take(key, list, "a list") or []
        return [whole(one) if isinstance(one, str) else self._wrong(key, "a list of texts") for one in elements]

    def texts(self, key: str) -> dict[str, str]:
        """Texts by name."""
        below = self.part(key)
        return {whole(name): below.text(name) for name in below.data}

    def _take(self, key: str, kind: type[T], words: str) -> T | None:
        value = self.data.get(key)
        return value if value is None or isinstance(value, kind) else self._wrong(key, words)

    def _way(self, key: str) -> str:
        return f"{self.at}.{key}".lstrip(".")

    def wrong(self, key: str, words: str) -> Nonsense:
        """What to raise where the value is not what it should be, in words."""
        return Nonsense(f"{self.of} answers with nonsense: {whole(self._way(key))[:SHOWN]!r} should be {words}")

    def _wrong(self, key: str, words: str) -> NoReturn:
        raise self.wrong(key, words)


def answer(value: object, of: str, at: str = "") -> Answer:
    """An object of an answer, or the whole of it."""
    if not isinstance(value, dict):
        place = repr(whole(at)[:SHOWN]) if at else "it"
        raise Nonsense(f"{of} answers with nonsense: {place} should be an object")
    return Answer(value, of, at)


def answers(value: object, of: str) -> list[Answer]:
    """A list of objects, which is the whole of an answer."""
    if not isinstance(value, list):
        raise Nonsense(f"{of} answers with nonsense: it should be a list")
    return [answer(one, of, f"[{i}]") for i, one in enumerate(value)]


def whole(text: str) -> str:
    """The text without halves of letters."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
