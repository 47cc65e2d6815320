"""Which test has which slots of which layer, and when: an index over all tests of a repository."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from bot.check import Context
from bot.compile import layers, traffic
from bot.compile.conditions import moment
from bot.errors import Refused
from bot.experiment.arms import Serving
from bot.experiment.traffic import SLOTS, Surface
from bot.experiment.zone import serving_in_zone
from bot.settings import Settings
from bot.settings.traffic import DEFAULT_LAYER

Spot = tuple[str, str | None]
"""A channel, and a placement in it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one test takes: slots of a layer, from `since` to before `until`, in seconds."""

    name: str
    layer: str
    unit: str
    start: int
    end: int
    since: int
    until: int
    surfaces: tuple[Surface, ...]
    is_said: bool
    """Whether the file or the settings say something of its layer or slots: then it shares them with nobody."""

    def meets(self, other: Claim) -> bool:
        """Whether both have a slot in common, if they are of one layer."""
        return self.start < other.end and other.start < self.end

    def shares_a_surface(self, other: Claim) -> bool:
        """Whether a user may see both; a test that names no surface may be anywhere."""
        named = self.surfaces and other.surfaces
        return not named or any(_meet(one, another) for one in self.surfaces for another in other.surfaces)


def claim(name: str, serving: Serving | None, settings: Settings) -> Claim | None:
    """What the experiment with this name takes; None if it is no test, or its layer cannot be told."""
    period = serving.period if serving is not None else None
    if serving is None or not serving.is_test or period is None or period.end is None:
        return None
    try:
        layer = traffic.layer(serving, settings)
    except Refused:
        return None
    since, until = (moment(day, period.timezone) for day in (period.start, period.end))
    start, end = serving.slots.start, serving.slots.end
    is_said = serving.layer is not None or layer != DEFAULT_LAYER or (start, end) != (0, SLOTS)
    return Claim(name, layer, serving.unit, start, end, since, until, serving.surfaces, is_said)


class Claims:
    """All claims, by layer, surface and salt."""

    def __init__(self, tests: Iterable[tuple[str, str | None, Serving]], settings: Settings) -> None:
        """`tests` are names, earlier names, and what is served."""
        self.by_name: dict[str, Claim] = {}
        self.by_salt: dict[str, list[str]] = defaultdict(list)
        by_layer: dict[str, list[Claim]] = defaultdict(list)
        by_spot: dict[Spot, list[Claim]] = defaultdict(list)
        for name, renamed_from, serving in tests:
            one = claim(name, serving, settings)
            if one is None:
                continue
            self.by_name[one.name] = one
            self.by_salt[traffic.salt_of(name, renamed_from, serving)].append(one.name)
            by_layer[one.layer].append(one)
            for channel, placement in {(surface.channel, surface.placement) for surface in one.surfaces}:
                by_spot[channel, placement].append(one)
        self.by_layer, self.by_spot = _in_time(by_layer), _in_time(by_spot)
        self.placements: dict[str, list[Spot]] = defaultdict(list)
        for spot in by_spot:
            self.placements[spot[0]].append(spot)

    def in_layer(self, one: Claim) -> Iterator[Claim]:
        """The other tests of its layer that are on with it."""
        return _on_with(one, self.by_layer.get(one.layer, ()))

    def on_surfaces(self, one: Claim) -> Iterator[Claim]:
        """The other tests that are on with it, and on one of its surfaces; each once."""
        spots: dict[Spot, None] = {}
        for surface in one.surfaces:
            anywhere = surface.placement is None
            here = self.placements[surface.channel] if anywhere else [(surface.channel, surface.placement)]
            spots |= dict.fromkeys([*here, (surface.channel, None)])
        found = {other.name: other for spot in spots for other in _on_with(one, self.by_spot.get(spot, ()))}
        return (other for other in found.values() if one.shares_a_surface(other))


def claims(context: Context) -> Claims:
    """Those of all experiments at the head, made once."""
    return context.once("traffic.claims", lambda: Claims(_tests(context), context.settings))


def _tests(context: Context) -> Iterator[tuple[str, str | None, Serving]]:
    for one in context.repository.declared.values():
        if (serving := one.served) is not None:
            yield one.name, one.renamed_from, serving_in_zone(serving, context.settings.timezone)


def _in_time(found: Mapping[Spot, list[Claim]] | Mapping[str, list[Claim]]) -> Mapping[object, Sequence[Claim]]:
    return {key: sorted(each, key=attrgetter("since")) for key, each in found.items()}


def _on_with(one: Claim, others: Sequence[Claim]) -> Iterator[Claim]:
    """Those of `others`, which are in order of time, that are on with it."""
    begun = bisect_left(others, one.until, key=attrgetter("since"))
    since, name = one.since, one.name
    return (other for other in others[:begun] if other.until > since and other.name != name)


def _meet(one: Surface, other: Surface) -> bool:
    placed = one.placement == other.placement or None in (one.placement, other.placement)
    platforms = not one.platforms or not other.platforms or not set(one.platforms).isdisjoint(other.platforms)
    return one.channel == other.channel and placed and platforms


def free(taken: Iterable[Claim]) -> list[tuple[int, int]]:
    """The slots that none of these has, as ranges."""
    return layers.free((one.start, one.end) for one in taken)
