"""What a place shows after something is done to it: decided here from its row, without asking anybody."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ports import Place, Version
from bot.warehouses.bigquery.rows import PlaceRow


def is_newer(row: PlaceRow, place: Place, version: Version) -> bool:
    """Whether the place may show the version in what it shows now: nothing goes backwards, nor comes back."""
    if row.taken_out.get(version.date, 0) >= version.attempt:
        return False
    if not place.daily:
        return all(one.order < version.order for one in row.inside)
    own = (one for one in row.inside if one.date == version.date and one.spec == place.spec)
    return all(one.attempt < version.attempt for one in own) and version in newest(
        place, [*_but(row, version), version]
    )


def with_version(row: PlaceRow, place: Place, version: Version) -> tuple[Version, ...]:
    """What a place shows when it shows the version too."""
    return newest(place, [*_but(row, version), version]) if place.daily else (version,)


def newest(place: Place, versions: Sequence[Version]) -> tuple[Version, ...]:
    """As many of the newest days as a daily place shows, newest first."""
    ordered = sorted(versions, key=lambda version: version.date, reverse=True)
    return tuple(ordered[: place.days or None])


def instead(row: PlaceRow, versions: Sequence[Version]) -> Version | None:
    """What a place that is not daily shows if its day is taken out: the newest whole version of another day."""
    if not row.inside:
        return None
    sound = (
        one for one in versions
        if one.whole is not None and one.date != row.inside[0].date and row.taken_out.get(one.date, 0) < one.attempt
    )  # fmt: skip
    return max(sound, key=lambda version: version.order, default=None)


def _but(row: PlaceRow, version: Version) -> list[Version]:
    return [one for one in row.inside if one.date != version.date]
