"""What goes wrong with BigQuery in our words, told apart by status code and reason.

Text decides where BigQuery has no reason: for statements that others' statements stand in the way of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.errors import Refused, SamedayError, Unreachable

LOGIN = "run `gcloud auth application-default login`, or name a key file in GOOGLE_APPLICATION_CREDENTIALS"
QUOTA = frozenset({"quotaExceeded", "rateLimitExceeded", "userRateLimitExceeded", "jobRateLimitExceeded"})
DISABLED = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
AWAY = frozenset({408, 429, 500, 502, 503, 504})  # what Google calls worth another try
BUSY = re.compile(r"(?i)could not serialize access|concurrent update|too many DML statements outstanding")
ASKED = re.compile(r"\A[A-Z]+ https?://\S+: ")  # Google's clients put what they asked before what was answered
OF = "value|date|time|timestamp|datetime|parse|cast|json|timezone|number|literal|string"
VALUE = re.compile(  # what is said of a row while a view is computed: behind it stands the value
    rf"(?i)\b((?:bad|invalid|could not|failed to|cannot)\b[^:'\"]{{0,60}}?\b(?:{OF})\b[^:'\"]{{0,40}}"
    r"|out of range|overflow|division by zero|error raised)\s*[:'\"].*"
)
SAID = 300  # characters of what BigQuery said


class Busy(Unreachable):
    """Others are in the way: what was asked was not done, and may be tried again."""


@contextmanager
def told(about: str, right: str = "") -> Iterator[None]:
    """Faults of Google's clients as ours, with what it was about and the right that it takes.

    Raises Unreachable where nothing is known after.
    """
    import google.auth.exceptions as login
    import requests
    from google.api_core.exceptions import GoogleAPICallError, RetryError

    try:
        yield
    except login.DefaultCredentialsError:
        raise Unreachable(f"there are no credentials for Google Cloud: {LOGIN}") from None
    except login.RefreshError as error:
        raise Unreachable(f"the credentials for Google Cloud are not taken ({line(error)}): {LOGIN}") from None
    except RetryError as error:
        raise Unreachable(f"BigQuery did not answer: {line(error.cause or error)}") from None
    except (login.GoogleAuthError, requests.RequestException, ConnectionError, TimeoutError) as error:
        raise Unreachable(f"BigQuery did not answer: {line(error)}") from None
    except GoogleAPICallError as error:
        raise kind(error, about, right) from None


def kind(error: Any, about: str, right: str = "") -> SamedayError:
    """The fault that an answer of BigQuery's is."""
    why = reason(error)
    if why in DISABLED:
        return Unreachable("BigQuery's API is not enabled: `gcloud services enable bigquery.googleapis.com` enables it")
    if why in QUOTA:
        return Busy(f"BigQuery's quota is used up for now ({why}): {line(error)}")
    if BUSY.search(line(error)):
        return Busy(f"{about} is being changed by others: {line(error)}")
    if why == "billingNotEnabled":
        return Unreachable(f"the project has no billing, so BigQuery runs no query: {line(error)}")
    if why == "bytesBilledLimitExceeded":
        return Refused(f"{about}: it would read more than the settings' `max_gigabytes`: {line(error)}")
    if error.code == 401:
        return Unreachable(f"the credentials for Google Cloud have expired: {LOGIN}")
    if error.code in AWAY:
        return Unreachable(f"BigQuery did not answer: {line(error)}")
    if error.code == 403 and right and right not in line(error):
        return Refused(f"{about}: {line(error)} (it takes the right {right})")
    return Refused(f"{about}: {line(error)}")


def reason(error: Any) -> str:
    """BigQuery's word for what is wrong, or ''."""
    for found in error.errors or ():
        if isinstance(found, dict) and found.get("reason"):
            return str(found["reason"])
    return str(getattr(error, "reason", None) or "")


def line(error: BaseException) -> str:
    """What was said, on one line, without the address that was asked."""
    errors = getattr(error, "errors", None) or ()
    first = next((found["message"] for found in errors if isinstance(found, dict) and found.get("message")), "")
    text = first or getattr(error, "message", "") or str(error.args[0] if error.args else "") or type(error).__name__
    plain = " ".join("".join(c if c.isprintable() else " " for c in ASKED.sub("", text)).split())[: 2 * SAID]
    return VALUE.sub(r"\1: …", plain)[:SAID]
