"""Deployments and their statuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.far.github.refusal import Refused, invalid, malformed, missing
from tests.far.github.state import SHA, Call, Repository, Route

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
DESCRIPTION = 140  # characters of a status
FILTERS = ("sha", "ref", "task", "environment")
ALL = "/repos/{owner}/{repo}/deployments"
STATUSES = ALL + "/{deployment_id}/statuses"


def _create(repository: Repository, call: Call) -> tuple[int, Any]:
    ref, body = call.text("ref"), call.body
    if not SHA.match(ref):
        raise Refused(422, f"No ref found for: {ref}")
    if body.get("auto_merge", True):
        return 202, {"message": f"Auto-merged main into {ref} on deployment."}
    if body.get("required_contexts") != []:
        contexts = [{"context": "sameday", "state": "pending"}]
        error = {"contexts": contexts, "resource": "Deployment", "field": "required_contexts", "code": "invalid"}
        raise Refused(409, f"Conflict: Commit status checks failed for {ref}.", [error])
    if not isinstance(body.get("payload", {}), dict | str):
        raise malformed("For 'properties/payload', it is neither an object nor a string.")
    environment = call.text("environment", "production")
    if not 1 <= len(environment) <= 255:
        raise invalid("Deployment", "environment")
    made, at = next(repository.ids), repository.now()
    url = f"{repository.url}/deployments/{made}"
    found = repository.deployments[made] = {
        "id": made, "node_id": f"DE_{made}", "url": url, "sha": ref, "ref": ref, "task": call.text("task", "deploy"),
        "payload": body.get("payload", {}), "original_environment": environment, "environment": environment,
        "description": body.get("description"), "creator": repository.user(call.login), "created_at": at,
        "updated_at": at, "statuses_url": f"{url}/statuses", "repository_url": repository.url,
        "transient_environment": body.get("transient_environment", False),
        "production_environment": body.get("production_environment", environment == "production"),
        "performed_via_github_app": None,
    }  # fmt: skip
    repository.statuses[made] = []
    return 201, found


def _listed(repository: Repository, call: Call) -> tuple[int, Any]:
    wanted = {name: call.query[name] for name in FILTERS if call.query.get(name, "none") != "none"}
    found = reversed(repository.deployments.values())
    return 200, [d for d in found if all(d[name] == value for name, value in wanted.items())]


def _found(repository: Repository, call: Call) -> dict[str, Any]:
    found = repository.deployments.get(call.number("deployment_id"))
    if found is None:
        raise missing()
    return found


def _add(
    repository: Repository, deployment: dict[str, Any], state: str, login: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    made, at = next(repository.ids), repository.now()
    log = body.get("log_url") or body.get("target_url") or ""
    status = {
        "id": made, "node_id": f"DES_{made}", "url": f"{deployment['statuses_url']}/{made}", "state": state,
        "creator": repository.user(login), "description": body.get("description", ""), "target_url": log,
        "log_url": log, "environment": deployment["environment"],
        "environment_url": body.get("environment_url", ""), "created_at": at, "updated_at": at,
        "deployment_url": deployment["url"], "repository_url": repository.url, "performed_via_github_app": None,
    }  # fmt: skip
    repository.statuses[deployment["id"]].insert(0, status)
    deployment["updated_at"] = at
    return status


def _say(repository: Repository, call: Call) -> tuple[int, Any]:
    deployment, state = _found(repository, call), call.text("state")
    if state not in STATES:
        raise malformed(f"For 'properties/state', {state} is not a member of {list(STATES)}.")
    if len(call.text("description", "")) > DESCRIPTION:
        long = f"description is too long (maximum is {DESCRIPTION} characters)"
        raise invalid("DeploymentStatus", "description", "custom", long)
    if "environment" in call.body:
        deployment["environment"] = call.text("environment")
    status = _add(repository, deployment, state, call.login, call.body)
    if state == "success" and call.body.get("auto_inactive", True):
        for other in _replaced(repository, deployment):
            _add(repository, other, "inactive", call.login, {})
    return 201, status


def _replaced(repository: Repository, deployment: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        d for d in repository.deployments.values()
        if d["id"] < deployment["id"] and d["environment"] == deployment["environment"]
        and not d["transient_environment"] and not d["production_environment"] and state(repository, d) == "success"
    ]  # fmt: skip


def state(repository: Repository, deployment: dict[str, Any]) -> str:
    """What was said last; nothing is pending."""
    statuses = repository.statuses[deployment["id"]]
    return str(statuses[0]["state"]) if statuses else "pending"


ROUTES = (
    Route("GET", ALL, _listed, query=FILTERS),
    Route("POST", ALL, _create, "deployments"),
    Route("GET", STATUSES, lambda repository, call: (200, repository.statuses[_found(repository, call)["id"]])),
    Route("POST", STATUSES, _say, "deployments"),
)
