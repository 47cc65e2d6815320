"""Users, repositories and pull requests as GitHub writes them; addresses lead to the server itself."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

USER_URLS = "followers following gists starred subscriptions organizations repos events received_events"
REPOSITORY_URLS = """
archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads
events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges
milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees clone git ssh svn
"""


@dataclass
class Pull:
    """A pull request; `lines` are its difference, `source` is its repository, or None for a fork that is gone."""

    number: int
    head: str
    base: str
    author: str
    branch: str
    source: str | None
    lines: frozenset[tuple[str, int]]
    merged: str | None
    state: str
    draft: bool
    at: str
    commits: list[str] = field(default_factory=list)


def number(text: str) -> int:
    """An id that is always the same for the same text."""
    return zlib.crc32(text.encode())


def user(base: str, login: str) -> dict[str, Any]:
    """A person, or a bot."""
    url = f"{base}/users/{login}"
    return {
        "login": login, "id": number(login), "node_id": f"U_{number(login)}", "avatar_url": f"{url}/avatar",
        "gravatar_id": "", "url": url, "html_url": f"{base}/{login}", "site_admin": False,
        "type": "Bot" if login.endswith("[bot]") else "User",
        **{f"{name}_url": f"{url}/{name}" for name in USER_URLS.split()},
    }  # fmt: skip


def app(base: str, login: str) -> dict[str, Any]:
    """The app behind a bot."""
    slug = login.removesuffix("[bot]")
    at = "2018-07-30T09:30:17Z"
    return {
        "id": number(slug), "slug": slug, "node_id": f"A_{number(slug)}", "owner": user(base, "github"), "name": slug,
        "description": None, "external_url": base, "html_url": f"{base}/apps/{slug}", "created_at": at,
        "updated_at": at, "permissions": {}, "events": [],
    }  # fmt: skip


def repository(base: str, name: str, fork: bool = False) -> dict[str, Any]:
    """A public repository."""
    owner, short = name.split("/")
    url, at = f"{base}/repos/{name}", "2026-01-01T00:00:00Z"
    counts = ("forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers",
              "watchers_count")  # fmt: skip
    return {
        "id": number(name), "node_id": f"R_{number(name)}", "name": short, "full_name": name, "private": False,
        "owner": user(base, owner), "html_url": f"{base}/{name}", "description": None, "fork": fork, "url": url,
        **{f"{word}_url": f"{url}/{word}" for word in REPOSITORY_URLS.split()},
        **dict.fromkeys(counts, 0),
        **dict.fromkeys(("archived", "disabled", "has_pages"), False),
        **dict.fromkeys(("has_downloads", "has_issues", "has_projects", "has_wiki"), True),
        **dict.fromkeys(("homepage", "language", "license", "mirror_url"), None),
        "default_branch": "main", "pushed_at": at, "created_at": at, "updated_at": at,
    }  # fmt: skip


def _side(base: str, name: str | None, ref: str, sha: str, home: str) -> dict[str, Any]:
    owner = (name or home).split("/")[0]
    return {
        "label": f"{owner}:{ref}", "ref": ref, "sha": sha, "user": user(base, owner),
        "repo": repository(base, name, fork=name != home) if name else None,
    }  # fmt: skip


def simple_pull(base: str, home: str, pull: Pull) -> dict[str, Any]:
    """A pull request in a list."""
    api, page = f"{base}/repos/{home}", f"{base}/{home}/pull/{pull.number}"
    url, issue = f"{api}/pulls/{pull.number}", f"{api}/issues/{pull.number}"
    links = {
        "self": url, "html": page, "issue": issue, "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments", "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{url}/commits", "statuses": f"{api}/statuses/{pull.head}",
    }  # fmt: skip
    closed = pull.at if pull.state == "closed" else None
    return {
        "id": number(page), "node_id": f"PR_{number(page)}", "number": pull.number, "url": url, "html_url": page,
        "diff_url": f"{page}.diff", "patch_url": f"{page}.patch", "issue_url": issue, "title": f"Change {pull.number}",
        **{f"{name}_url": links[name] for name in list(links)[3:]},
        "_links": {name: {"href": link} for name, link in links.items()},
        "state": pull.state, "locked": False, "draft": pull.draft, "user": user(base, pull.author), "body": None,
        "head": _side(base, pull.source, pull.branch, pull.head, home),
        "base": _side(base, home, "main", pull.base, home),
        "created_at": pull.at, "updated_at": pull.at, "closed_at": closed,
        "merged_at": closed if pull.merged else None, "merge_commit_sha": pull.merged,
        "author_association": "CONTRIBUTOR", "labels": [], "assignees": [], "requested_reviewers": [],
        "requested_teams": [], "assignee": None, "milestone": None, "auto_merge": None, "active_lock_reason": None,
    }  # fmt: skip


def full_commit(base: str, home: str, pull: Pull, age: int) -> dict[str, Any]:
    """A commit of a pull request, `age` commits and as many minutes before its head."""
    sha = pull.commits[-1 - age]
    url, page = f"{base}/repos/{home}/commits/{sha}", f"{base}/{home}/commit/{sha}"
    at = datetime.fromisoformat(pull.at) - timedelta(minutes=age)
    who = {"name": pull.author, "email": f"{pull.author}@example.com", "date": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {
        "sha": sha, "node_id": f"C_{number(sha)}", "url": url, "html_url": page, "comments_url": f"{url}/comments",
        "commit": {
            "url": f"{base}/repos/{home}/git/commits/{sha}", "author": who, "committer": who, "message": "change",
            "tree": {"sha": sha, "url": f"{base}/repos/{home}/git/trees/{sha}"}, "comment_count": 0,
        },
        "author": user(base, pull.author), "committer": user(base, pull.author), "parents": [],
    }  # fmt: skip


def full_pull(base: str, home: str, pull: Pull) -> dict[str, Any]:
    """A pull request asked for by its number."""
    merger = user(base, "maintainer") if pull.merged else None
    is_open = pull.state == "open"
    return simple_pull(base, home, pull) | {
        "merged": bool(pull.merged), "mergeable": True if is_open else None, "rebaseable": None,
        "mergeable_state": "clean" if is_open else "unknown", "merged_by": merger, "maintainer_can_modify": False,
        **dict.fromkeys(("additions", "changed_files", "comments", "commits", "deletions", "review_comments"), 1),
    }  # fmt: skip
