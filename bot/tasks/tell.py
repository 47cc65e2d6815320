"""Tell people of a scheduled run that failed: one message to the address that only the cluster knows."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any

from bot.errors import Refused, Unreachable
from bot.ports import Work

TIMEOUT = 20.0  # seconds
SHOWN = 10  # failed jobs that the message names
Message = Mapping[str, Any]
_ESCAPED = re.compile(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U000[0-9a-f]{5}|[abfnrtv\"\\])")  # as Go's strconv.Quote writes it
_SHORT = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
# What Argo says of a node that failed since another did: the graph, and a job that was tried again.
_OF_OTHERS = re.compile(r"child '.*' failed\Z|No more retries left\Z|retryStrategy\.expression evaluated to false\Z")


def message(
    work: Work, workflow: str, status: str, failures: str, shown: Callable[[str], str], page: str = ""
) -> Message:
    """The message; `failures` is Argo's own list of failed nodes, or the beginning of it, or anything else.

    `shown` makes words of others fit to be read in a chat; `page` lacks the workflow's name to be its address.
    """
    failed = [
        {"job": shown(_word(node, "displayName")), "reason": shown(_word(node, "message"))}
        for node in islice(_nodes(failures), SHOWN)
    ]
    link = page and page + urllib.parse.quote(workflow, safe="")
    workflow, status = shown(workflow), shown(status)
    words = "; ".join(f"{one['job']}: {one['reason']}" for one in failed) or status
    text = f"sameday: the scheduled run {work.run} failed ({words}); what was served is still served"
    text += f": {link}" if link else ""
    return {
        "text": text, "experiment": work.experiment, "run": work.run, "date": work.date.isoformat(),
        "workflow": workflow, "link": link, "status": status, "failures": failed,
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


def _nodes(failures: str) -> Iterator[Mapping[str, Any]]:
    """The failed pods in Argo's list: JSON as text of Go's, which may be cut off anywhere."""
    text = _ESCAPED.sub(_unescaped, failures)
    at = len('"[')
    with suppress(ValueError, RecursionError):  # its end
        while True:
            node, end = json.JSONDecoder().raw_decode(text, at)
            if isinstance(node, dict) and not _OF_OTHERS.match(_word(node, "message")):
                yield node
            at = end + len(",")


def _unescaped(escaped: re.Match[str]) -> str:
    mark, code = escaped[1][0], escaped[1][1:]
    return chr(int(code, 16)) if code else _SHORT.get(mark, mark)


def _word(node: Mapping[str, Any], key: str) -> str:
    return " ".join(str(node.get(key) or "").split())
