"""Tell people of a scheduled run that failed: one message to the address that only the cluster knows."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from bot.errors import Refused, Unreachable
from bot.ports import Work

TIMEOUT = 20.0  # seconds
SHOWN = 10  # failed jobs that the message names
Message = Mapping[str, Any]


def message(work: Work, workflow: str, status: str, failures: str, shown: Callable[[str], str]) -> Message:
    """What is told; `failures` is Argo's own list of failed nodes, as JSON, or anything else where it has none.

    `shown` makes words of others fit to be read in a chat.
    """
    failed = [
        {"job": shown(_word(node, "displayName")), "reason": shown(_word(node, "message"))}
        for node in _nodes(failures)[:SHOWN]
    ]
    workflow, status = shown(workflow), shown(status)
    words = "; ".join(f"{one['job']}: {one['reason']}" for one in failed) or status
    text = f"sameday: the scheduled run {work.run} failed ({words}); what was served is still served"
    return {
        "text": text, "experiment": work.experiment, "run": work.run, "date": work.date.isoformat(),
        "workflow": workflow, "status": status, "failures": failed,
    }  # fmt: skip


def tell(address: str, said: Message) -> list[str]:
    """Send it. Raises Refused for a no, Unreachable without an answer; neither names the address."""
    if not address.startswith(("https://", "http://")):
        raise Refused("the webhook's address begins with neither https:// nor http://")
    headers = {"Content-Type": "application/json", "User-Agent": "sameday"}
    try:
        request = urllib.request.Request(address, json.dumps(said).encode(), headers, method="POST")  # noqa: S310  as above
        with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310
            return [f"told: {said['text']}"]
    except urllib.error.HTTPError as error:
        error.close()
        raise Refused(f"the webhook answered {error.code}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unreachable(f"the webhook did not answer ({type(error).__name__})") from None


def _nodes(failures: str) -> list[Any]:
    try:
        found = json.loads(failures)
    except (ValueError, RecursionError):
        return []
    return [node for node in found if isinstance(node, dict)] if isinstance(found, list) else []


def _word(node: Mapping[str, Any], key: str) -> str:
    return " ".join(str(node.get(key) or "").split())
