"""What kube-controller-manager does for Argo's pods: tokens of accounts, and the end of what an owner leaves behind."""

from __future__ import annotations

import base64
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.far.argo.node.api import METADATA, Api
from tests.far.argo.node.given import token

ARGO = "/apis/argoproj.io/v1alpha1"
OWNED = (("/api/v1", "pods"), (ARGO, "workflowtaskresults"), ("/api/v1", "configmaps"))
LATE = 3.0  # seconds after which a workflow's end is looked at again: its controller may not have heard of it at once
TOKENS = "/api/v1/secrets?fieldSelector=type%3Dkubernetes.io/service-account-token"


def begin(api: Api) -> None:
    """Do it from now on."""
    for work in (_collect, _fill):
        threading.Thread(target=always, args=(work, api), daemon=True).start()


def always(work: Callable[[Api], None], api: Api) -> None:
    """Do it again when it ends: a server that is started again ends what was asked of it."""
    while True:
        try:
            work(api)
        except Exception:  # said in the node's log, as a daemon does
            traceback.print_exc()
        time.sleep(0.2)


def _collect(api: Api) -> None:
    for kind, workflow in api.follow(f"{ARGO}/workflows", METADATA):
        if kind == "DELETED":
            _remove(api, workflow["metadata"])
            again = threading.Timer(LATE, _remove, (api, workflow["metadata"]))
            again.daemon = True
            again.start()


def _remove(api: Api, owner: Any) -> None:
    """Delete what belongs to an owner that is gone."""
    for base, plural in OWNED:
        path = f"{base}/namespaces/{owner['namespace']}/{plural}"
        chosen = f"?labelSelector=workflows.argoproj.io/workflow%3D{owner['name']}"
        for item in (api.call("GET", path + chosen) or {"items": []})["items"]:
            meta = item["metadata"]
            if any(one["uid"] == owner["uid"] for one in meta.get("ownerReferences", [])):
                body = {"propagationPolicy": "Background", "preconditions": {"uid": meta["uid"]}}
                api.call("DELETE", f"{path}/{meta['name']}", body)


def _fill(api: Api) -> None:
    """Put tokens into the Secrets that are there for them."""
    for kind, secret in api.follow(TOKENS):
        meta = secret["metadata"]
        if kind == "DELETED" or "token" in secret.get("data", {}):
            continue
        made = token(api, meta["namespace"], meta["annotations"]["kubernetes.io/service-account.name"])
        data = {
            "token": made.encode(),
            "ca.crt": Path(api.authority).read_bytes(),
            "namespace": meta["namespace"].encode(),
        }
        encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
        api.merge(f"/api/v1/namespaces/{meta['namespace']}/secrets/{meta['name']}", {"data": encoded})
