"""A namespace of the tests' API server, and a proxy in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot.cluster import Cluster
from tests.far.cluster import Server
from tests.far.cluster_proxy import Proxy, before


@dataclass(frozen=True)
class Space:
    """A new namespace, and its administrator's way in."""

    server: Server
    name: str
    cluster: Cluster

    def put(self, kind: str, name: str, **content: object) -> dict[str, Any]:
        """An object, made by somebody else."""
        paths = {"ConfigMap": "/api/v1", "Secret": "/api/v1", "ServiceAccount": "/api/v1", "ResourceQuota": "/api/v1"}
        path = f"{paths[kind]}/namespaces/{self.name}/{kind.lower()}s"
        return self.server.ask("POST", path, {"metadata": {"name": name}, **content})


@pytest.fixture
def space(apiserver: Server) -> Space:
    """A new namespace."""
    name = apiserver.namespace()
    return Space(apiserver, name, apiserver.cluster(name))


@pytest.fixture
def proxy(apiserver: Server) -> Iterator[Proxy]:
    """A bad day, to be filled in."""
    with before(apiserver) as started:
        yield started
