"""1,000 manifests in one `sameday lint`, against Argo's own `argo lint --offline` in one run, or loading them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from common import command, compare, sameday

BIN = os.environ.get("SAMEDAY_BIN", "~/.cache/sameday/bin")
LOAD = (
    "import glob, yaml\nfor f in glob.glob('m/*.yaml'):\n list(yaml.load_all(open(f, 'rb'), Loader=yaml.CSafeLoader))"
)
TASK = """\
          - name: {name}
            template: job
            dependencies: [{after}]
            arguments:
              parameters: [{{name: command, value: "python -m {name} {{{{workflow.parameters.date}}}}"}}]
"""
MANIFEST = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  name: train-{i}
  labels: {{team: reco}}
spec:
  entrypoint: main
  arguments: {{parameters: [{{name: date, value: "2026-11-30"}}]}}
  podGC: {{strategy: OnPodSuccess}}
  templates:
    - name: main
      dag:
        tasks:
{tasks}\
    - name: job
      activeDeadlineSeconds: 3600
      retryStrategy: {{limit: "2", retryPolicy: OnError}}
      inputs: {{parameters: [{{name: command}}]}}
      container:
        image: registry.example/reco:1
        command: [sh, -c]
        args: ["{{{{inputs.parameters.command}}}}"]
        resources: {{requests: {{cpu: 500m, memory: 2Gi}}, limits: {{memory: 2Gi}}}}
        env:
          - {{name: DATE, value: "{{{{workflow.parameters.date}}}}"}}
          - {{name: SECRET, valueFrom: {{secretKeyRef: {{name: reco, key: token}}}}}}
"""


def manifests(root: Path, count: int) -> None:
    """Workflows of eight tasks that differ in their names."""
    names = [f"step-{n}" for n in range(8)]
    tasks = "".join(TASK.format(name=name, after=names[n - 1] if n else "") for n, name in enumerate(names))
    (root / "m").mkdir()
    for i in range(count):
        (root / "m" / f"w{i}.yaml").write_text(MANIFEST.format(i=i, tasks=tasks), encoding="utf-8")


def main() -> None:
    """Print the ratio."""
    argo = shutil.which("argo", path=f"{Path(BIN).expanduser()}{os.pathsep}{os.environ['PATH']}")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        manifests(root, 1_000)
        ours = sameday(root, "lint", "m")
        if argo is None:
            print("no `argo` to compare with; `bash .ci/argo` builds it")
            compare("1,000 manifests against loading them", ours, command(root, sys.executable, "-c", LOAD), 4)
        else:
            theirs = command(root, argo, "lint", "--offline", "--no-color", "m")
            compare("1,000 manifests against argo lint --offline", ours, theirs, 1)


if __name__ == "__main__":
    main()
