"""What goes wrong is told apart: not there, not allowed, used up, away, no login; each in one line."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import Unauthorized

from bot.errors import Refused, Unreachable
from bot.experiment.model import Output
from bot.ports import Denied
from bot.settings.kinds import BigQueryWarehouse
from bot.warehouses.bigquery import BigQuery
from bot.warehouses.bigquery.faults import told
from tests.conftest import Repo
from tests.far.bigquery import Fake, Said
from tests.far.http import Handler, listening

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 23)
OUTPUT = Output(table="reco.v4", job="infer", columns={"user_id": "STRING"})
AWAY: dict[str, tuple[Said, str]] = {
    "broken": (Said(500, "An internal error occurred"), "BigQuery did not answer: An internal error occurred"),
    "gateway": (Said(502, "Bad Gateway"), "BigQuery did not answer: Bad Gateway"),
    "down": (Said(503, "Try later"), "BigQuery did not answer: Try later"),
    "rate": (Said(403, "Exceeded rate limits", "rateLimitExceeded"), "BigQuery did not answer: Exceeded rate limits"),
    "too many": (Said(429, "Slow down"), "BigQuery did not answer: Slow down"),
    "quota": (
        Said(403, "Quota exceeded: 1,500 of 1,500 loads", "quotaExceeded"),
        "BigQuery's quota is used up for now (quotaExceeded): Quota exceeded: 1,500 of 1,500 loads",
    ),
    "not enabled": (
        Said(403, "BigQuery API has not been used in project 1 before", "accessNotConfigured"),
        "BigQuery's API is not enabled: `gcloud services enable bigquery.googleapis.com` enables it",
    ),
    "no billing": (
        Said(403, "Billing has not been enabled", "billingNotEnabled"),
        "the project has no billing, so BigQuery runs no query: Billing has not been enabled",
    ),
}


@pytest.mark.parametrize("case", AWAY)
def test_nothing_is_known_so_nothing_failed(fake: Fake, warehouse: BigQuery, case: str) -> None:
    error, wanted = AWAY[case]
    fake.table("acme-data.reco.v4", {"user_id": "STRING"})
    for method in ("tables.get", "jobs.insert"):
        fake.strikes.clear()
        fake.refuse(method, error)
        with pytest.raises(Unreachable) as told:
            warehouse.profile("reco.v4", OUTPUT, DAY)
        assert str(told.value) == wanted


def test_a_login_that_is_over() -> None:
    """Google's session has asked for a new one by then."""
    with pytest.raises(Unreachable) as over, told("reco.v4"):
        raise Unauthorized("Request had invalid authentication credentials")  # type: ignore[no-untyped-call]
    assert str(over.value) == f"the credentials for Google Cloud have expired: {LOGIN}"


def test_a_hiccup_is_slept_through(fake: Fake, warehouse: BigQuery) -> None:
    fake.table("acme-data.reco.v4")
    fake.refuse("tables.get", Said(503, "Try later"), times=1)
    assert not isinstance(warehouse.describe(["reco.v4"])["reco.v4"], Denied)


