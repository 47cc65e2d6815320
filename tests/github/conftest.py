"""GitHub on this machine, and the events it would send."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.far.github import GitHub, payloads
from tests.far.github.asked import BASE, HEAD, LINES
from tests.far.github.openapi import DESCRIPTION, INSTALL, Description


@pytest.fixture(scope="session")
def described() -> Description | None:
    """GitHub's description of its API, where it is installed."""
    return Description(DESCRIPTION) if DESCRIPTION.exists() else None


@pytest.fixture
def description(described: Description | None) -> Description:
    """The description, without which a test cannot be made."""
    if described is None:
        pytest.skip(f"GitHub's description of its API is not installed: {INSTALL}")
    return described


@pytest.fixture
def github(described: Description | None) -> Iterator[GitHub]:
    """GitHub with the repository acme/experiments; in the end, all that was said must fit GitHub's description."""
    with GitHub() as served:
        yield served
    assert not served.crashes, served.crashes[0]
    if described is not None:
        requests = served.earlier + served.requests
        assert not [fault for request in requests for fault in described.faults(request) + described.answers(request)]


@pytest.fixture
def loose() -> Iterator[GitHub]:
    """GitHub with pull request 5, for requests that its description forbids."""
    with GitHub() as served:
        served.pull(5, HEAD, BASE, lines=LINES)
        yield served
    assert not served.crashes, served.crashes[0]


@pytest.fixture
def payload() -> Callable[[str], tuple[str, payloads.Payload]]:
    """The name and the payload of an event, by its case."""
    return payloads.payload
