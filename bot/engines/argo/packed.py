"""A workflow's nodes as Argo packs them where they are too large for the object: JSON, gzip, base64."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

GZIP = 16 + zlib.MAX_WBITS  # a header as gzip writes it
# Argo packs what has more than 1 MiB (MAX_WORKFLOW_SIZE), since etcd refuses objects of more than 1.5 MiB. What people
# have in nodes packs to about a tenth of its size; a bomb, to a thousandth.
MOST = 16 << 20


def unpacked(packed: str) -> dict[str, Any] | None:
    """The nodes, or None for what is not whole, not gzip (zstd since 4.0, brotli since 4.1), or larger than MOST."""
    opening = zlib.decompressobj(GZIP)
    try:
        content = opening.decompress(base64.b64decode(packed), MOST)
        nodes = json.loads(content) if opening.eof else None
    except (ValueError, RecursionError, zlib.error):
        return None
    return nodes if isinstance(nodes, dict) else None
