"""Accounts of sameday's own are no job's: whoever shares one cannot check, release or run anything."""

from __future__ import annotations

import pytest

from bot.settings import load
from tests.conftest import Repo

OWN = "which is sameday's own"
NOBODYS = "which jobs without an account run as"
SHARED = {
    "manifests: {service_account: run}\nrepos: {a: {service_account: run}}": [
        (2, 30, f"repos.a.service_account is 'run', {OWN}")],
    "manifests: {executor: told}\nrepos: {a: {}, b: {service_account: told}}": [
        (2, 37, f"repos.b.service_account is 'told', {OWN}")],
    "repos: {a: {service_account: sameday-run}}": [(1, 30, f"repos.a.service_account is 'sameday-run', {OWN}")],
    "repos: {a: {service_account: sameday-executor}}": [
        (1, 30, f"repos.a.service_account is 'sameday-executor', {OWN}")],
    "manifests: {service_account: default}": [(1, 30, f"manifests.service_account is 'default', {NOBODYS}")],
    "manifests: {executor: default}": [(1, 23, f"manifests.executor is 'default', {NOBODYS}")],
    "manifests: {executor: x, service_account: x}": [
        (1, 43, "manifests.executor and manifests.service_account are both 'x'")],
    "repos: {a: {secrets: {T: sameday-executor.service-account-token/token}}}": [
        (1, 26, "repos.a.secrets.T is the token of an account of sameday's own")],
    "manifests: {service_account: run}\nrepos: {a: {secrets: {T: run.service-account-token/token}}}": [
        (2, 26, "repos.a.secrets.T is the token of an account of sameday's own")],
    "repos: {a: {service_account: x}}\nenvironments: {release: {manifests: {service_account: x}}}": [
        (1, 30, f"repos.a.service_account is 'x', {OWN}")],
    "manifests: {service_account: x}\nenvironments: {release: {repos: {a: {service_account: x}}}}": [
        (2, 55, f"repos.a.service_account is 'x', {OWN}")],
    "repos: {a: {capabilities: [CAP-CHOWN]}}": [
        (1, 28, "repos.a.capabilities.0 is 'CAP-CHOWN', but should be a capability such as CHOWN, without CAP_")],
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), SHARED.items())
@pytest.mark.parametrize("environment", ["check", "release"])
def test_shared(text: str, wanted: list[tuple[int, int, str]], environment: str) -> None:
    """Whoever asks, for whichever environment."""
    loaded = load(text.encode(), environment)
    assert loaded.settings is None
    assert [(fault.span.line, fault.span.column, fault.message) for fault in loaded.faults] == wanted


@pytest.mark.parametrize("words", [("check", "--offline"), ("release",), ("run", "a"), ("plan",)], ids=" ".join)
def test_nothing_is_done_with_such_settings(repo: Repo, words: tuple[str, ...]) -> None:
    settings = (repo.root / "sameday.yaml").read_text()
    repo.write("sameday.yaml", settings + "repos: {default: {service_account: sameday-run}}\n")
    repo.write("experiments/a.yaml", "name: a\njobs: [{name: j, command: x}]\n")
    repo.commit()
    said = repo.sameday(*words)
    assert (said.code, said.out) == (2, "")
    assert "repos.default.service_account is 'sameday-run', which is sameday's own" in said.err


def test_an_account_for_each_is_fine() -> None:
    text = b"manifests: {service_account: run, executor: told}\nrepos: {a: {service_account: reco, token: true}}\n"
    assert load(text, "release").faults == ()
