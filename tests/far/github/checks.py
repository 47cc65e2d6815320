"""Check runs and their annotations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.far.github.refusal import Refused, invalid, malformed, missing
from tests.far.github.shapes import app
from tests.far.github.state import Call, Listed, Repository, Route, commit

TEXT = 65_535  # characters of a summary, and bytes too
BATCH = 50  # annotations in a request
TITLE, MESSAGE = 255, 65_536
LEVELS = ("notice", "warning", "failure")
STATUSES = ("queued", "in_progress", "completed")
CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")
RUNS = "/repos/{owner}/{repo}/check-runs"


def _check_output(output: Any, required: tuple[str, ...]) -> None:
    if not isinstance(output, Mapping):
        raise malformed(f"For 'properties/output', {output!r} is not an object.")
    for name in required:
        if not isinstance(output.get(name), str):
            raise malformed(f"For 'properties/output', \"{name}\" wasn't supplied.")
    for name in ("summary", "text"):
        text = output.get(name) or ""
        if len(text) > TEXT:
            raise malformed(f"Only {TEXT} characters are allowed; {len(text)} were supplied.")
        if len(text.encode()) > TEXT:
            raise invalid("CheckRun", name, "custom", f"{name} exceeds a maximum bytesize of {TEXT}")
    annotations = output.get("annotations") or []
    if len(annotations) > BATCH:
        raise malformed(f"No more than {BATCH} items are allowed; {len(annotations)} were supplied.")
    if not all(_sound(annotation) for annotation in annotations):
        raise invalid("CheckRun", "annotations")  # which of them, and why, GitHub does not tell


def _sound(annotation: Mapping[str, Any]) -> bool:
    start, end = annotation.get("start_line"), annotation.get("end_line")
    columns = annotation.get("start_column"), annotation.get("end_column")
    if not isinstance(start, int) or not isinstance(end, int) or not 1 <= start <= end:
        return False
    if columns != (None, None):
        first, last = columns
        if start != end or not isinstance(first, int) or not isinstance(last, int) or not 1 <= first <= last:
            return False
    path, message, title = annotation.get("path"), annotation.get("message"), annotation.get("title") or ""
    return (
        isinstance(path, str) and path != "" and not path.startswith("/")
        and annotation.get("annotation_level") in LEVELS
        and isinstance(message, str) and message != "" and len(message.encode()) <= MESSAGE
        and len(title) <= TITLE
        and len((annotation.get("raw_details") or "").encode()) <= MESSAGE
    )  # fmt: skip


def _progress(body: Mapping[str, Any], run: Mapping[str, Any]) -> tuple[str, str | None]:
    """The run's status and conclusion after a request; a conclusion alone completes it."""
    conclusion, status = body.get("conclusion"), body.get("status")
    if conclusion is not None and conclusion not in CONCLUSIONS:
        raise malformed(f"For 'properties/conclusion', {conclusion} is not a member of {list(CONCLUSIONS)}.")
    if status is not None and status not in STATUSES:
        raise malformed(f"For 'properties/status', {status} is not a member of {list(STATUSES)}.")
    if (status == "completed" or body.get("completed_at")) and not conclusion:
        raise malformed('"conclusion" wasn\'t supplied.')
    if run["status"] == "completed" and status not in (None, "completed"):
        raise invalid("CheckRun", "status", "custom", "a completed check run cannot be opened again")
    if conclusion:
        return "completed", conclusion
    return status or run["status"], run["conclusion"]


def _write(repository: Repository, run: dict[str, Any], body: Mapping[str, Any]) -> None:
    status, conclusion = _progress(body, run)
    for name in ("name", "external_id", "details_url", "started_at"):
        run[name] = body.get(name, run[name])
    run["completed_at"] = body.get("completed_at") or run["completed_at"] or (repository.now() if conclusion else None)
    run["status"], run["conclusion"] = status, conclusion
    output = body.get("output", {})
    run["output"] |= {name: output[name] for name in ("title", "summary", "text") if name in output}
    kept = repository.annotations[run["id"]]
    blob = f"{repository.base}/acme/experiments/blob/{run['head_sha']}"
    empty = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
    kept += [empty | dict(a) | {"blob_href": f"{blob}/{a['path']}"} for a in output.get("annotations") or []]
    run["output"]["annotations_count"] = len(kept)


def _create(repository: Repository, call: Call) -> tuple[int, Any]:
    name, head = call.text("name"), commit(call.text("head_sha"))
    if "output" in call.body:
        _check_output(call.body["output"], ("title", "summary"))
    made = next(repository.ids)
    url = f"{repository.url}/check-runs/{made}"
    run: dict[str, Any] = {
        "id": made, "node_id": f"CR_{made}", "name": name, "head_sha": head, "external_id": "", "url": url,
        "html_url": f"{repository.base}/acme/experiments/runs/{made}", "details_url": repository.base,
        "status": "queued", "conclusion": None, "started_at": repository.now(), "completed_at": None,
        "output": {"title": None, "summary": None, "text": None, "annotations_count": 0,
                   "annotations_url": f"{url}/annotations"},
        "check_suite": {"id": 1}, "app": app(repository.base, call.login), "pull_requests": [],
    }  # fmt: skip
    repository.annotations[made] = []
    _write(repository, run, call.body)
    repository.check_runs[made] = run
    return 201, run


def _found(repository: Repository, call: Call) -> dict[str, Any]:
    found = repository.check_runs.get(call.number("check_run_id"))
    if found is None:
        raise missing()
    return found


def _update(repository: Repository, call: Call) -> tuple[int, Any]:
    run = _found(repository, call)
    if run["app"]["slug"] != call.login.removesuffix("[bot]"):
        raise Refused(403, "Invalid app_id: a check run can only be modified by the GitHub App that created it.")
    if "output" in call.body:
        _check_output(call.body["output"], ("summary",))
    _write(repository, run, call.body)
    return 200, run


def of(repository: Repository, sha: str, latest: bool = True) -> list[dict[str, Any]]:
    """The check runs of a commit, newest first; of each name the newest, or all."""
    runs = [run for run in reversed(repository.check_runs.values()) if run["head_sha"] == sha]
    newest = {(run["app"]["slug"], run["name"]): run["id"] for run in reversed(runs)}
    return [run for run in runs if not latest or run["id"] in newest.values()]


def _listed(repository: Repository, call: Call) -> tuple[int, Any]:
    query = call.query
    runs = [
        run for run in of(repository, call.sha("ref"), query.get("filter") != "all")
        if run["name"] == query.get("check_name", run["name"]) and run["status"] == query.get("status", run["status"])
    ]  # fmt: skip
    return 200, Listed("check_runs", runs)


ROUTES = (
    Route("POST", RUNS, _create, "checks"),
    Route("GET", RUNS + "/{check_run_id}", lambda repository, call: (200, _found(repository, call))),
    Route("PATCH", RUNS + "/{check_run_id}", _update, "checks"),
    Route(
        "GET", RUNS + "/{check_run_id}/annotations",
        lambda repository, call: (200, repository.annotations[_found(repository, call)["id"]]),
    ),
    Route("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", _listed, query=("check_name", "filter", "status")),
)  # fmt: skip
