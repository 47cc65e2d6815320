"""The end of what a job printed, without what Argo's executor printed around it: reports say how it is shown."""

from __future__ import annotations

import re

from bot.cluster import Cluster
from bot.errors import SamedayError

LINES = 50  # asked of the cluster, a few of which are the executor's
BYTES = LINES * 16_384  # of a line that is longer, a node makes several; a lower limit would cut off the end
CHARACTERS = 64 * 1024  # kept, of which a report shows the last lines
CONTAINER = "main"  # the job's own; the others in the pod are Argo's
# argoexec starts the job, and logs beside it: `time=… level=INFO msg="sub-process exited" argo=true` (before 4.0 the
# time is quoted), in the end with `Error: exit status 3` of its own.
_EXECUTOR = re.compile(
    r'^time="?\d{4}-[^ ]+ level=[^\n]* argo=true[^\n]*\n(?:Error: exit status \d+\n?\Z)?', re.MULTILINE
)


def tail(cluster: Cluster, pod: str) -> str:
    """The end of what the pod's job printed, or why it cannot be had: that fails nothing else."""
    try:
        text = cluster.log(pod, CONTAINER, LINES, BYTES)
    except SamedayError as error:
        return f"(the log of the pod {pod} cannot be read: {error})"
    if text is None:
        return f"(the pod {pod} is gone, and its log with it: see `manifests.pods`)"
    return _EXECUTOR.sub("", text)[-CHARACTERS:]