REFUSED: dict[str, tuple[Said, str]] = {
    "denied": (Said(403, "Access Denied: no"), "acme-data.reco.v4: Access Denied: no"),
    "invalid": (Said(400, "Syntax error\n at 1:7", "invalidQuery"), "acme-data.reco.v4: Syntax error at 1:7"),
    "not there": (Said(404, "Not found: Dataset x"), "acme-data.reco.v4: Not found: Dataset x"),
    "dear": (
        Said(400, "Query exceeded limit for bytes billed: 5. 9 or higher required.", "bytesBilledLimitExceeded"),
        "acme-data.reco.v4: it would read more than the settings' `max_gigabytes`: Query exceeded limit for bytes "
        "billed: 5. 9 or higher required.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("case", REFUSED)
def test_a_no(fake: Fake, warehouse: BigQuery, case: str, at_once: bool) -> None:
    """Whether the request is refused, or its job fails."""
    error, wanted = REFUSED[case]
    fake.table("acme-data.reco.v4", {"user_id": "STRING"})
    if at_once:
        fake.refuse("jobs.insert", error)
    else:
        fake.rows["SELECT"] = error
    with pytest.raises(Refused) as told:
        warehouse.profile("reco.v4", OUTPUT, DAY)
    assert str(told.value) == wanted


def test_a_job_that_failed_for_want_of_bigquery(fake: Fake, warehouse: BigQuery) -> None:
    fake.table("acme-data.reco.v4", {"user_id": "STRING"})
    fake.rows["SELECT"] = Said(500, "Error 80038528", "backendError")
    with pytest.raises(Unreachable, match=r"\ABigQuery did not answer: Error 80038528\Z"):
        warehouse.profile("reco.v4", OUTPUT, DAY)


def closed() -> str:
    """An address where nobody is."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_nobody_there() -> None:
    settings = BigQueryWarehouse(kind="bigquery", project="acme-data", dataset="main", endpoint=closed())
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"\ABigQuery did not answer: [^\n]+\Z"):
        BigQuery(settings, patience=2.0).describe(["reco.v4"])
    assert time.monotonic() - began < 6, "the client's own default is ten minutes"


def test_text_of_an_answer_stays_on_its_line(fake: Fake, warehouse: BigQuery) -> None:
    fake.table("acme-data.reco.v4")
    fake.refuse("tables.get", Said(403, "no\n::error::\x1b[31m" + "x" * 1_000))
    denied = warehouse.describe(["reco.v4"])["reco.v4"]
    assert isinstance(denied, Denied)
    assert denied.reason.isprintable()
    assert len(denied.reason) < 400


SETTINGS = "warehouse: {kind: bigquery, project: acme-data, dataset: main}\n"
EXPERIMENT = "name: a\ninputs: {i: {table: logs.x}}\njobs: [{name: j, command: x}]\n"
LOGIN = "run `gcloud auth application-default login`, or name a key file in GOOGLE_APPLICATION_CREDENTIALS"


def check(repo: Repo, run: Callable[..., Any], text: str = EXPERIMENT, **more: str) -> str:
    """What a check says that cannot get in."""
    repo.write("sameday.yaml", SETTINGS)
    repo.write("experiments/a.yaml", text)
    env = {key: "" for key in os.environ if key.startswith(("GOOGLE_", "GCE_", "GCLOUD_", "CLOUDSDK_"))}
    nobody = {"HOME": str(repo.root), "GCE_METADATA_HOST": closed().removeprefix("http://")}
    nobody |= {"GCE_METADATA_IP": nobody["GCE_METADATA_HOST"]}
    said = run("check", "--only", "tables", cwd=repo.root, env={**env, **nobody, **more})
    assert (said.code, said.err) == (3, "")
    return str(said.out.splitlines()[1])


def test_no_credentials(repo: Repo, run: Callable[..., Any]) -> None:
    began = time.monotonic()
    assert check(repo, run) == f"  errored  tables: there are no credentials for Google Cloud: {LOGIN}"
    assert time.monotonic() - began < 10


def test_credentials_are_looked_for_once(repo: Repo, run: Callable[..., Any]) -> None:
    """Where nothing answers that takes seconds, and every table would look for them again."""
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()
                    asked.append(1)

        threading.Thread(target=hang_up, daemon=True).start()
        place = f"127.0.0.1:{server.getsockname()[1]}"
        inputs = ", ".join(f"i{n}: {{table: logs.x{n}}}" for n in range(16))
        text = EXPERIMENT.replace("i: {table: logs.x}", inputs)
        line = check(repo, run, text, GCE_METADATA_HOST=place, GCE_METADATA_IP=place)
        server.shutdown(socket.SHUT_RDWR)
    assert line == f"  errored  tables: there are no credentials for Google Cloud: {LOGIN}"
    assert 1 <= len(asked) <= 3, "tries of one search"


class Gone(Handler):
    """Google's token service, for accounts that are no more."""

    def do_POST(self) -> None:
        self.reply(400, b'{"error": "invalid_grant", "error_description": "Account not found"}')


@pytest.fixture
def gone() -> Iterator[str]:
    """The address of that."""
    with listening(Gone) as address:
        yield f"{address}/token"


def test_credentials_that_are_not_taken(repo: Repo, run: Callable[..., Any], gone: str, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    words = {"type": "service_account", "private_key": key.decode(), "client_email": "run@acme-data.example",
             "token_uri": gone, "project_id": "acme-data"}  # fmt: skip
    (tmp_path / "key.json").write_text(json.dumps(words))
    line = check(repo, run, GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "key.json"))
    start = "  errored  tables: the credentials for Google Cloud are not taken (invalid_grant: Account not found"
    assert line.startswith(start)
    assert line.endswith(f"): {LOGIN}")
    assert "PRIVATE KEY" not in line


def test_a_key_file_that_is_none(repo: Repo, run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text("{}")
    line = check(repo, run, GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "key.json"))
    assert line == f"  errored  tables: there are no credentials for Google Cloud: {LOGIN}"


@pytest.mark.parametrize(
    "said",
    [
        "Bad int64 value: 4711",
        "Bad double value: 4711; error in SUM",
        "Invalid date: '4711'",
        "Invalid timestamp: '4711'",
        'Could not cast literal "4711" to type DATE',
        'Failed to parse input string "4711"',
        "division by zero: 4711 / 0",
        "int64 overflow: 4711 + 1",
        "Invalid JSON: 4711",
        "Cannot cast value '4711' to INT64",
    ],
)  # fmt: skip
def test_no_value_of_a_row_is_told(fake: Fake, warehouse: BigQuery, said: str) -> None:
    """A view computes its rows while it is read, and may fail at one of them."""
    fake.table("acme-data.reco.v4", {"user_id": "STRING", "dt": "DATE"})
    fake.rows["SELECT 1 AS found"] = Said(400, said, "invalidQuery")
    with pytest.raises(Refused, match=r"\Aacme-data\.reco\.v4: \w") as error:
        warehouse.holds("reco.v4", "dt", DAY)
    assert "4711" not in str(error.value)
