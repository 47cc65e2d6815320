"""The few verbs that sameday needs of a cluster, all in one namespace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.answer import Answer, answer
from bot.cluster.access import Access
from bot.cluster.faults import Rejected, absent
from bot.cluster.kinds import KINDS, Object
from bot.cluster.wire import Wire
from bot.errors import Unreachable

MANAGER = "sameday"  # the field manager of everything we write
PAGE = 500  # objects per request of a list
PAGES = 1_000  # of one list; etcd, with 8 GiB at most, has not room for so many objects with anything in them
OK, GONE = 200, 410  # the latter: the version is too old to go on from
STRICT = {"dryRun": "All", "fieldValidation": "Strict"}
APPLY = "application/apply-patch+yaml"  # JSON is YAML
MERGE = "application/merge-patch+json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, slots=True)
class Listed:
    """Objects, and the version of the whole list: where a watch goes on."""

    items: tuple[Object, ...]
    version: str


class Cluster:
    """One namespace of a cluster.

    Every method raises Unreachable if the cluster cannot be asked, Conflict for what another one wrote first or has
    the name of, and Rejected (a Refused) for every other no.
    """

    def __init__(self, access: Access, namespace: str) -> None:
        self.namespace = namespace
        self.wire = Wire(access)

    def get(self, kind: str, name: str) -> Object | None:
        """The object, or None."""
        return self._present("GET", kind, name)

    def exists(self, kind: str, name: str) -> bool:
        """Whether the object is there; of its content, a secret's say, nothing is sent."""
        return self._present("GET", kind, name, accept=METADATA) is not None

    def list(self, kind: str, labels: str = "", *, page: int = PAGE) -> Listed:
        """All objects that `labels` select, as they are now; `page` is how many one request asks for."""
        query: dict[str, Any] = {"limit": page, **_selector(labels)}
        items: list[Object] = []
        for _ in range(PAGES):
            try:
                listed = self._answer(self._request("GET", KINDS[kind].path(self.namespace), query, again=True))
            except Rejected as error:
                if error.status != GONE or not items:
                    raise
                items = []  # what comes next is too old to be had: from the beginning
                del query["continue"]
                continue
            items += [self._object(item) for item in listed.parts("items")]
            more = listed.part("metadata").text("continue")
            if not more:
                return Listed(tuple(items), listed.part("metadata").text("resourceVersion"))
            query["continue"] = more
        raise Unreachable(f"the list of {KINDS[kind].plural} in {self.wire.where()} has no end")

    def watch(self, kind: str, version: str, seconds: int, labels: str = "") -> Iterator[tuple[str, Object]]:
        """What is ADDED, MODIFIED or DELETED after `version`, for about so many seconds.

        It ends early, without an error, when the connection is cut or the version is too old: list again and go on.
        """
        query = {"watch": 1, "resourceVersion": version, "timeoutSeconds": seconds, **_selector(labels)}
        try:
            for line in self.wire.stream(KINDS[kind].path(self.namespace), query, seconds + 10.0):
                event = self._answer(self.wire.read(OK, line))
                change = event.text("type")
                if change == "ERROR":
                    return
                item = event.part("object")
                yield change, dict(item.data) if change == "BOOKMARK" else self._object(item)
        except Rejected as error:
            if error.status != GONE:
                raise

    def create(self, manifest: Object, *, dry: bool = False) -> Object:
        """A new object, as the cluster has it; Conflict if its name is taken. `dry`: strictly, and nothing is left."""
        query = {"fieldManager": MANAGER, **(STRICT if dry else {})}
        return self._request("POST", KINDS[manifest["kind"]].path(self.namespace), query, manifest, again=dry)

    def apply(self, manifest: Object, *, force: bool = False, dry: bool = False) -> Object:
        """Server-side apply: the fields of `manifest` become ours; Conflict if one is another's, unless `force`."""
        meta = manifest["metadata"]
        query = {"fieldManager": MANAGER, "force": str(force).lower(), **(STRICT if dry else {})}
        path = KINDS[manifest["kind"]].path(self.namespace, meta["name"])
        return self._request("PATCH", path, query, manifest, content=APPLY, again=True)

    def replace(self, manifest: Object) -> Object:
        """Write the object; Conflict unless it is still of the `resourceVersion` that `manifest` names."""
        path = KINDS[manifest["kind"]].path(self.namespace, manifest["metadata"]["name"])
        return self._request("PUT", path, {"fieldManager": MANAGER}, manifest)

    def patch(self, kind: str, name: str, change: Object) -> Object:
        """Merge a change into the object; with `metadata.resourceVersion` in it, only into that version."""
        path = KINDS[kind].path(self.namespace, name)
        return self._request("PATCH", path, {"fieldManager": MANAGER}, change, content=MERGE)

    def delete(self, kind: str, name: str, uid: str | None = None) -> bool:
        """Remove the object and, after it, what it owns; False if it is not there. Conflict if it has another uid."""
        options: Object = {"propagationPolicy": "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        return self._present("DELETE", kind, name, body=options) is not None

    def log(self, pod: str, container: str, lines: int, limit: int) -> str | None:
        """The last `lines` lines of a container's output, at most `limit` bytes; None if the pod is gone."""
        query = {"container": container, "tailLines": lines, "limitBytes": limit}
        status, body = self.wire.send(
            "GET", KINDS["Pod"].path(self.namespace, pod, "log"), query, accept="*/*", again=True
        )
        if absent(status, body, KINDS["Pod"].plural):
            return None
        if status >= 400:
            raise self.wire.fault(status, body)
        return body.decode(errors="replace")

    def may(self, verb: str, kind: str, *, below: str = "", account: str | None = None) -> bool:
        """Whether we, or a service account of the namespace, may do this there."""
        attributes = {"verb": verb, "group": KINDS[kind].group, "resource": KINDS[kind].plural}
        attributes |= {"namespace": self.namespace} if KINDS[kind].namespaced else {}
        attributes |= {"subresource": below} if below else {}
        spec: Object = {"resourceAttributes": attributes}
        review = "SelfSubjectAccessReview"
        if account is not None:
            review = "LocalSubjectAccessReview"
            all_of = "system:serviceaccounts"
            spec["user"] = f"system:serviceaccount:{self.namespace}:{account}"
            spec["groups"] = [all_of, f"{all_of}:{self.namespace}", "system:authenticated"]
        meta = {"namespace": self.namespace} if KINDS[review].namespaced else {}
        manifest = {"apiVersion": KINDS[review].api, "kind": review, "metadata": meta, "spec": spec}
        result = self._request("POST", KINDS[review].path(self.namespace), None, manifest, again=True)
        return self._answer(result).part("status").truth("allowed")

    def release(self) -> tuple[int, int]:
        """The API server's own version, as (1, 34)."""
        info = self._answer(self._request("GET", "/version", None, again=True))
        digits = [re.match("[0-9]{0,9}", info.text(part), re.ASCII) for part in ("major", "minor")]  # some write "29+"
        major, minor = (int(digit[0] or 0) if digit else 0 for digit in digits)
        return major, minor

    def _present(
        self, method: str, kind: str, name: str, *, body: object = None, accept: str = "application/json"
    ) -> Object | None:
        path = KINDS[kind].path(self.namespace, name)
        status, reply = self.wire.send(method, path, None, body, accept=accept, again=True)
        if absent(status, reply, KINDS[kind].plural):
            return None
        item = self.wire.read(status, reply)
        return item if method == "DELETE" else self._object(self._answer(item))  # that answers with a status, at times

    def _answer(self, item: Object) -> Answer:
        return answer(item, self.wire.where())

    @staticmethod
    def _object(item: Answer) -> Object:
        """An object as the cluster keeps it; its metadata is what any API server's is, or nothing of it is believed."""
        meta = item.part("metadata")
        identity = {key: meta.word(key) for key in ("name", "uid", "resourceVersion")}
        sorted_out = {key: meta.texts(key) for key in ("labels", "annotations") if meta.data.get(key) is not None}
        return {**item.data, "metadata": {**meta.data, **identity, **sorted_out}}

    def _request(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: object = None, *,
        content: str = "application/json", again: bool = False,
    ) -> Object:  # fmt: skip
        status, reply = self.wire.send(method, path, query, body, content=content, again=again)
        return self.wire.read(status, reply)


def _selector(labels: str) -> dict[str, str]:
    return {"labelSelector": labels} if labels else {}
