"""The production engine: runs are Workflows of Argo's, in one namespace of a cluster."""

from bot.engines.argo.engine import Argo

__all__ = ["Argo"]
