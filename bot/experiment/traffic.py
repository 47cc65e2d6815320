"""Who may see an experiment: where, when, which users, which part of them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from bot.document.fields import Day, Name, Part, Timezone, Tuple, Word

SLOTS = 10_000  # a layer's traffic is cut into this many slots

Channel = Literal["api", "push", "mail"]
Platform = Literal["web", "ios", "android"]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)

COUNTRY = r"^[A-Z]{2}$"
VERSION = r"^(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){2}$"
EDGE = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|start( - [0-9]{1,4}d)?)$"
RELATIVE = re.compile(r"start(?: - ([0-9]{1,4})d)?\Z")
_VERSION, _DATE = re.compile(VERSION), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def _version(value: Any) -> str:
    if isinstance(value, str) and _VERSION.fullmatch(value):
        return value
    raise PydanticCustomError("version", "should be a version such as 5.2.0")


def _edge(value: Any) -> str:
    if isinstance(value, str) and (RELATIVE.match(value) or _is_day(value)):
        return value
    raise PydanticCustomError("edge", "should be a date such as 2026-11-30, or days before the test as in start - 30d")


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return _DATE.match(value) is not None


Country = Annotated[str, Field(pattern=COUNTRY)]
Countries = Annotated[tuple[Country, ...], Field(strict=False, min_length=1)]
Version = Annotated[str, BeforeValidator(_version), WithJsonSchema({"type": "string", "pattern": VERSION})]
Edge = Annotated[str, BeforeValidator(_edge), WithJsonSchema({"type": "string", "pattern": EDGE})]
"""A day, or one so many days before the start of the period."""


class Period(Part):
    """The days of the test; `end` is the first day without it."""

    start: Day = Field(description="The first day, as in 2026-11-30.")
    end: Day | None = Field(
        None, description="The first day without the test; all kinds but `all` need it, or `weeks`."
    )
    weeks: int | None = Field(None, ge=1, le=104, description="How many weeks it takes, in the place of `end`.")
    timezone: Timezone = Field(
        "UTC",
        description="IANA name such as `Asia/Tokyo`, by which days begin; absent: the settings' `timezone`.",
    )

    @model_validator(mode="before")
    @classmethod
    def _count(cls, data: Any) -> Any:
        """With `weeks`, `end` is known as well; what cannot be counted is told by the fields themselves."""
        if not isinstance(data, dict) or "end" in data or type(data.get("weeks")) is not int:
            return data
        try:
            return data | {"end": (date.fromisoformat(data["start"]) + timedelta(weeks=data["weeks"])).isoformat()}
        except (KeyError, TypeError, ValueError, OverflowError):
            return data


class Slots(Part):
    """The half-open part of a layer's 10,000 slots that may see this experiment."""

    start: int = Field(
        0, ge=0, le=SLOTS, description="The first of the layer's 10,000 slots that may see it, as in `0`."
    )
    end: int = Field(SLOTS, ge=0, le=SLOTS, description="The first slot after those, as in `5000`.")


class Surface(Part):
    """A place where the result is shown."""

    channel: Channel = Field(description="How it reaches the user: the application asks (`api`), or it is sent.")
    placement: Name | None = Field(None, description="Where in the channel, as in `home`; absent: anywhere.")
    platforms: Tuple[Platform] = Field((), description="Absent: all platforms, and where there is none.")

    @property
    def names(self) -> frozenset[str]:
        """What the settings' layers and holdouts may call it."""
        return frozenset({self.channel} if self.placement is None else {self.channel, self.placement})


class Users(Part):
    """Users by the moment of their sign-up, which the application sends as `signed_up_at`."""

    signed_up_after: Edge | None = Field(
        None, description="Only who signed up on this day or later: 2026-11-01, or `start - 30d`."
    )
    signed_up_before: Edge | None = Field(
        None, description="Only who signed up before this day: 2026-11-01, or `start`."
    )


class AppVersions(Part):
    """The oldest version of the application that may see it, by platform; the web has none."""

    ios: Version | None = Field(None, description="As in 5.2.0.")
    android: Version | None = Field(None, description="As in 5.2.0.")


class After(Part):
    """Users whose list of another experiment ran out."""

    experiment: Name = Field(description="The other experiment; the application sends its name in `exhausted`.")


class Conditions(Part):
    """Which users may see it: those who meet all of these. Who cannot be shown to meet one does not."""

    users: Users | None = Field(None, description="New or existing users; absent: both.")
    countries: Countries | None = Field(
        None, description="Two capital letters each (ISO 3166), as in JP; sent as `country`."
    )
    min_app_version: AppVersions | None = Field(None, description="Sent as `app_version`, beside `platform`.")
    after: After | None = Field(None, description="Only who has seen all of another experiment's list.")


class Testers(Part):
    """People who see the test before its start, whatever slots and conditions say, and are never counted."""

    attribute: Word = Field(description="The attribute that is true for them, such as is_staff.")
