"""The production engine: runs are Workflows of Argo's, in one namespace of a cluster."""

from bot.cluster import reach
from bot.engines.argo.engine import Argo
from bot.ports import Engine
from bot.ports.opening import Opening
from bot.settings.kinds import ArgoEngine

__all__ = ["Argo", "open_engine"]


def open_engine(settings: ArgoEngine, opening: Opening) -> Engine:
    """The engine, which is not asked yet."""
    cluster = reach(opening, settings.cluster("engine"))
    options = opening.settings.manifests
    return Argo(cluster, options, opening.now, opening.sleep, settings.version, settings.page(options.namespace))
