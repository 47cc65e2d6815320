"""What only a flag set in a cluster does: it shares its ConfigMap with other people."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.cluster import Access, Cluster, Rejected
from bot.errors import Unreachable
from bot.flags.configmap import ConfigMap
from bot.settings.kinds import ConfigMapFlags
from tests.conftest import Repo
from tests.far.cluster_proxy import Fault, Proxy
from tests.kubernetes.conftest import Space
from tests.some import some

pytestmark = pytest.mark.slow

FLAG = {"state": "ENABLED", "variants": {"none": {}, "als": {"table": "v4"}}, "defaultVariant": "none"}
SETTINGS = ConfigMapFlags(kind="configmap", set="serving")
KEY = "serving.flagd.json"


def flags(space: Space, url: str = "") -> ConfigMap:
    return ConfigMap(Cluster(Access(kubeconfig=space.server.kubeconfig(url=url)), space.name), SETTINGS)


def test_form_is_that_of_the_folder(space: Space) -> None:
    flags(space).publish({"demo": FLAG})
    found = space.cluster.get("ConfigMap", "serving")
    assert list(some(found)["data"]) == [KEY]
    assert json.loads(some(found)["data"][KEY]) == {"flags": {"demo": FLAG}}
    assert some(found)["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "sameday"}


def test_what_is_not_ours_stays(space: Space) -> None:
    theirs = {"$evaluators": {"mine": {"==": [1, 1]}}, "flags": {"banner": FLAG}}
    data = {KEY: json.dumps(theirs), "notes": "call Ada before you change this"}
    space.put("ConfigMap", "serving", data=data)
    label = {"metadata": {"labels": {"team": "reco"}}}
    path = f"/api/v1/namespaces/{space.name}/configmaps/serving"
    space.server.ask("PATCH", path, label, "application/merge-patch+json")
    flags(space).publish({"demo": FLAG})
    flags(space).publish({"demo": None})
    found = space.cluster.get("ConfigMap", "serving")
    assert json.loads(some(found)["data"][KEY]) == theirs
    assert (some(found)["data"]["notes"], some(found)["metadata"]["labels"]) == (data["notes"], {"team": "reco"})


def test_same_flag_again_writes_nothing(space: Space) -> None:
    flags(space).publish({"demo": FLAG})
    before = some(space.cluster.get("ConfigMap", "serving"))["metadata"]["resourceVersion"]
    flags(space).publish({"demo": FLAG})
    assert some(space.cluster.get("ConfigMap", "serving"))["metadata"]["resourceVersion"] == before


SPOILT = {"no JSON": "{", "a list": "[]", "no flags": "{}", "other flags": '{"flags": []}'}


@pytest.mark.parametrize("text", SPOILT.values(), ids=SPOILT)
def test_set_that_cannot_be_read(space: Space, text: str) -> None:
    space.put("ConfigMap", "serving", data={KEY: text})
    told = r"\Athe flag set serving\.flagd\.json of the ConfigMap serving cannot be read: [^\n]*\Z"
    acts: list[Callable[[], object]] = [
        lambda: flags(space).published("demo"), lambda: flags(space).publish({"demo": FLAG}),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(Unreachable, match=told):
            act()
    assert some(space.cluster.get("ConfigMap", "serving"))["data"] == {KEY: text}


def test_bad_days(space: Space, proxy: Proxy) -> None:
    mine = flags(space, proxy.url)
    busy = {"kind": "Status", "code": 409, "reason": "AlreadyExists", "message": "it is there"}
    proxy.fail("POST", "/configmaps", Fault(409, busy))
    mine.publish({"demo": FLAG})
    proxy.fail("PUT", "/configmaps", Fault(after=True))
    with pytest.raises(Unreachable):
        mine.publish({"demo": None})
    mine.publish({"demo": None})
    assert flags(space).published("demo") is None


def test_set_that_is_too_large(space: Space) -> None:
    """A ConfigMap holds 1 MiB; what was published before stays."""
    flags(space).publish({"demo": FLAG})
    huge: dict[str, Any] = {**FLAG, "metadata": {"text": "x" * 1_100_000}}
    with pytest.raises(Rejected, match="1048576"):
        flags(space).publish({"huge": huge})
    assert (flags(space).published("demo"), flags(space).published("huge")) == (FLAG, None)


def test_rehearsal_needs_no_cluster(repo: Repo) -> None:
    """Whatever the settings say of production, it plays on the embedded stack."""
    parts = ["engine: {kind: argo, context: x}", "ledger: {kind: configmap}", "flags: {kind: configmap, set: mine}"]
    repo.write("sameday.yaml", "\n".join(parts))
    repo.write("experiments/demo.yaml", "name: demo\njobs: [{name: a, command: 'true'}]\n")
    repo.commit()
    said = repo.sameday("rehearse", "experiments")
    assert (said.code, said.err) == (0, ""), said.out
    assert "demo is live" in said.out
