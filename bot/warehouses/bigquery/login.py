"""Google's credentials of this process, searched for as its library does, but for no longer than we wait.

Imported when a login is needed: Google's library takes long to import.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any

import google.auth
from google.auth.transport.requests import Request

SCOPES = ("https://www.googleapis.com/auth/bigquery", "https://www.googleapis.com/auth/cloud-platform")
TO_METADATA = "metadata-flavor"  # the header of every question to the metadata server of a machine of Google's


class Hasty(Request):
    """Asks as the library would, but gives the metadata server so many seconds: elsewhere nobody is at its address."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def __call__(
        self, url: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None,
        timeout: float = 120, **more: Any,
    ) -> Any:  # fmt: skip
        """The answer."""
        if TO_METADATA in map(str.lower, headers or {}):
            timeout = min(timeout, self.seconds)
        return super().__call__(url, method, body, headers, timeout, **more)  # type: ignore[no-untyped-call]


def find(seconds: float | None) -> Any:
    """The credentials; raises DefaultCredentialsError if nowhere are any."""
    logging.getLogger("google").addHandler(logging.NullHandler())  # else its advice lands on stderr
    with warnings.catch_warnings(action="ignore"):
        found, _ = google.auth.default(scopes=SCOPES, request=None if seconds is None else Hasty(seconds))
    return found
