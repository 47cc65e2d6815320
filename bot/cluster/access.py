"""Where the cluster is and who we are to it, read where the ecosystem keeps it: a kubeconfig, or the pod we are in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cluster.faults import line
from bot.errors import Unreachable

if TYPE_CHECKING:
    from kubernetes.client import Configuration

KUBECONFIG = "~/.kube/config"
IN_POD = "/var/run/secrets/kubernetes.io/serviceaccount/token"

_USER = re.compile(r"//[^/@]*@")  # of an address: part of it may be a password


@dataclass(frozen=True, slots=True)
class Access:
    """A context of a kubeconfig; without either, the current one of the usual file, or the pod's service account.

    `setting` is where the settings name it, to say what to check.
    """

    context: str | None = None
    kubeconfig: str | None = None
    """The value of KUBECONFIG, if it has one."""
    setting: str = "engine.context"
    patience: float = 20.0
    """Seconds that an answer may take."""

    def configuration(self) -> Configuration:
        """The client's configuration, read anew; raises Unreachable if there are no credentials to be found."""
        from kubernetes import config
        from kubernetes.client import Configuration

        from bot.cluster import login

        configuration: Configuration = type.__call__(Configuration)  # calling the class gives a copy of the default one
        file = self.kubeconfig or KUBECONFIG
        try:
            if self._in_pod():
                config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
            else:
                login.load(file, self.context, configuration)
        except config.ConfigException as error:
            raise Unreachable(self._unusable(line(str(error)))) from None
        except Exception as error:  # of a file with any content: its message may hold a secret
            raise Unreachable(self._unusable(f"it cannot be read ({type(error).__name__})")) from None
        return configuration

    def credentials(self, configuration: Configuration) -> Mapping[str, str]:
        """The headers that say who we are; raises Unreachable if a token has expired and cannot be renewed."""
        from kubernetes.config import ConfigException

        try:
            schemes: Any = configuration.auth_settings()
        except ConfigException as error:
            raise Unreachable(self._unusable(line(str(error)))) from None
        return {auth["key"]: auth["value"] for auth in schemes.values() if auth["value"]}

    def where(self, host: str) -> str:
        """The cluster, and which setting chose it, for the beginning of a message."""
        host = _USER.sub("//", host)
        context = f"context '{self.context}'" if self.context else "the current context"
        chosen = "the pod's own" if self._in_pod() else f"{context} of {self.kubeconfig or KUBECONFIG}"
        return f"the cluster {host} ({chosen}; check `{self.setting}`)"

    def _in_pod(self) -> bool:
        usual = self.kubeconfig is None and self.context is None and not Path(KUBECONFIG).expanduser().exists()
        return usual and Path(IN_POD).exists()

    def _unusable(self, why: str) -> str:
        place = "the pod's service account" if self._in_pod() else self.kubeconfig or KUBECONFIG
        return f"no cluster in {place}: {why}; check `{self.setting}` and KUBECONFIG"


class Session:
    """Connections to one API server, with the credentials of the moment."""

    def __init__(self, access: Access) -> None:
        from kubernetes.client.rest import RESTClientObject

        self.access = access
        self.configuration = access.configuration()
        self.host: str = self.configuration.host.rstrip("/")
        self.pool: Any = RESTClientObject(self.configuration).pool_manager

    def headers(self) -> Mapping[str, str]:
        """Who we are; a token near its end is renewed by the client."""
        return self.access.credentials(self.configuration)
