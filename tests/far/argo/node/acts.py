"""What a test has the node do to pods, by the annotation `sameday.tests/acts` of their namespace or of one pod.

It is JSON. Of a namespace, it is a list of `{"job": PATTERN, ...}`: it holds for pods whose Argo node's name matches.
Of a pod, it is one of them without `job`. Before a pod's containers start:

    schedule: MESSAGE           no node takes the pod, for this reason
    pull: MESSAGE               its image cannot be pulled
    play: {code, seconds}       no process runs; the pod ends by itself

and at any time after:

    evict: MESSAGE              the node ends the pod and says so
    lose: true                  the node is gone, and the cluster removes the pod
    oom: true                   the kernel ends the job for its memory
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

ACTS = "sameday.tests/acts"
NAME = "workflows.argoproj.io/node-name"

Acts = Mapping[str, Any]


def of(namespace: Any, pod: Any) -> Acts:
    """What holds for the pod."""
    named = pod["metadata"].get("annotations", {}).get(NAME, pod["metadata"]["name"])
    rules = json.loads((namespace or {}).get("metadata", {}).get("annotations", {}).get(ACTS, "[]"))
    found = {key: value for rule in rules if fnmatchcase(named, rule["job"]) for key, value in rule.items()}
    return found | dict(json.loads(pod["metadata"].get("annotations", {}).get(ACTS, "{}")))
