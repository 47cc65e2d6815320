"""How GitHub says no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DOCS = "https://docs.github.com/rest"


class Refused(Exception):
    """An answer other than what was asked for."""

    def __init__(
        self, status: int, message: str, errors: Sequence[Any] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})
        self.body: dict[str, Any] = {"message": message, "documentation_url": DOCS, "status": str(status)}
        if errors:
            self.body["errors"] = list(errors)


def missing() -> Refused:
    """There is no such thing, or none that the token may see."""
    return Refused(404, "Not Found")


def invalid(resource: str, field: str, code: str = "invalid", message: str = "") -> Refused:
    """The body has a wrong value."""
    error = {"resource": resource, "code": code, "field": field}
    return Refused(422, "Validation Failed", [error | {"message": message} if message else error])


def malformed(what: str) -> Refused:
    """The body has the wrong shape, which GitHub says in prose."""
    return Refused(422, f"Invalid request.\n\n{what}")
