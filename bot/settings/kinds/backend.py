"""What every kind of backend is: its part of the settings, and what opening it needs.

A row is a class in a module of its own, which holds all that others know of the kind. It cannot import its adapter,
which stands above the settings and imports heavy packages: it names the function that opens it, as `module:function`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, Self

from bot.document.fields import Part


@dataclass(frozen=True, slots=True)
class Needs:
    """The packages that an adapter imports, the extra of `sameday` that brings them, and what needs them in words."""

    what: str
    packages: tuple[str, ...]
    extra: str


@dataclass(frozen=True, slots=True)
class ClusterContext:
    """A context of the kubeconfig, None for its current one, and where the settings name it."""

    name: str | None
    setting: str


class Openable(Protocol):
    """What a row has to state; mypy holds each to it where it is opened."""

    @property
    def opener(self) -> str:
        """The function that opens it from this part and a `bot.ports.opening.Opening`, as `module:function`."""
        ...

    @property
    def needs(self) -> Needs | None:
        """What must be installed; None: nothing beyond sameday itself."""
        ...


class Backend(Part):
    """What the settings say of one backend. A kind overrides what is different about it."""

    ahead: ClassVar[tuple[str, ...]] = ()
    """Modules to import before several threads do so at once, and find what they share half made."""

    kind: str

    @property
    def place(self) -> Path | None:
        """Where it is on this machine; None if it is elsewhere."""
        return None

    @property
    def whereabouts(self) -> str | None:
        """What no two stores may share, in words; None where any two are apart."""
        return None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The environment variables that hold its secrets."""
        return ()

    @property
    def identity(self) -> str | None:
        """The account that checks act as, to test what the runs may do."""
        return None

    def as_itself(self) -> Self:
        """The same, but checks act as no other account."""
        return self

    def rooted(self, root: str) -> Self:
        """The same; a relative path starts at the folder `root`."""
        return self

    def cluster(self, part: str) -> ClusterContext | None:
        """How its cluster is reached, if the settings say so; `part` is the part of the settings that this is."""
        return None

    def page(self, namespace: str) -> str:
        """Where people look at what runs in a namespace: an address that lacks the name of one; '' if nowhere."""
        return ""


class OnDisk(Backend):
    """A file or a folder of this machine."""

    path: str

    @property
    def place(self) -> Path:
        """The file or folder."""
        return Path(self.path)

    def rooted(self, root: str) -> Self:
        """The same, with an absolute path."""
        return self.model_copy(update={"path": str(Path(root, self.path))})
