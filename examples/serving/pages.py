"""What surrounds a draft in an application: the ranking of a ranker's rows, and cursors from page to page."""

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import NamedTuple

Item = str | int


class Cursor(NamedTuple):
    """Where the next page begins: at this position of the same ranking, drafted from the same version of the data."""

    ranking: str
    version: str
    position: int


def ranked(rows: Iterable[tuple[Item | None, float | None]]) -> list[Item]:
    """The items of rows (item, rank): the highest rank first, equal ones by name; without what is NULL or NaN."""
    known = [(-rank, str(item), item) for item, rank in rows if item is not None and rank is not None and rank == rank]
    return [item for _, _, item in sorted(known)]


def written(cursor: Cursor, salt: str, unit: str) -> str:
    """The cursor as text for the client, of this test and user only."""
    return base64.urlsafe_b64encode(json.dumps([*cursor, _check(cursor, salt, unit)]).encode()).decode()


def read(text: str, salt: str, unit: str) -> Cursor | None:
    """The cursor; None if the text is none of this test and user: then show the first page of a new ranking."""
    try:
        ranking, version, position, check = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        return None
    if type(ranking) is not str or type(version) is not str or type(position) is not int or position < 0:
        return None
    cursor = Cursor(ranking, version, position)
    return cursor if check == _check(cursor, salt, unit) else None


def _check(cursor: Cursor, salt: str, unit: str) -> str:
    """It keeps other users' cursors apart. It is no signature: a cursor opens nothing that a request does not."""
    return hashlib.sha256(json.dumps([*cursor, salt, unit]).encode()).hexdigest()[:16]
