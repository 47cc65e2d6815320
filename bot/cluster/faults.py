"""What an API server, or the way to it, says when it says no: in our words, on one line, without a secret."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from bot.errors import Conflict, Refused, SamedayError, Unreachable

MAX_SAID = 600  # characters; an admission webhook may say any amount
ANONYMOUS = 'User "system:anonymous"'  # who we are to the server where no credentials reach it
BUSY = (429, 500, 502, 503, 504)
NO_NAMESPACE = "check `manifests.namespace` (or the `namespace` of ledger and flags) in the settings"
UNKNOWN_KIND = "the cluster does not know objects of this kind: is Argo Workflows installed there?"

_UNALLOWED = re.compile(
    r'User "(?P<who>[^"]*)" cannot (?P<verb>\w+) resource "(?P<what>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<space>[^"]*)")?'
)
_STRICT = re.compile(r'(unknown|duplicate) field "([^"]+)"')
# Server-side apply answers 500, and without a list of causes, where a field is unknown or of another type.
_MISTYPED = re.compile(r"failed to create typed patch object \(.*?\): \.?([^:]+): (.*)")


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing an API server does not take: the field by its path (`spec.templates[0].name`, or ''), and why."""

    field: str
    message: str


class Rejected(Refused):
    """An API server said no; `status` is HTTP's, `reason` its own word, as `Invalid`, `Forbidden` or `NotFound`.

    `unallowed`: it is we who may not do this, and not the object that may not be there.
    """

    def __init__(
        self, message: str, status: int, reason: str, causes: tuple[Cause, ...] = (), *, unallowed: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.causes = causes
        self.unallowed = unallowed


def told(status: int, body: bytes, where: str) -> SamedayError:
    """An answer of 400 or more as the fault to raise; `where` names the cluster and the setting it came from."""
    data = _status(body)
    message = line(_text(data, "message") or body.decode(errors="replace")) or f"status {status}"
    details = _details(data)
    if status == 401 or (status == 403 and ANONYMOUS in message):
        return Unreachable(f"{where} does not know us: our credentials are missing or expired; log in to it again")
    mistyped = _MISTYPED.search(message)
    if mistyped:
        return Rejected(message, status, "Invalid", (Cause(mistyped[1], mistyped[2]),))
    if status == 429 or status >= 500:
        return Unreachable(f"{where} could not answer: {message}")
    if status == 409:
        return Conflict(message)
    if status == 403 and (lacking := _UNALLOWED.search(message)):
        return Rejected(_lacks(lacking), status, _text(data, "reason"), unallowed=True)
    listed = details.get("causes")
    each = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    causes = [Cause(_text(one, "field"), line(_text(one, "message"))) for one in each]
    causes += [Cause(field, f"{kind} field") for kind, field in _STRICT.findall(message)]
    if status == 404 and details.get("kind") == "namespaces":
        message = f"the cluster has no namespace '{details.get('name')}': {NO_NAMESPACE}"
    elif status == 404 and not details.get("name"):
        message = UNKNOWN_KIND
    located = tuple(cause for cause in causes if cause.field != "<nil>")  # so it says that it has not looked further
    return Rejected(message, status, _text(data, "reason"), located)


def _lacks(lacking: re.Match[str]) -> str:
    """Which right an account lacks, and what is to be done."""
    what = lacking["what"] + (f" ({lacking['group']})" if lacking["group"] else "")
    where = f"the namespace '{lacking['space']}'" if lacking["space"] else "the whole cluster"
    return (
        f"the account '{lacking['who']}' may not {lacking['verb']} {what} in {where}: bind a role with that right to it"
    )


def absent(status: int, body: bytes, plural: str) -> bool:
    """Whether the answer says that the object asked for, of a known kind, is not there."""
    details = _details(_status(body))
    return status == 404 and bool(details.get("name")) and details.get("kind") == plural


def busy(status: int, body: bytes) -> bool:
    """Whether the same question may be answered a moment later."""
    return status in BUSY and not _MISTYPED.search(line(_text(_status(body), "message")))


def away(error: Exception) -> str:
    """Why there was no answer, in a few words, from an error of the HTTP client."""
    from urllib3 import exceptions

    if isinstance(error, exceptions.NameResolutionError):
        return "its name is not known"
    if isinstance(error, exceptions.NewConnectionError):
        return "nothing listens there"
    if isinstance(error, exceptions.TimeoutError):
        return "there was no answer in time"
    if isinstance(error, exceptions.SSLError):
        return f"its certificate is not trusted ({line(str(error))})"
    return "the connection was dropped"


def line(text: str) -> str:
    """What was said, on one line of bounded length, without a terminal's commands."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= MAX_SAID else words[:MAX_SAID] + "…"


def _status(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _details(data: dict[str, Any]) -> dict[str, Any]:
    details = data.get("details")
    return details if isinstance(details, dict) else {}


def _text(data: dict[str, Any], key: str) -> str:
    """What stands there, if it is text: what is in the way to a server may answer anything."""
    value = data.get(key)
    return value if isinstance(value, str) else ""
