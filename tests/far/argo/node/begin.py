"""The start of a container, or why it has to wait."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Protocol

from tests.far.argo.node import acts, given
from tests.far.argo.node.api import Api
from tests.far.argo.node.container import Container


class Host(Protocol):
    """The node, as its pods know it."""

    api: Api
    slots: threading.Semaphore

    def acts(self, pod: Any) -> acts.Acts: ...
    def bind(self, pod: Any) -> None: ...
    def start(self, pod: Any, folder: Path, one: Container, log: Path) -> None: ...
    def report(self, pod: Any) -> None: ...


def begin(host: Host, pod: Any, folder: Path, one: Container, log: Path) -> None:
    """Start a container, or note why it has to wait."""
    pull = host.acts(pod).get("pull") if one.name == "main" else None
    if pull:
        failed, image = one.waiting[0] == "ErrImagePull", one.spec["image"]
        waits = ("ImagePullBackOff", f'Back-off pulling image "{image}": {pull}')
        one.waiting = waits if failed else ("ErrImagePull", pull)
        return
    try:
        given.volumes(host.api, pod, folder / "volumes")
    except given.Lacking:
        one.waiting = ("ContainerCreating", "")
        return
    try:
        host.start(pod, folder, one, log)
    except given.Lacking as error:
        one.waiting = ("CreateContainerConfigError", str(error))
    except OSError as error:  # Linux takes no variable as long as that
        one.refuse(f"failed to start the container: {(error.strerror or '').lower()}")


def play(host: Host, pod: Any, containers: list[Container], log: Path) -> bool:
    """Have the containers end by themselves, where a test wants it; whether it does."""
    wanted = host.acts(pod).get("play")
    if wanted is None:
        return False
    for one in containers:
        one.play(wanted["code"] if one.name == "main" else 0, 0 if one.name == "init" else wanted["seconds"])
    log.write_text("played\n", encoding="utf-8")
    return True
