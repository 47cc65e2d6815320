"""A place's catalogue as a hidden file beside it, which anybody may have written.

A place and its catalogue are two files, and a kill may come between their two renames. So the catalogue is written
twice: before the place is replaced it says what it is going to say, and how the new file is known; afterwards that
alone. Whoever reads it in between looks which file is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.document.fields import MAX_NAME, NAME
from bot.errors import Refused
from bot.experiment.types import TableName
from bot.ports import Version, Watched, place_name
from bot.warehouses.folder.catalogue import Catalogue
from bot.warehouses.folder.layout import Layout, beside
from bot.warehouses.folder.parquet import opened

MOST = 1 << 26  # bytes of a catalogue; one of ten years of days, each with ten attempts, has a fifth of that
STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
ExperimentName = Annotated[str, Field(pattern=NAME, max_length=MAX_NAME)]
SpecKey = Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
Attempt = Annotated[int, Field(ge=1)]


class Made(BaseModel):
    """A version as it is written."""

    model_config = STRICT

    experiment: ExperimentName
    spec: SpecKey
    day: date
    begun: AwareDatetime
    attempt: Attempt = 1
    whole: AwareDatetime | None = None
    rows: int = Field(0, ge=0)
    digest: str = Field("", pattern=r"^(sha256:[0-9a-f]{64})?$")
    watched: Watched | None = None

    def version(self) -> Version:
        """The version."""
        return Version(
            self.experiment, self.spec, self.day, self.begun, self.attempt, self.whole, self.rows, self.digest,
            self.watched,
        )  # fmt: skip

    @classmethod
    def of(cls, version: Version) -> Made:
        """A version in this form; raises Refused for one that could not be read back."""
        try:
            return cls(
                experiment=version.experiment, spec=version.spec, day=version.date, begun=version.begun,
                attempt=version.attempt, whole=version.whole, rows=version.rows, digest=version.digest,
                watched=version.watched,
            )  # fmt: skip
        except ValidationError as error:
            wrong = ", ".join(str(fault["loc"][0]) for fault in error.errors())
            raise Refused(f"the version {version.run!r} cannot be recorded: its {wrong} has another form") from None


class CatalogueState(BaseModel):
    """A catalogue as it is written."""

    model_config = STRICT

    experiment: ExperimentName
    table: TableName
    spec: SpecKey
    daily: bool
    versions: tuple[Made, ...] = ()
    inside: tuple[Made, ...] = ()
    out: dict[date, Annotated[int, Field(ge=0)]] = {}

    def catalogue(self) -> Catalogue:
        """The catalogue."""
        versions, inside = (tuple(one.version() for one in made) for made in (self.versions, self.inside))
        return Catalogue(self.experiment, self.table, self.spec, self.daily, versions, inside, self.out)

    @classmethod
    def of(cls, catalogue: Catalogue) -> CatalogueState:
        """A catalogue in this form."""
        return cls(
            experiment=catalogue.experiment, table=catalogue.table, spec=catalogue.spec, daily=catalogue.daily,
            versions=tuple(map(Made.of, catalogue.versions)),
            inside=tuple(Made.of(replace(one, watched=None)) for one in catalogue.inside),  # `versions` has it
            out=dict(catalogue.out),
        )  # fmt: skip


class Sidecar(BaseModel):
    """The whole file: what is, and while the place is replaced by the file `mark` what is then."""

    model_config = STRICT

    now: CatalogueState
    mark: tuple[int, int, int] | None = None
    then: CatalogueState | None = None


def read(layout: Layout, place: str) -> Catalogue | None:
    """What the place shows and what was made for it, or None; raises Refused for what sameday never wrote."""
    while True:
        sidecar = _read(layout, place)
        if sidecar is None:
            return None
        state, there = sidecar.now, _mark(layout.data(place))
        if sidecar.then is not None:
            if _read(layout, place) != sidecar:
                continue  # it was settled meanwhile, and what is there may be of another change
            if there == sidecar.mark:
                state = sidecar.then
        catalogue = state.catalogue()
        return catalogue if there is not None else replace(catalogue, inside=())


def write(layout: Layout, place: str, catalogue: Catalogue) -> None:
    """Record what is."""
    _write(layout.catalogue(place), Sidecar(now=CatalogueState.of(catalogue)))


@contextmanager
def replacing(layout: Layout, place: str, before: Catalogue, after: Catalogue) -> Iterator[Path]:
    """Fill the file that is handed out, and it takes the place's; what the catalogue says changes in that moment."""
    data = layout.data(place)
    with beside(data) as new:
        yield new
        sidecar = Sidecar(now=CatalogueState.of(before), mark=_mark(new), then=CatalogueState.of(after))
        _write(layout.catalogue(place), sidecar)
        new.replace(data)
        write(layout, place, after)


def _read(layout: Layout, place: str) -> Sidecar | None:
    path, full = layout.catalogue(place), layout.full(place)
    if not path.exists():
        return None
    with opened(path, f"{full}'s catalogue") as file:
        text = file.read(MOST + 1)
    try:
        sidecar = Sidecar.model_validate_json(text) if len(text) <= MOST else None
    except (ValidationError, RecursionError):
        sidecar = None
    if sidecar is None or any(place_name(one.table, one.spec) != full for one in (sidecar.now, sidecar.then) if one):
        raise Refused(f"{path} is no catalogue that sameday wrote: put it back as it was, or move it and {full} away")
    return sidecar


def _write(path: Path, sidecar: Sidecar) -> None:
    with beside(path) as new:
        new.write_text(sidecar.model_dump_json(), encoding="utf-8")
        new.replace(path)


def _mark(path: Path) -> tuple[int, int, int] | None:
    """How a file is known, wherever it is renamed to; None if it is not there."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
