"""From an experiment to the work of one run: every name, table and command resolved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.compile import repos
from bot.compile.names import Moment, digest, staged, variables
from bot.document.fields import Part
from bot.errors import Refused
from bot.experiment.load import Experiment
from bot.experiment.model import Input, Job, Output, Spec
from bot.experiment.repository import Repository
from bot.ports import Place, Read, Step, Version, Work
from bot.settings import Settings

KEY_DIGITS = 8
ANY_DATE = date(1970, 1, 1)
GRANTED = {
    "cpu", "memory", "timeout", "service_account", "token", "capabilities", "environment", "secrets", "nodes",
    "tolerates",
}  # to a step  # fmt: skip
LOOSE = {"date", "attempt", "labels", "page", "schedule", "backends", "patience"}
"""What of a work is no part of its spec."""


def spec_key(experiment: Experiment, repository: Repository, settings: Settings) -> str:
    """8 hex digits over what the experiment's data depends on as declared; resources and limits are left out.

    So are defaults: a key that a later version of sameday adds changes nothing for those who do not write it. An heir
    has a key of its own, though its data be the same: a place is one experiment's.
    """
    spec = experiment.spec

    def written(parts: Mapping[str, Part]) -> dict[str, Any]:
        return {name: part.model_dump(mode="json", exclude_defaults=True) for name, part in parts.items()}

    jobs = [
        [job.name, list(job.argv), sorted(job.dependencies), job.option, settings.repo(job.option.get("repo")).image]
        for job in sorted(spec.jobs, key=lambda job: job.name)
    ]
    declared = {
        "jobs": jobs,
        "option": spec.option,
        "inputs": written(spec.inputs),
        "outputs": written(spec.outputs),
        "sources": repository.sources(experiment),
    }
    if spec.renamed_from is not None:
        declared |= {"name": spec.name, "renamed_from": spec.renamed_from}
    return digest(declared, KEY_DIGITS)


def data_date(spec: Spec, now: datetime) -> date:
    """The date that a run started `now` is for: the day in the schedule's time zone, less what its `data_date` says."""
    if spec.schedule is None:
        return now.astimezone(UTC).date()
    return now.astimezone(ZoneInfo(spec.schedule.timezone)).date() - timedelta(days=spec.schedule.back)


def work(
    experiment: Experiment,
    repository: Repository,
    settings: Settings,
    day: date,
    attempt: int = 1,
    labels: Mapping[str, str] | None = None,
) -> Work:
    """The work of the experiment's run for `day`.

    Raises Refused if it reads an experiment that is not there, or a job may not run in the repo that it names.
    """
    spec = experiment.spec
    for _, why in repos.refused(experiment, settings):
        raise Refused(why)
    return Work(
        experiment=spec.name,
        key=spec_key(experiment, repository, settings),
        date=day,
        attempt=attempt,
        steps=tuple(_step(job, settings) for job in spec.jobs),
        inputs={name: _read(name, read, repository, settings) for name, read in spec.inputs.items()},
        outputs=dict(spec.outputs),
        heir_of=spec.renamed_from or "",
        schedule=spec.schedule,
        patience=seconds(settings.limits.inputs),
        backends=backends(settings),
        page=settings.engine.page(settings.manifests.namespace) if settings.engine else "",
        labels=dict(labels or {}),
    )


def backends(settings: Settings) -> dict[str, Any]:
    """The settings of the warehouse and the stores, as a run's own tasks get them."""
    return settings.model_dump(mode="json", include={"warehouse", "stores"})


def document(work: Work) -> str:
    """The work as its own tasks read it, from a file: of any date and attempt, which they are told besides.

    It is without the jobs, which they do not run.
    """
    plain = {"steps": (), "labels": {}, "page": "", "date": ANY_DATE, "attempt": 1}
    return work.model_copy(update=plain).model_dump_json(exclude_defaults=True)


def spec(work: Work) -> str:
    """A digest of all that a run does, whatever its date: equal ones need one template."""
    return digest(json.loads(work.model_dump_json(exclude=LOOSE)))


