"""Bad days between sameday and a cluster: each is told in one line, and what may be done again is done again."""

from __future__ import annotations

import base64
import json
import shlex
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.cluster import Access, Cluster
from bot.errors import SamedayError, Unreachable
from tests.far import cluster
from tests.far.cluster import running
from tests.far.cluster_proxy import Fault, Proxy, before
from tests.kubernetes.conftest import Space
from tests.kubernetes.test_verbs import configmap, workflow
from tests.some import some

pytestmark = pytest.mark.slow


def said(act: Callable[[], object]) -> str:
    """The one line with which a request fails."""
    with pytest.raises(Unreachable) as caught:
        act()
    line = str(caught.value)
    assert line.isprintable()
    assert "token-of" not in line
    assert "s3cret" not in line
    return line


def encoded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def through(proxy: Proxy, namespace: str, patience: float = 20) -> Cluster:
    return Cluster(Access(kubeconfig=proxy.server.kubeconfig(url=proxy.url), patience=patience), namespace)


def test_nothing_listens(apiserver: cluster.Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{free.getsockname()[1]}"
    line = said(lambda: apiserver.cluster("x", url=url).get("ConfigMap", "x"))
    assert line.startswith(f"the cluster {url} (the current context of {apiserver.folder}/kubeconfig-")
    assert line.endswith("; check `engine.context`) did not answer: nothing listens there")


def test_a_server_that_starts_anew(space: Space) -> None:
    """For a moment nothing listens there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cluster = space.server.cluster(space.name, url=f"http://127.0.0.1:{port}")
    said(lambda: cluster.exists("ConfigMap", "one"))
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(cluster.exists, "ConfigMap", "one")
        time.sleep(0.1)
        with before(space.server, port):
            assert found.result(30) is False


def test_a_name_that_nobody_knows(apiserver: cluster.Server) -> None:
    line = said(lambda: apiserver.cluster("x", url="https://cluster.invalid").get("ConfigMap", "x"))
    assert line.endswith("did not answer: its name is not known")


def test_a_certificate_of_somebody_else(apiserver: cluster.Server, tmp_path: Path) -> None:
    config = json.loads(Path(apiserver.kubeconfig()).read_text())
    del config["clusters"][0]["cluster"]["certificate-authority"]
    (tmp_path / "config").write_text(json.dumps(config))
    line = said(lambda: Cluster(Access(kubeconfig=str(tmp_path / "config")), "x").get("ConfigMap", "x"))
    assert "did not answer: its certificate is not trusted (" in line


def test_no_word_in_time(space: Space, proxy: Proxy) -> None:
    proxy.fail("GET", "/configmaps", Fault(silent=30), times=5)
    line = said(lambda: through(proxy, space.name, patience=0.3).get("ConfigMap", "x"))
    assert line.endswith("did not answer: there was no answer in time")
    assert len(proxy.seen) == 1, "asking again would only take as long"


WRONG = {
    "nothing": None,
    "no YAML": "{token: s3cret: [",
    "another document": "[s3cret]",
    "no cluster": {"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u"}}],
                   "clusters": [], "users": [{"name": "u", "user": {"token": "s3cret"}}]},
    "no context": {"current-context": "b", "contexts": [], "clusters": [], "users": []},
}  # fmt: skip


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_a_kubeconfig_that_is_none(tmp_path: Path, content: object) -> None:
    file = tmp_path / "config"
    if content is not None:
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    line = said(lambda: Cluster(Access(kubeconfig=str(file)), "x").get("ConfigMap", "x"))
    assert line.startswith(f"no cluster in {file}: ")
    assert line.endswith("; check `engine.context` and KUBECONFIG")


def test_a_context_that_is_not_there(apiserver: cluster.Server) -> None:
    access = Access("production", apiserver.kubeconfig(), "ledger.context")
    line = said(lambda: Cluster(access, "x").get("ConfigMap", "x"))
    assert "production" in line
    assert line.endswith("check `ledger.context` and KUBECONFIG")


@pytest.mark.parametrize("token", ["expired", ""])
def test_credentials_that_are_not_known(apiserver: cluster.Server, token: str) -> None:
    file = apiserver.kubeconfig(token=token)
    line = said(lambda: Cluster(Access(kubeconfig=file), "x").get("ConfigMap", "x"))
    assert line.endswith("does not know us: our credentials are missing or expired; log in to it again")
    assert "check `engine.context`" in line


def test_credentials_that_expire_are_renewed(space: Space) -> None:
    """As `gcloud` and the like do it: the file says another token from now on."""
    file = Path(space.server.kubeconfig())
    cluster = Cluster(Access(kubeconfig=str(file)), space.name)
    cluster.create(configmap("one"))
    good = file.read_text()
    file.write_text(good.replace("token-of-admin", "expired"))
    renewed = Cluster(Access(kubeconfig=str(file)), space.name)
    with pytest.raises(Unreachable):
        renewed.get("ConfigMap", "one")
    file.write_text(good)
    assert renewed.get("ConfigMap", "one") is not None


CREDENTIAL = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}


def with_plugin(server: cluster.Server, folder: Path, script: str) -> Access:
    """A kubeconfig whose user is a shell script."""
    config = json.loads(Path(server.kubeconfig()).read_text())
    run = {"apiVersion": CREDENTIAL["apiVersion"], "command": "sh", "args": ["-c", script], "interactiveMode": "Never"}
    config["users"][0]["user"] = {"exec": run}
    (folder / "config").write_text(json.dumps(config))
    return Access(kubeconfig=str(folder / "config"))


def test_certificate_of_a_plugin(space: Space, tmp_path: Path) -> None:
    certificate, key = (path.read_text() for path in space.server.certificate("ada", "system:masters"))
    answer = {**CREDENTIAL, "status": {"clientCertificateData": certificate, "clientKeyData": key}}
    (tmp_path / "answer").write_text(json.dumps(answer))
    access = with_plugin(space.server, tmp_path, f"cat {tmp_path / 'answer'}")
    assert Cluster(access, space.name).exists("Namespace", space.name)


def test_a_plugin_that_fails_later(space: Space, tmp_path: Path) -> None:
    """Its token has expired, and it has no other."""
    status = {"token": "token-of-admin", "expirationTimestamp": "2020-01-01T00:00:00Z"}
    (tmp_path / "answer").write_text(json.dumps({**CREDENTIAL, "status": status}))
    once = f"cd {tmp_path} && cat answer && rm answer || {{ echo log in again >&2; exit 1; }}"
    line = said(lambda: Cluster(with_plugin(space.server, tmp_path, once), space.name).get("ConfigMap", "x"))
    assert line.startswith(f"no cluster in {tmp_path / 'config'}: exec: process returned 1. ")
    assert "log in again" in line


def test_credentials_of_a_plugin(space: Space, tmp_path: Path) -> None:
    """A program that hands out tokens, each good for one request and then not known any more."""
    plugin, count = tmp_path / "plugin", tmp_path / "count"
    plugin.write_text(f"""#!{sys.executable}
import json, pathlib
count = pathlib.Path({str(count)!r})
count.write_text(count.read_text() + "." if count.exists() else ".")
token = "token-of-admin" if len(count.read_text()) != 2 else "expired"
print(json.dumps({{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                  "status": {{"token": token, "expirationTimestamp": "2020-01-01T00:00:00Z"}}}}))
""")
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    config = json.loads(Path(space.server.kubeconfig()).read_text())
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}
    config["users"][0]["user"] = {"exec": run}
    (tmp_path / "config").write_text(json.dumps(config))
    cluster = Cluster(Access(kubeconfig=str(tmp_path / "config")), space.name)
    assert cluster.exists("Namespace", space.name)
    assert cluster.exists("Namespace", space.name)
    assert len(count.read_text()) >= 3


FAILING = {
    "that is not there": ("no-such-plugin", "No such file or directory: 'no-such-plugin'"),
    "that fails": ("sh -c 'echo log in again >&2; exit 3'", "exec: process returned 3. log in again"),
    "that says nothing": ("true", "exec: failed to decode process output: "),
    "that hands out nothing": (
        f"echo {shlex.quote(json.dumps({**CREDENTIAL, 'status': {'clientCertificateData': 'x'}}))}",
        "exec: the program's answer has neither a token nor a certificate with its key",
    ),
}


@pytest.mark.parametrize(("command", "told"), FAILING.values(), ids=FAILING)
def test_plugin(
    apiserver: cluster.Server, tmp_path: Path, command: str, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The client only logs that a program handed out no credentials, and then asks without."""
    config = json.loads(Path(apiserver.kubeconfig()).read_text())
    program, *words = shlex.split(command)
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": program, "args": words}
    config["users"][0]["user"] = {"exec": {**run, "interactiveMode": "Never"}}
    (tmp_path / "config").write_text(json.dumps(config))
    line = said(lambda: Cluster(Access(kubeconfig=str(tmp_path / "config")), "x").get("ConfigMap", "x"))
    assert line.startswith(f"no cluster in {tmp_path / 'config'}: ")
    assert told in line
    assert line.endswith("; check `engine.context` and KUBECONFIG")
    assert capfd.readouterr().err == ""


def test_certificate_as_of_kind(space: Space, tmp_path: Path) -> None:
    """What `kind` writes into a kubeconfig: a client's certificate and key, and the authority, all within."""
    config = json.loads(Path(space.server.kubeconfig()).read_text())
    authority = config["clusters"][0]["cluster"].pop("certificate-authority")
    config["clusters"][0]["cluster"]["certificate-authority-data"] = encoded(Path(authority))
    certificate, key = space.server.certificate("ada", "system:masters")
    config["users"][0]["user"] = {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)}
    (tmp_path / "config").write_text(json.dumps(config))
    assert Cluster(Access("test", str(tmp_path / "config")), space.name).exists("Namespace", space.name)


