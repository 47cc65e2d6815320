"""Shares of traffic as files write them, such as 2.5%."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

HUNDREDTHS = 10_000  # of a percent, of which a share is a whole number: as many as a layer has slots
SHARE = r"^[0-9]{1,2}(\.[0-9]{1,2})?%$"
_SHARE = re.compile(r"([0-9]{1,2})(?:\.([0-9]{1,2}))?%\Z")


def _share(value: Any) -> str:
    if isinstance(value, str) and hundredths(value):
        return value
    raise PydanticCustomError("share", "should be more than 0% and less than 100%, as in 5% or 2.5%")


def hundredths(share: str) -> int:
    """How many of 10,000 a share such as 2.5% is; 0 for what is no share."""
    found = _SHARE.match(share)
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else 0


Share = Annotated[str, BeforeValidator(_share), WithJsonSchema({"type": "string", "pattern": SHARE})]
