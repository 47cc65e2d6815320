"""What a run needs to find in its namespace: what it refers to, and accounts that may do what its pods do."""

from __future__ import annotations

from bot.cluster import Rejected
from bot.engines.argo.proof.look import Look, Said
from bot.engines.argo.proof.parts import Parts, references
from bot.engines.argo.rights import EXECUTOR
from bot.finding import Unproven
from bot.ports import Objection
from bot.settings import TOKEN

NAMED = "workflows.argoproj.io/service-account-token.name"  # an account's annotation: which Secret holds its token


def referred(parts: Parts, look: Look) -> Said:
    """Everything that is referred to, at the first job that does."""
    asked: set[tuple[str, str]] = set()
    whole = {key: value for key, value in parts.spec.items() if key != "templates"}
    for part, step in [*parts.leaves(), (whole, None)]:
        for kind, name in references(part):
            if (kind, name) not in asked:
                asked.add((kind, name))
                yield from _present(kind, name, step, look)


def _present(kind: str, name: str, step: str | None, look: Look) -> Said:
    present = look.there(kind, name)
    if present is None:
        yield Unproven(f"whether the {kind} '{name}' is there: these credentials may not look")
    elif not present:
        message = f"the {kind} '{name}' is not in the namespace '{look.cluster.namespace}'"
        yield Objection("missing", message, "create it, or change what the settings refer to", step, "repo")


def accounts(parts: Parts, look: Look) -> Said:
    """The service accounts, at the first job that runs as each, and the one that reports for all of them."""
    asked: set[str] = set()
    for leaf, step in parts.leaves():
        account = parts.account(leaf)
        if account not in asked:
            asked.add(account)
            yield from _account(account, "service_account", step, look)
    yield from _executor(parts.executor, look)


def _account(account: str, setting: str, step: str | None, look: Look) -> Said:
    """A service account, which `setting` names."""
    there = look.there("ServiceAccount", account)
    if there is None:
        yield Unproven(f"whether the service account '{account}' is there: these credentials may not look")
    elif not there:
        message = f"the service account '{account}' is not in the namespace '{look.cluster.namespace}'"
        hint = f"create it, or change `{setting}` in the settings (`{'repos' if step else 'manifests'}`)"
        yield Objection("account", message, hint, step, "repo" if step else "name")


def _executor(account: str, look: Look) -> Said:
    """The account of Argo's part of the pods: it is there, its token is, and it may report."""
    yield from _account(account, "executor", None, look)
    if look.there("ServiceAccount", account) is False:
        return
    if look.there("ServiceAccount", account):
        yield from _present("Secret", _token(account, look), None, look)
    try:
        lacking = [one.verb for one in EXECUTOR if not look.cluster.may(one.verb, one.kind, account=account)]
    except Rejected as error:
        if not error.unallowed:
            raise
        yield Unproven(f"what the service account '{account}' may do: these credentials may not ask")
        return
    if lacking:
        message = f"the service account '{account}' may not {' and '.join(lacking)} WorkflowTaskResults"
        hint = "Argo's part of every pod needs it: bind a role with it to the account"
        yield Objection("account", message, hint)


def _token(account: str, look: Look) -> str:
    """The Secret in which Argo looks for an account's token."""
    service_account = look.cluster.get("ServiceAccount", account) or {}
    for secret in service_account.get("secrets") or ():
        return str(secret.get("name"))
    annotations = service_account.get("metadata", {}).get("annotations") or {}
    return str(annotations.get(NAMED) or f"{account}{TOKEN}")