def test_password_in_an_address(apiserver: cluster.Server) -> None:
    line = said(lambda: apiserver.cluster("x", url="https://ada:s3cret@127.0.0.1:1").get("ConfigMap", "x"))
    assert line.startswith("the cluster https://127.0.0.1:1 (")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_is_busy(space: Space, proxy: Proxy, status: int) -> None:
    proxy.fail("GET", "/configmaps", Fault(status))
    assert through(proxy, space.name).get("ConfigMap", "one") is None


def test_a_server_that_stays_busy(space: Space, proxy: Proxy) -> None:
    cluster = through(proxy, space.name)
    proxy.fail("GET", "/configmaps", Fault(503, {"message": "the moon\n is in\tthe wrong house"}), times=3)
    assert said(lambda: cluster.get("ConfigMap", "one")).endswith("could not answer: the moon is in the wrong house")


def test_a_connection_that_is_dropped(space: Space, proxy: Proxy) -> None:
    cluster = through(proxy, space.name)
    proxy.fail("GET", "/configmaps", Fault(), times=2)
    assert cluster.get("ConfigMap", "one") is None
    proxy.fail("GET", "/configmaps", Fault(), times=3)
    assert said(lambda: cluster.get("ConfigMap", "one")).endswith("did not answer: the connection was dropped")


