"""Real Argo Workflows on the kind cluster that `.ci/kind` made: the current kubeconfig's, where SAMEDAY_KIND is set.

SAMEDAY_KIND is the address by which a pod reaches this machine.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bot.cluster import Access, Cluster
from bot.engines.argo import Argo
from bot.ports import Engine
from bot.settings import Manifests

HOST = os.environ.get("SAMEDAY_KIND")
NUMBERS = itertools.count()
TOKEN = """\
apiVersion: v1
kind: Secret
type: kubernetes.io/service-account-token
metadata:
  name: sameday-executor.service-account-token
  annotations: {kubernetes.io/service-account.name: sameday-executor}
"""


def kubectl(*words: str, given: str = "") -> None:
    """What an administrator does."""
    subprocess.run(["kubectl", *words], check=True, timeout=60, input=given, text=True)


@contextmanager
def gate() -> Iterator[tuple[str, Callable[[], None]]]:
    """An address that answers well only once it is open, and what opens it."""
    opened = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if opened.is_set() else 404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    yield f"http://{HOST}:{server.server_address[1]}/", opened.set
    server.shutdown()
    server.server_close()


@contextmanager
def engine() -> Iterator[Engine]:
    """A namespace of its own, in which runs may report their results."""
    namespace = f"sameday-{os.getpid()}-{next(NUMBERS)}"
    kubectl("create", "namespace", namespace)
    kubectl("-n", namespace, "create", "serviceaccount", "sameday-executor")
    kubectl("-n", namespace, "apply", "--filename", "-", given=TOKEN)
    role = ("--verb=create,patch", "--resource=workflowtaskresults.argoproj.io")
    kubectl("-n", namespace, "create", "role", "executor", *role)
    account = f"--serviceaccount={namespace}:sameday-executor"
    kubectl("-n", namespace, "create", "rolebinding", "executor", "--role=executor", account)
    options = Manifests(namespace=namespace, image="busybox:1.37")
    yield Argo(Cluster(Access(), namespace), options, partial(datetime.now, UTC), time.sleep)
    kubectl("delete", "namespace", namespace, "--wait=false")
