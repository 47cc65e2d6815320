"""The exposure log: one line of JSON for each list or message that a user was shown, written where it is shown."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def expose(
    log: Path,
    user: str,
    flag: Mapping[str, Any],
    value: Mapping[str, Any],
    shown: Sequence[Mapping[str, Any]],
    **more: object,
) -> dict[str, Any]:
    """Write the line and return it. `flag` is the flag's metadata, `value` what the user got, `shown` the items.

    Each item says its place and, if lists were interleaved, the ranker that it is credited to. A line that is `forced`
    is a tester's: whoever counts leaves it out, as one in which neither `arm` nor a ranker stands.
    """  # fmt: skip
    line = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "unit": flag["unit"],
        "id": user,
        "experiment": flag["experiment"],
        "phase": flag["phase"],
        "arm": value["arm"],
        "forced": "tester" in value,
        "flag": hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8],
        **more,
        "items": list(shown),
    }
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return line
