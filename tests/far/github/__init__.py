"""GitHub on this machine: one repository behind a server that refuses what GitHub refuses, and fails on demand."""

from tests.far.github.faults import KINDS
from tests.far.github.server import GitHub, Request

__all__ = ["KINDS", "GitHub", "Request"]
