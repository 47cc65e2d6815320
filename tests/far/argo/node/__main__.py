"""The node's process: `python -m tests.far.argo.node ARGUMENTS`, the first of a PID and a mount namespace of its own.

It ends when nobody holds its standard input any more. The kernel then ends all that it started, and its mounts go.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

from tests.far.argo.node import rest
from tests.far.argo.node.api import Api
from tests.far.argo.node.node import Node
from tests.far.argo.node.served import serve


def main() -> None:
    """Serve until standard input ends."""
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(folder)], check=True)
    api = Api(given["url"], given["authority"])
    node = Node(api, folder, given["path"], given["owner"], given["shared"], Path(given["argoexec"]))
    node.join(serve(node, Path(given["authority"])))
    rest.begin(api)
    threading.Thread(target=rest.always, args=(node.follow, api), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
