"""GitHub on this machine: one repository behind a server that refuses what GitHub refuses, and fails on demand."""

from tests.github.fake.faults import KINDS
from tests.github.fake.server import GitHub, Request

__all__ = ["KINDS", "GitHub", "Request"]
