"""Kubernetes, in the words of its callers: the only package that knows its client, its paths and its status codes."""

from bot.cluster.access import Access
from bot.cluster.client import MANAGER, Cluster, Listed
from bot.cluster.faults import Cause, Rejected
from bot.cluster.kinds import Object
from bot.cluster.reach import beside, reach

__all__ = ["MANAGER", "Access", "Cause", "Cluster", "Listed", "Object", "Rejected", "beside", "reach"]
