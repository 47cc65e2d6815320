"""The end of a pod's output, fit to be shown: short, without secrets as far as they can be known, without controls."""

from __future__ import annotations

import re

from bot.cluster import Cluster
from bot.errors import SamedayError

LINES = 50  # asked of the cluster
BYTES = LINES * 16_384  # of a line that is longer, a node makes several; a lower limit would cut off the end
CHARACTERS = 4_000  # shown
CONTAINER = "main"  # the job's own; the others in the pod are Argo's

_HIDDEN = "***"
_SECRETS = (
    re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"),  # the user and password of an address
    re.compile(r"(?i)(?<=bearer )\S+"),
    re.compile(r"(?i)((?:password|passwd|secret|token|api[-_]?key|access[-_]?key)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;]+"),
    re.compile(r"\b(?:gh[opsu]_[A-Za-z0-9]{20,}|AKIA[A-Z0-9]{16}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"),
    re.compile(r"\A(?:(?!-----BEGIN ).)*-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL),  # it began before
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
)
_CONTROLS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def tail(cluster: Cluster, pod: str) -> str:
    """The end of what the pod's job printed, or why it cannot be had: that fails nothing else."""
    try:
        return shown(cluster.log(pod, CONTAINER, LINES, BYTES))
    except SamedayError as error:
        return f"(the log of the pod {pod} cannot be read: {error})"


def shown(text: str) -> str:
    """The text without what looks like a secret, without controls, cut to its end."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for pattern in _SECRETS:
        text = pattern.sub(lambda found: (found[1] if found.re.groups else "") + _HIDDEN, text)
    return text[-CHARACTERS:]
