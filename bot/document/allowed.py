"""The keys that a mapping may have, read from the model's own annotations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from bot.finding import Route


def keys(model: type[BaseModel], route: Route, kind: str = "") -> list[str]:
    """The keys allowed in the mapping at `route` (of this `kind`)."""
    here: Any = model
    for step in route:
        models = [part for part in _parts(here) if isinstance(part, type) and issubclass(part, BaseModel)]
        named = [m.model_fields[step].annotation for m in models if isinstance(step, str) and step in m.model_fields]
        here = named[0] if named else here  # an element: its model is found in the whole's annotation
    candidates = [part for part in _parts(here) if isinstance(part, type) and issubclass(part, BaseModel)]
    meant = [part for part in candidates if kind and kind in get_args(part.model_fields["kind"].annotation)]
    return sorted({key for part in meant or candidates for key in part.model_fields})


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        if not isinstance(part, str):
            yield from _parts(part) if get_args(part) else [part]
