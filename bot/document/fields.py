"""The kinds of values that experiments and settings share, each with its own words for what is wrong."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
)  # fmt: skip
from pydantic_core import PydanticCustomError

from bot.document import meant, zones

NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"  # DNS-1123, as Kubernetes wants it
WORD = r"^[a-z][a-z0-9_]*$"  # becomes part of an environment variable's name
MAX_NAME = 40  # with `-<spec key>-<date>-<attempt>` it stays below Kubernetes' 63

MAX_DURATION = timedelta(days=3650)  # more is a slip, and dates overflow

_DURATION = re.compile(r"([0-9]{1,9})(s|m|h|d)\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed, which scripts have
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def with_meant(what: str | None) -> dict[str, Any]:
    """What an error says beside its message: the value that was certainly meant."""
    return {"meant": what} if what is not None else {}


def _duration(value: Any) -> timedelta:
    match = _DURATION.match(value) if isinstance(value, str) else None
    duration = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < duration <= MAX_DURATION:
        message = "should be a duration such as 30m, 26h or 14d, of at most ten years"
        raise PydanticCustomError("duration", message, with_meant(meant.duration(value)))
    return duration


def _timezone(value: str) -> str:
    if value not in zones.names():
        message = "should be an IANA time zone such as Asia/Tokyo"
        raise PydanticCustomError("timezone", message, with_meant(zones.meant(value)))
    return value


def _text(value: str) -> str:
    control = _CONTROL.search(value)
    if control:
        raise PydanticCustomError("text", "should hold no control character such as {code}", {"code": repr(control[0])})
    return value


def _day(value: Any) -> Any:
    try:
        if isinstance(value, str) and _DAY.match(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("day", "should be a date such as 2026-11-30", with_meant(meant.day(value)))


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(lambda value: f"{int(value.total_seconds())}s"),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,9}(s|m|h|d)$"}),
]
Day = Annotated[date, Field(strict=False), BeforeValidator(_day)]
_T = TypeVar("_T")
Tuple = Annotated[tuple[_T, ...], Field(strict=False)]  # a YAML list is not a tuple, strictly
Timezone = Annotated[str, AfterValidator(_timezone)]
Text = Annotated[str, AfterValidator(_text)]
"""Words for people and for programs, which take no control character: it ends them early, or drives a terminal."""
Name = Annotated[str, Field(pattern=NAME, max_length=MAX_NAME)]
Word = Annotated[str, Field(pattern=WORD, max_length=MAX_NAME)]
Unit = Literal["user_id", "device_id", "session_id"]
"""Whose id a test splits by, and a metric counts by."""


KIND = "kind="  # begins the tags by which parts of one union are told apart; no key of a file does


def tag(kind: str) -> Tag:
    """Marks the part of a union whose `kind` this is."""
    return Tag(KIND + kind)


def by_kind(default: str) -> Discriminator:
    """Tells the parts of a union apart by their key `kind`; without that key it is `default`."""

    def find(value: Any) -> str:
        kind = value.get("kind", default) if isinstance(value, dict) else getattr(value, "kind", default)
        return KIND + str(kind)

    return Discriminator(find)


class Part(BaseModel):
    """What all parts share: no unknown keys, no silent conversions, no change after loading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True)


class Resources(Part):
    """What a process asks of the cluster, in Kubernetes' quantities."""

    cpu: str | None = Field(None, pattern=r"^[0-9]+(\.[0-9]+|m)?$", description="Cores, as in 500m or 2.")
    memory: str | None = Field(
        None, pattern=r"^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti)?$", description="Bytes, as in `512Mi` or `4Gi`."
    )