def test_what_is_made_is_not_made_twice(space: Space, proxy: Proxy) -> None:
    """The answer is lost on the way: whoever asked has to look."""
    cluster = through(proxy, space.name)
    proxy.fail("POST", "/configmaps", Fault(after=True))
    said(lambda: cluster.create(configmap("one", a="1")))
    assert [line.split()[0] for line in proxy.seen] == ["POST"]
    assert some(cluster.get("ConfigMap", "one"))["data"] == {"a": "1"}
    proxy.fail("PATCH", "/configmaps", Fault(503, after=True))
    assert cluster.apply(configmap("two", a="1"))["data"] == {"a": "1"}, "this may be done again"


def test_an_answer_that_is_no_answer_of_kubernetes(space: Space, proxy: Proxy) -> None:
    """A proxy's login page, say."""
    cluster = through(proxy, space.name)
    for status in (400, 404):
        proxy.fail("GET", "/configmaps", Fault(status, b"<html>log\x1b[31m in</html>"))
        with pytest.raises(Exception, match=r"\A[^\n\x1b]*\Z"):
            cluster.get("ConfigMap", "one")
    proxy.fail("GET", "/configmaps", Fault(200, b"<html>log in</html>"))
    assert "is no answer of an API server" in said(lambda: cluster.get("ConfigMap", "one"))
    proxy.fail("GET", "watch=1", Fault(200, b"<html>log in</html>\n"))
    assert "is no answer of an API server" in said(lambda: list(cluster.watch("ConfigMap", "1", 5)))