def data(work: Work) -> str:
    """A digest of what a run's data depends on: whatever a job is granted, such as memory, is no part of it."""
    steps = {"steps": {"__all__": GRANTED}}
    return digest(json.loads(work.model_dump_json(exclude={**dict.fromkeys(LOOSE, True), **steps})), 16)


def seconds(duration: timedelta) -> int:
    """A duration in whole seconds."""
    return int(duration.total_seconds())


def _step(job: Job, settings: Settings) -> Step:
    repo = settings.repo(job.option.get("repo"))
    return Step(
        name=job.name,
        argv=job.argv,
        dependencies=job.dependencies,
        image=repo.image,
        service_account=repo.service_account,
        token=repo.token,
        capabilities=repo.capabilities,
        environment=repo.environment,
        timeout=seconds(job.timeout or settings.limits.job),
        cpu=job.resources.cpu or repo.resources.cpu,
        memory=job.resources.memory or repo.resources.memory,
        secrets=repo.secrets,
        nodes=repo.nodes,
        tolerates=repo.tolerates,
    )


def _read(name: str, read: Input, repository: Repository, settings: Settings) -> Read:
    table, partition = source(read, repository)
    if table is None:
        raise Refused(f"the input {name} reads {read.experiment}.{read.output}, which is not there")
    return Read(
        table=qualified(table, settings),
        address=address(table, settings),
        columns=dict(read.columns),
        fresh_within=seconds(read.fresh_within) if read.fresh_within else None,
        partition=partition,
    )


def source(read: Input, repository: Repository) -> tuple[str | None, str | None]:
    """The table that an input means, and its partition column if a run of its writer fills one."""
    if read.table is not None:
        return read.table, read.partition.column if read.partition else None
    writer = repository.by_name.get(read.experiment or "")
    output = writer.spec.outputs.get(read.output or "") if writer else None
    if output is None:
        return None, None
    return output.table, output.partition.column if output.partition else None


def on_date(table: str, compact: str) -> str:
    """The table that a name with `{date}` in it means for a date, spelled YYYYMMDD."""
    return table.replace("{date}", compact)


def qualified(table: str, settings: Settings) -> str:
    """The full name of a table that an experiment names."""
    return settings.warehouse.table(table) if settings.warehouse else table


def address(table: str, settings: Settings) -> str:
    """What a job gets as a table's name: where it reads or writes it."""
    return settings.warehouse.address(table) if settings.warehouse else table


def environment(work: Work, when: Moment) -> dict[str, str]:
    """What every job of the run finds in its environment, the same on every engine."""
    settings = Settings.model_validate({"warehouse": work.backends.get("warehouse")})
    own = {name: staged(output.table, work.key, when) for name, output in work.outputs.items()}
    outputs = {name: address(table, settings) for name, table in own.items()}
    inputs = {name: on_date(read.address, when.compact) for name, read in work.inputs.items()}
    return {
        "SAMEDAY_EXPERIMENT": work.experiment,
        "SAMEDAY_RUN": when.run,
        "SAMEDAY_DATA_DATE": when.date,
        **variables(inputs, "SAMEDAY_INPUT_"),
        **variables(outputs, "SAMEDAY_OUTPUT_"),
    }


def version(work: Work, begun: datetime) -> Version:
    """What the run makes for each of its outputs."""
    return Version(work.experiment, work.key, work.date, begun, work.attempt)


def warehouse_place(experiment: str, key: str, output: Output, heir_of: str = "") -> Place:
    """The place that a spec has in the warehouse: all its days. `heir_of` is the experiment's earlier name, or ''."""
    return Place(
        experiment, output.table, key, tuple(output.columns.items()), tuple(output.key),
        output.partition.column if output.partition else None, 0, output.adopt, heir_of,
        output.form or "",
    )  # fmt: skip


def store_places(
    experiment: str, key: str, outputs: Mapping[str, Output], heir_of: str = ""
) -> Iterator[tuple[str, str, Place]]:
    """Where a spec's outputs are synced to: the output's name, the store's name, the place there."""
    for name, output in outputs.items():
        if output.sync is not None:
            place = warehouse_place(experiment, key, output, heir_of)
            sync = output.sync
            yield name, sync.store, replace(place, table=sync.table, days=sync.days, adopt=sync.adopt, form="")
