"""Measurements as text, the same in every ledger; what is read is taken for nothing but a measurement."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from bot.ledgers.entries import STORE, WORD, parsed, word
from bot.ports import Baseline, Measurement

WEEK = 7  # days


def noted(measurement: Measurement) -> str:
    """The measurement's JSON form, on one line."""
    return json.dumps(asdict(measurement), default=str)


def measurement(text: str) -> Measurement:
    """A measurement from its JSON form; raises KeyError, TypeError or ValueError if it is not one."""
    try:
        data = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    baselines = tuple(_baseline(one) for one in data["baselines"])
    new = tuple(_count(one) for one in data["new"])
    if not baselines or len(new) != WEEK * len(baselines):
        raise ValueError("`new` is not of as many days as `baselines` has weeks")
    at = parsed(data, "at", datetime.fromisoformat)
    if at.tzinfo is None:
        raise ValueError("`at` has no time zone")
    since = parsed(data, "since", date.fromisoformat)
    return Measurement(word(data, "metric", STORE), word(data, "key", WORD), at, since, baselines, new)


def _baseline(data: Any) -> Baseline:
    mean, deviation = float(data["mean"]), float(data["deviation"])
    if not math.isfinite(mean) or not math.isfinite(deviation) or deviation < 0:
        raise ValueError("`baselines` should be numbers")
    return Baseline(_count(data["units"]), mean, deviation)


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("a count should be a number from 0 on")
    return value