ODD = {
    "a message that is none": {"message": {"s3cret": 1}},
    "details that are none": {"details": "s3cret"},
    "causes that are none": {"details": {"name": "x", "causes": ["s3cret", {"field": None, "message": 1}]}},
    "a list": ["s3cret"],
    "deep": b"[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
@pytest.mark.parametrize("status", [200, 400, 403, 404, 409, 422, 500])
def test_json_that_is_no_answer_of_kubernetes(space: Space, proxy: Proxy, status: int, body: object) -> None:
    """Of a gateway in between."""
    cluster = through(proxy, space.name)
    proxy.fail("GET", "/configmaps", Fault(status, body), times=3)
    with pytest.raises(SamedayError, match=r"\A[^\n]+\Z"):
        cluster.get("ConfigMap", "one")
    proxy.fail("GET", "/configmaps", Fault(status, body), times=3)
    with pytest.raises(SamedayError, match=r"\A[^\n]+\Z"):
        cluster.list("ConfigMap")


def test_a_no_to_a_watch_that_is_cut_off(apiserver: cluster.Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            there, _ = server.accept()
            with there:
                there.recv(65_536)
                there.sendall(b"HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\nnot so many")

        threading.Thread(target=answer, daemon=True).start()
        cluster = apiserver.cluster("x", url=f"http://127.0.0.1:{server.getsockname()[1]}")
        assert list(cluster.watch("ConfigMap", "1", 5)) == []


def test_a_watch_ends_where_it_cannot_go_on(space: Space, proxy: Proxy) -> None:
    cluster = through(proxy, space.name)
    version = cluster.list("ConfigMap").version
    for name in ("one", "two", "three"):
        cluster.create(configmap(name))
    gone = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
    proxy.fail("GET", "watch=1", Fault(200, json.dumps(gone).encode() + b"\n"))
    assert list(cluster.watch("ConfigMap", version, 5)) == []
    proxy.fail("GET", "watch=1", Fault(410, {"code": 410, "reason": "Expired", "message": "too old"}))
    assert list(cluster.watch("ConfigMap", version, 5)) == []
    proxy.fail("GET", "watch=1", Fault(cut=400))
    seen = [found["metadata"]["name"] for _, found in cluster.watch("ConfigMap", version, 5)]
    assert seen in ([], ["one"]), "what is cut in the middle is not seen"
    proxy.fail("GET", "watch=1", Fault(), times=1)
    said(lambda: list(cluster.watch("ConfigMap", version, 5)))


def test_a_list_that_is_too_old_to_go_on_begins_again(space: Space, proxy: Proxy) -> None:
    cluster = through(proxy, space.name)
    for i in range(5):
        cluster.create(configmap(f"c{i}"))
    proxy.fail("GET", "continue=", Fault(410, {"code": 410, "reason": "Expired", "message": "too old"}))
    names = [item["metadata"]["name"] for item in cluster.list("ConfigMap", page=2).items]
    assert sorted(names) == [f"c{i}" for i in range(5)], "none is there twice"


def test_a_cluster_without_argo() -> None:
    with running(None) as server:
        cluster = server.cluster(server.namespace())
        with pytest.raises(
            Exception, match=r"\Athe cluster does not know objects of this kind: is Argo Workflows instal"
        ):
            cluster.list("Workflow")
        with pytest.raises(Exception, match=r"\Athe cluster does not know objects of this kind"):
            cluster.get("Workflow", "x")
        with pytest.raises(Exception, match=r"\Athe cluster does not know objects of this kind"):
            cluster.create(workflow("x"), dry=True)
