"""A Kubernetes API server of the tests' own: kube-apiserver on Debian's etcd, with RBAC and Argo's definitions.

No controller, scheduler or kubelet: objects are stored, checked and watched as everywhere, and nothing acts on them.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.cluster import Access, Cluster
from bot.cluster.rights import Right
from bot.engines.argo.rights import EXECUTOR

INSTALL = "there is no kube-apiserver or no etcd: bash .ci/cluster"
DEFINITIONS = "Argo's resource definitions are not there: set ARGO_CRDS to a folder with its manifests/base/crds"
USERS = ("admin", "bot", "reader", "nobody")  # the first may do anything, the others what a test grants them
Depth = Literal["full", "minimal"]


def binary(name: str = "kube-apiserver") -> Path | None:
    """Where `.ci/cluster` and `.ci/argo` put a program."""
    folder = os.environ.get("SAMEDAY_BIN") or "~/.cache/sameday/bin"
    found = Path(folder).expanduser() / name
    return found if found.exists() else None


def definitions(depth: Depth) -> list[Path]:
    """Argo's own resource definitions, with the whole schema or with hardly any."""
    beside = Path(__file__).parents[3] / "shared" / "data" / "argo-crds"
    return sorted(Path(os.environ.get("ARGO_CRDS") or beside, depth).glob("argoproj.io_*.yaml"))


def opened(make: Callable[..., Any], kubeconfig: str, namespace: str, *more: object) -> Any:
    """An adapter with a connection of its own, here or in another process."""
    return make(Cluster(Access(kubeconfig=kubeconfig), namespace), *more)


@dataclass
class Server:
    """A running server; every `namespace()` is a new one."""

    folder: Path
    port: int
    numbers: Iterator[int] = field(default_factory=itertools.count)
    command: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def authority(self) -> Path:
        """The certificate that its own is signed with."""
        return self.folder / "certificates" / "apiserver.crt"

    def begin(self) -> None:
        """Start it, on what it has stored before."""
        self.process = start(self.folder / "apiserver.log", *self.command)
        _wait(self, self.process)

    def end(self) -> None:
        """Kill it; what it has stored stays."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def ask(self, method: str, path: str, body: Any = None, content: str = "application/json") -> dict[str, Any]:
        """What the administrator is answered; fails on a no."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": "Bearer token-of-admin", "Content-Type": content}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        context = ssl.create_default_context(cafile=str(self.authority))
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                said: dict[str, Any] = json.load(answer)
                return said
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from None

    def namespace(self) -> str:
        """The name of a new namespace with a service account `default`."""
        name = f"t{next(self.numbers)}"
        self.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        self.ask("POST", f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})
        return name

    def executor(self, namespace: str, *verbs: str) -> None:
        """Make the account of Argo's part of every pod, with its token and these verbs (all that it needs)."""
        name = "sameday-executor"
        base = f"/api/v1/namespaces/{namespace}"
        self.ask("POST", f"{base}/serviceaccounts", {"metadata": {"name": name}})
        token = {"name": f"{name}.service-account-token", "annotations": {"kubernetes.io/service-account.name": name}}
        self.ask("POST", f"{base}/secrets", {"metadata": token, "type": "kubernetes.io/service-account-token"})
        granted = [right for right in EXECUTOR if right.verb in verbs or not verbs]
        self.grant(namespace, f"serviceaccount:{name}", *granted)

    def grant(self, namespace: str, subject: str, *granted: Right | tuple[str, str, str]) -> None:
        """Let a user, or the service account `serviceaccount:NAME`, do (verbs, group, resources) in a namespace."""
        name = f"r{next(self.numbers)}"
        base = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        kind, _, account = subject.rpartition(":")
        who = (
            {"kind": "ServiceAccount", "name": account, "namespace": namespace}
            if kind
            else {"kind": "User", "name": subject, "apiGroup": "rbac.authorization.k8s.io"}
        )
        spelled = [
            {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
            for verbs, group, resources in (
                (one.verb, one.group, one.resource) if isinstance(one, Right) else one for one in granted
            )
        ]
        self.ask("POST", f"{base}/roles", {"metadata": {"name": name}, "rules": spelled})
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        self.ask("POST", f"{base}/rolebindings", {"metadata": {"name": name}, "roleRef": role, "subjects": [who]})

    def kubeconfig(self, user: str = "admin", url: str = "", token: str | None = None) -> str:
        """The path of a kubeconfig whose only context, `test`, is this server and user."""
        known = {"token": f"token-of-{user}" if token is None else token}
        cluster = {"server": url or self.url, "certificate-authority": str(self.authority)}
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": user}}],
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": user, "user": known}],
        }  # fmt: skip
        path = self.folder / f"kubeconfig-{next(self.numbers)}"
        path.write_text(json.dumps(config))
        return str(path)

    def certificate(self, user: str, group: str) -> tuple[Path, Path]:
        """A client's certificate and its key."""
        made, key, ask = (self.folder / f"client-{next(self.numbers)}.{end}" for end in ("crt", "key", "csr"))
        _openssl("req", "-new", "-nodes", "-keyout", key, "-out", ask, "-subj", f"/O={group}/CN={user}")
        _openssl("x509", "-req", "-in", ask, "-CA", self.folder / "clients.crt", "-CAkey", self.folder / "clients.key",
                 "-CAcreateserial", "-out", made)  # fmt: skip
        return made, key

    def cluster(self, namespace: str, user: str = "admin", url: str = "") -> Cluster:
        """A namespace as sameday sees it."""
        return Cluster(Access(kubeconfig=self.kubeconfig(user, url)), namespace)

    def define(self, depth: Depth) -> None:
        """Install Argo's resource definitions, and wait until they are served."""
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        # A schema that grows where its kind is served already takes a third of the time of a new kind.
        for file in [*definitions("minimal"), *(definitions("full") if depth == "full" else [])]:
            plural = file.stem.partition("_")[2]
            query = "?fieldManager=tests&force=true"
            self.ask("PATCH", f"{path}/{plural}.argoproj.io{query}", file.read_bytes(), "application/apply-patch+yaml")
        end = time.monotonic() + 60
        while not self._defined(depth):
            assert time.monotonic() < end, "the resource definitions are not served"
            time.sleep(0.1)

    def _defined(self, depth: Depth) -> bool:
        """Whether every kind is served, and the last one's schema is the one asked for: its entrypoint is a text."""
        try:
            for file in definitions(depth):
                self.ask("GET", f"/apis/argoproj.io/v1alpha1/{file.stem.partition('_')[2]}")
        except AssertionError:
            return False
        wrong = {"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate",
                 "metadata": {"name": "probe"}, "spec": {"entrypoint": 1}}  # fmt: skip
        try:
            self.ask("POST", "/apis/argoproj.io/v1alpha1/namespaces/default/workflowtemplates?dryRun=All", wrong)
        except AssertionError as error:
            return depth == "full" and "spec.entrypoint" in str(error)
        return depth == "minimal"


