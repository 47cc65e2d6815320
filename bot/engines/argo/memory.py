"""How runs ended, kept after Argo has deleted them: as annotations of the template that they ran.

An equal run makes equal data and is not made twice, so that one which is gone must be told from one that never was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.cluster import Cluster, Rejected
from bot.ports import Run, made_by

PREFIX = "sameday/run-"
_ENDED = re.compile(r"(succeeded|failed) ([0-9a-f]{16})\Z")


class Memory:
    """The ends of runs, by the names of the runs."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._written: set[tuple[str, str]] = set()

    def keep(self, ends: Mapping[str, tuple[str, str]]) -> None:
        """Write how runs ended and the digests of what their data depended on: one request per template at most."""
        new = {run: end for run, end in ends.items() if (run, end[0]) not in self._written}
        for template in {made_by(run) for run in new}:
            mine = {run: end for run, end in new.items() if made_by(run) == template}
            values = {_key(run): " ".join(end) for run, end in mine.items()}
            try:
                self.cluster.patch("WorkflowTemplate", template, {"metadata": {"annotations": values}})
            except Rejected as error:
                if error.status != 404:  # without its template nothing starts the run again, either
                    raise
            self._written |= {(run, end[0]) for run, end in mine.items()}

    def find(self, run: str) -> tuple[Run, str] | None:
        """A run that is gone, and the digest of what its data depended on."""
        template = self.cluster.get("WorkflowTemplate", made_by(run))
        annotations = (template or {}).get("metadata", {}).get("annotations") or {}
        ended = _ENDED.match(annotations.get(_key(run), ""))
        if ended is None:
            return None
        return Run(run, "succeeded" if ended[1] == "succeeded" else "failed"), ended[2]


def _key(run: str) -> str:
    return PREFIX + run.removeprefix(made_by(run)).strip("-")
