"""A kubeconfig as the client reads it, but a program that hands out no credentials is an error.

The client only logs that, on the root logger, and goes on without credentials. Imported when a cluster is asked: the
client takes long to import.
"""

from __future__ import annotations

from typing import Any

from kubernetes.client import Configuration
from kubernetes.config import ConfigException
from kubernetes.config.dateutil import parse_rfc3339
from kubernetes.config.exec_provider import ExecProvider
from kubernetes.config.kube_config import FileOrData, KubeConfigLoader, KubeConfigMerger


def load(file: str, context: str | None, into: Configuration) -> None:
    """Put what the file says into a configuration; raises ConfigException if that is not enough."""
    merged: Any = KubeConfigMerger(file)  # type: ignore[no-untyped-call]
    if merged.config is None:
        raise ConfigException("Invalid kube-config file. No configuration found.")
    Loader(merged.config, context, config_base_path=None).load_and_set(into)  # type: ignore[no-untyped-call]


class Loader(KubeConfigLoader):
    """Calls the program itself; everything else is the client's, which comes here for each renewal, too."""

    _user: Any
    _cluster: Any

    def _load_from_exec_plugin(self) -> bool:
        if "exec" not in self._user:
            return False
        base = self._get_base_path(self._cluster.path)  # type: ignore[no-untyped-call]
        try:
            provider: Any = ExecProvider(self._user["exec"], base, self._cluster)  # type: ignore[no-untyped-call]
            status: dict[str, str] = provider.run()
        except Exception as error:  # whatever a program that is missing, or is another one, leads to
            raise ConfigException(str(error)) from None
        if "token" in status:
            self.token = f"Bearer {status['token']}"
        elif "clientCertificateData" in status and "clientKeyData" in status:
            self.cert_file = self._file(status, "clientCertificateData")
            self.key_file = self._file(status, "clientKeyData")
        else:
            raise ConfigException("exec: the program's answer has neither a token nor a certificate with its key")
        if "expirationTimestamp" in status:
            self.expiry = parse_rfc3339(status["expirationTimestamp"])  # type: ignore[no-untyped-call]
        return True

    def _file(self, status: dict[str, str], key: str) -> str:
        data: Any = FileOrData(status, None, key, base64_file_content=False)  # type: ignore[no-untyped-call]
        name: str = data.as_file()
        return name