@contextmanager
def running(depth: Depth | None) -> Iterator[Server]:
    """A server with Argo's definitions in this depth, or without them."""
    etcd, apiserver = shutil.which("etcd"), binary()
    if etcd is None or apiserver is None:
        pytest.skip(INSTALL)
    if depth and not definitions(depth):
        pytest.skip(DEFINITIONS)
    folder = Path(tempfile.mkdtemp(prefix="sameday-cluster-"))
    server = Server(folder, free())
    database: subprocess.Popen[bytes] | None = None
    try:
        store, peer = (f"http://127.0.0.1:{free()}" for _ in range(2))
        key = str(folder / "accounts.key")
        _openssl("genrsa", "-out", key, "2048")
        clients = folder / "clients.crt"
        _openssl("req", "-x509", "-new", "-nodes", "-keyout", clients.with_suffix(".key"), "-out", clients,
                 "-subj", "/CN=clients")  # fmt: skip
        tokens = [f"token-of-{user},{user},{user}" + (",system:masters" if user == "admin" else "") for user in USERS]
        (folder / "tokens.csv").write_text("\n".join(tokens))
        database = start(
            folder / "etcd.log", etcd, "--data-dir", str(folder / "etcd"), "--listen-client-urls", store,
            "--advertise-client-urls", store, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", f"default={peer}",
        )  # fmt: skip
        server.command = (
            str(apiserver), f"--etcd-servers={store}", "--bind-address=127.0.0.1",
            f"--secure-port={server.port}", f"--cert-dir={folder / 'certificates'}",
            f"--client-ca-file={clients}", f"--token-auth-file={folder / 'tokens.csv'}", "--authorization-mode=RBAC",
            "--service-account-issuer=https://tests.invalid", f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}", "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none",
            "--feature-gates=WatchList=false",  # Debian's etcd 3.4 lacks what it needs: watchers hear 25 s late
        )  # fmt: skip
        server.begin()
        if depth:
            server.define(depth)
        yield server
    finally:
        server.end()
        if database is not None:
            database.kill()
            database.wait()
        shutil.rmtree(folder)


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def start(log: Path, *words: str) -> subprocess.Popen[bytes]:
    """A server that ends with us, however we end."""
    words = ("setpriv", "--pdeathsig", "KILL", *words) if shutil.which("setpriv") else words
    with log.open("ab") as file:
        return subprocess.Popen(words, stdout=file, stderr=file, stdin=subprocess.DEVNULL, cwd=log.parent)


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    """Until it answers that it is ready."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # its certificate is not written yet
    end = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(f"{server.url}/readyz", timeout=5, context=context).close()
            return
        except (OSError, urllib.error.HTTPError):
            logs = "\n".join((server.folder / name).read_text()[-4000:] for name in ("etcd.log", "apiserver.log"))
            assert time.monotonic() < end, logs
            assert process.poll() is None, logs
            time.sleep(0.1)


def free() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
