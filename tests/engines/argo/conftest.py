"""The Argo engine in a namespace of its own, with Argo or a stand-in, and a proxy between it and the API server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest

from bot.compile.names import template_name
from bot.engines.argo import Argo
from bot.engines.argo.rights import RELEASE
from bot.experiment.schedule import Schedule
from bot.ports import Run, Step, Work
from bot.settings import Manifests
from tests.far.argo.real import Real
from tests.far.argo.stack import Stack
from tests.far.cluster import Server
from tests.far.cluster_proxy import Proxy, before
from tests.far.controller import Controller
from tests.far.controller.objects import Objects

Player = TypeVar("Player", bound=Objects)
SOON = timedelta(seconds=100)
IMAGE = "registry/reco"
DAILY = Schedule(cron="0 4 * * *", timezone="Asia/Tokyo")


def work(script: str = "true", **changes: object) -> Work:
    """A run with two jobs one after the other."""
    steps = (
        Step(name="first", argv=("sh", "-c", script), image=IMAGE, timeout=60),
        Step(name="second", argv=("true",), image=IMAGE, dependencies=("first",), timeout=60),
    )
    return Work(experiment="demo", key="0badcafe", date=date(2026, 11, 23), steps=steps).model_copy(update=changes)


@dataclass
class Space(Generic[Player]):
    """A namespace with everything in it; what `engine` asks goes through `proxy`."""

    server: Server
    proxy: Proxy
    controller: Player
    engine: Argo
    folder: Path
    slept: list[float] = field(default_factory=list)

    work = staticmethod(work)

    def other(self) -> Argo:
        """The engine of another process, without the proxy."""
        cluster = self.server.cluster(self.controller.namespace, "bot")
        return Argo(cluster, self.engine.options, partial(datetime.now, UTC), time.sleep)

    def held(self, **changes: object) -> Work:
        """A run whose first job waits for the file `gate`."""
        return work(f"while [ ! -e '{self.folder}/gate' ]; do sleep 0.02; done", **changes)

    def go(self) -> None:
        """Let the held jobs end."""
        (self.folder / "gate").touch()

    def begin(self, wanted: Work) -> Run:
        """Apply and submit."""
        self.engine.apply(wanted)
        return self.engine.submit(wanted)

    def begin_schedule(self, wanted: Work) -> None:
        """Apply, and start the schedule."""
        self.engine.apply(wanted)
        self.engine.schedule(wanted, on=True)

    def alarmed(self, wanted: Work) -> Path:
        """Apply a run that tells a webhook when it fails, and the file that is written in place of that."""
        secret = {"metadata": {"name": "alarm"}, "stringData": {"address": "nobody"}}
        self.server.ask("POST", f"/api/v1/namespaces/{self.controller.namespace}/secrets", secret)
        self.engine.options = self.engine.options.model_copy(update={"webhook": "alarm/address"})
        self.begin_schedule(wanted)
        path, place = (
            self.controller.path("workflowtemplates", template_name(wanted.experiment, wanted.key)),
            self.folder / "told",
        )
        spec = self.controller.api.call("GET", path)["spec"]
        tell = next(one for one in spec["templates"] if one["name"] == "sameday-tell-webhook")
        script = f"printf %s \"$SAMEDAY_FAILURES\" > '{place}.new'; mv '{place}.new' '{place}'"
        tell["container"] |= {"command": ["sh", "-c"], "args": [script]}
        self.controller.api.merge(path, {"spec": spec})
        return place

    def watched(self, *runs: str) -> list[Run]:
        """Every change until the end."""
        return list(self.engine.watch(runs, datetime.now(UTC) + SOON))

    def until(self, true: Any) -> Any:
        """Wait for something to be true; what it is."""
        end = time.monotonic() + SOON.total_seconds()
        while not (found := true()):
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.05)
        return found

    def running(self, run: str) -> None:
        """Wait until the run's first job is at work."""
        self.until(lambda: any(n.state == "running" for n in (self.other().find(run) or Run(run, "running")).nodes))

    def names(self, plural: str = "workflows") -> list[str]:
        """What there is."""
        return sorted(found["metadata"]["name"] for found in self.controller.all(plural))


OnArgo = Space[Real]
Played = Space[Controller]
Either = Space[Real] | Space[Controller]


def opened(controller: Player, options: Manifests, proxy: Proxy, folder: Path) -> Space[Player]:
    """The engine on this controller."""
    cluster = controller.server.cluster(controller.namespace, "bot", proxy.url)
    engine = Argo(cluster, options, partial(datetime.now, UTC), time.sleep)
    return Space(controller.server, proxy, controller, engine, folder)


@pytest.fixture
def space(real_argo: Stack, tmp_path: Path) -> Iterator[OnArgo]:
    """A new namespace, with Argo."""
    controller = Real.begin(real_argo, tmp_path)
    with before(controller.server) as proxy, closing(controller):
        yield opened(controller, controller.options(), proxy, tmp_path)


@pytest.fixture
def played(apiserver: Server, tmp_path: Path) -> Iterator[Played]:
    """A new namespace with a stand-in for Argo, which can do what Argo does not do when asked."""
    namespace = apiserver.namespace()
    apiserver.grant(namespace, "bot", *RELEASE)
    controller = Controller(apiserver, namespace, tmp_path, tmp_path / "pods")
    with before(apiserver) as proxy, closing(controller):
        made = opened(controller, Manifests(namespace=namespace, image="registry/sameday"), proxy, tmp_path)
        yield made
        made.go()


@pytest.fixture(params=["space", "played"])
def either(request: pytest.FixtureRequest) -> Either:
    """Argo, and its stand-in, which must answer alike."""
    found: Either = request.getfixturevalue(request.param)
    return found
