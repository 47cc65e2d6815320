"""The end of a pod's output, as it is: what of it is shown, and how, is the reports' to say."""

from __future__ import annotations

from bot.cluster import Cluster
from bot.errors import SamedayError

LINES = 50  # asked of the cluster
BYTES = LINES * 16_384  # of a line that is longer, a node makes several; a lower limit would cut off the end
CHARACTERS = 64 * 1024  # kept, of which a report shows the last lines
CONTAINER = "main"  # the job's own; the others in the pod are Argo's


def tail(cluster: Cluster, pod: str) -> str:
    """The end of what the pod's job printed, or why it cannot be had: that fails nothing else."""
    try:
        return cluster.log(pod, CONTAINER, LINES, BYTES)[-CHARACTERS:]
    except SamedayError as error:
        return f"(the log of the pod {pod} cannot be read: {error})"
