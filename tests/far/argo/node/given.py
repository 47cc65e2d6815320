"""What a pod's containers are given: variables, and folders with what the cluster holds."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.far.argo.node.api import Api


class Lacking(Exception):
    """Something that the pod needs is not there, in a kubelet's words."""


def variables(api: Api, pod: Any, container: Mapping[str, Any]) -> dict[str, str]:
    """The variables of a container; raises Lacking if one is of a Secret or ConfigMap that is not there."""
    address, _, port = api.host.partition(":")
    found = {"KUBERNETES_SERVICE_HOST": address, "KUBERNETES_SERVICE_PORT": port, "HOSTNAME": pod["metadata"]["name"]}
    for one in container.get("env", []):
        source = one.get("valueFrom", {})
        if "fieldRef" in source:
            found[one["name"]] = _field(pod, source["fieldRef"]["fieldPath"])
        elif "secretKeyRef" in source:
            found[one["name"]] = _key(api, pod, "secret", source["secretKeyRef"]).decode()
        elif "configMapKeyRef" in source:
            found[one["name"]] = _key(api, pod, "configmap", source["configMapKeyRef"]).decode()
        else:
            found[one["name"]] = one.get("value", "")
    return found


def _field(pod: Any, path: str) -> str:
    at = pod
    for word in path.split("."):
        at = at[word]
    return str(at)


def _key(api: Api, pod: Any, kind: str, place: Mapping[str, str]) -> bytes:
    found = _files(api, pod["metadata"]["namespace"], kind, place["name"])
    if found is None:
        raise Lacking(f'{kind} "{place["name"]}" not found')
    if place["key"] not in found:
        title = {"secret": "Secret", "configmap": "ConfigMap"}[kind]
        raise Lacking(f"couldn't find key {place['key']} in {title} {pod['metadata']['namespace']}/{place['name']}")
    return found[place["key"]]


def _files(api: Api, namespace: str, kind: str, name: str) -> dict[str, bytes] | None:
    """What a Secret or ConfigMap holds."""
    found = api.call("GET", f"/api/v1/namespaces/{namespace}/{kind}s/{name}")
    if found is None:
        return None
    data = found.get("data", {})
    return {key: base64.b64decode(value) if kind == "secret" else value.encode() for key, value in data.items()}


def volumes(api: Api, pod: Any, folder: Path) -> None:
    """Make the pod's volumes; raises Lacking if one of them is not there."""
    namespace = pod["metadata"]["namespace"]
    for volume in pod["spec"].get("volumes", []):
        place = folder / volume["name"]
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o777)
        if "projected" in volume:
            for source in volume["projected"]["sources"]:
                _project(api, pod, source, place)
        elif "emptyDir" not in volume:
            kind, key = ("secret", "secretName") if "secret" in volume else ("configmap", "name")
            name = volume[{"secret": "secret", "configmap": "configMap"}[kind]][key]
            found = _files(api, namespace, kind, name)
            if found is None or (name.endswith(".service-account-token") and "token" not in found):
                raise Lacking(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {kind} "{name}" not found')
            for file, data in found.items():
                (place / file).write_bytes(data)


def _project(api: Api, pod: Any, source: Mapping[str, Any], place: Path) -> None:
    namespace = pod["metadata"]["namespace"]
    if "serviceAccountToken" in source:
        account = pod["spec"]["serviceAccountName"]
        (place / source["serviceAccountToken"]["path"]).write_text(token(api, namespace, account), encoding="utf-8")
    elif "configMap" in source:
        shutil.copy(api.authority, place / "ca.crt")
    elif "downwardAPI" in source:
        (place / "namespace").write_text(namespace, encoding="utf-8")


def token(api: Api, namespace: str, account: str) -> str:
    """A token of a service account."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    made = api.call("POST", path, {"spec": {"expirationSeconds": 86_400}})
    return str(made["status"]["token"])
