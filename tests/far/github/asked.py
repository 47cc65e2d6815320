"""Requests to the fake without a client, and bodies that it takes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from tests.far.github.server import GitHub

HEAD, BASE = "a" * 40, "b" * 40
LINES = [("a.yaml", line) for line in range(10, 15)]
DEPLOY = {"ref": HEAD, "auto_merge": False, "required_contexts": [], "environment": "sameday/als"}
ANNOTATION = {"path": "a.yaml", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "no"}
RUN = {"name": "sameday", "head_sha": HEAD, "status": "completed", "conclusion": "success"}


class Asked:
    """One answer."""

    def __init__(self, github: GitHub, method: str, path: str, body: Any = None, token: str | None = "") -> None:
        headers = {"content-type": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token or github.token()}"
        data = None if body is None else json.dumps(body).encode()
        url = f"{github.url}/repos/acme/experiments/{path}"
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                self.status, self.headers, text = answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                self.status, self.headers, text = error.code, dict(error.headers), error.read()
        self.text = text.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def run(**output: Any) -> dict[str, Any]:
    return RUN | {"output": {"title": "t", "summary": "s"} | output}


def annotated(**changes: Any) -> dict[str, Any]:
    return run(annotations=[ANNOTATION | changes])


def review(**changes: Any) -> dict[str, Any]:
    comment = {"path": "a.yaml", "body": "so", "line": 12, "side": "RIGHT"} | changes
    return {"event": "COMMENT", "body": "see", "commit_id": HEAD, "comments": [comment]}
