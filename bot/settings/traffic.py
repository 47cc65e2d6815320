"""What tests share: layers, holdouts and days on which none begins. The files of experiments name them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations
from typing import Annotated

from pydantic import Field

from bot.document.fields import Day, Name, Part, Text, Timezone, Tuple
from bot.document.share import Share
from bot.finding import Problem

DEFAULT_LAYER = "default"


class Layer(Part):
    """Users cut into 10,000 slots, which tests that must not meet divide among themselves."""

    salt: Annotated[Text, Field(max_length=100)] = Field(
        "",
        description="The seed of the slots, as in `2026h2`. Change it while no test of the layer runs: all users move.",
    )
    surfaces: Tuple[Name] = Field(
        (),
        description="Placements or channels, as in `[home]`, whose tests are here unless their file names a layer.",
    )


class Dates(Part):
    """Days, the last one exclusive."""

    start: Day = Field(description="The first day, as in 2026-07-01.")
    end: Day = Field(description="The first day after those, as in 2026-10-01.")
    timezone: Timezone = Field("UTC", description="IANA name such as `Asia/Tokyo`, by which days begin.")


class Holdout(Dates):
    """Users who see nothing of any experiment for a time, so that the sum of all experiments can be measured."""

    share: Share = Field(description="The share of all users, as in 5%.")
    surfaces: Tuple[Name] = Field(
        (),
        description="Placements or channels, as in `[home]`, where it holds; absent: all. Each has one at a time.",
    )


class Freeze(Dates):
    """Days on which no test should begin, since users behave otherwise then."""


def problems(layers: Mapping[str, Layer], holdouts: Mapping[str, Holdout]) -> Iterator[Problem]:
    """Surfaces that two layers claim, or two holdouts at the same time, and holdouts that end before they begin."""
    first: dict[str, str] = {}
    for name, layer in layers.items():
        for i, surface in enumerate(layer.surfaces):
            if surface in first:
                message = f"the surface '{surface}' is in the layer '{first[surface]}', too"
                yield Problem("conflict", ("layers", name, "surfaces", i), message, "a surface has one layer")
            first.setdefault(surface, name)
    for name, holdout in holdouts.items():
        if holdout.end <= holdout.start:
            message = "the holdout ends before it has begun"
            yield Problem("conflict", ("holdouts", name, "end"), message, "end is exclusive")
    for (name, one), (other, two) in combinations(holdouts.items(), 2):
        if one.start < two.end and two.start < one.end and meet(one.surfaces, two.surfaces):
            message = f"the holdout '{name}' holds on the same surface at the same time"
            yield Problem("conflict", ("holdouts", other), message, "a surface has one holdout at a time", "key")


def meet(one: Collection[str], other: Collection[str]) -> bool:
    """Whether two lists of surfaces have one in common; an empty one stands for all."""
    return not one or not other or not set(one).isdisjoint(other)


def layers_of(surfaces: Iterable[str], layers: Mapping[str, Layer]) -> list[str]:
    """The layers that the settings have for these surfaces, each once; more than one where they disagree."""
    wanted = set(surfaces)
    return [name for name, layer in layers.items() if not wanted.isdisjoint(layer.surfaces)]
