"""What differs between an experiment as it is live and as it is proposed, in phrases: old -> new, and which code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.compile.shares import percent
from bot.document.fields import Part
from bot.experiment.arms import Serving
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from bot.settings import DEFAULT_REPO, Settings

FEW = 3  # files that are named
UNSAID = "what the settings say: limits, layers, holdouts, accounts, built images"


def differences(
    old: Experiment, before: Repository, new: Experiment, after: Repository,
    was: Settings | None = None, now: Settings | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """Phrases, in the order of the file; what is in none of both files is the settings', `was` and `now`.

    Of these, images are told; whose image is no setting, but handed over by a build, is left out.
    """
    one, other = old.spec, new.spec
    return (
        *_values("schedule", one.schedule, other.schedule),
        *_named("input", one.inputs, other.inputs),
        *_named("job", {job.name: job for job in one.jobs}, {job.name: job for job in other.jobs}),
        *_code(before.code(old), after.code(new)),
        *_outputs(one.outputs, other.outputs),
        *_serving(one.serving, other.serving),
        *_values("option", one.option, other.option),
        *(_images(new, was, now) if was is not None and now is not None else ()),
    ) or (UNSAID,)


def _images(new: Experiment, was: Settings, now: Settings) -> Iterator[str]:
    """The images that its jobs run in, by repo."""
    for repo in dict.fromkeys(job.option.get("repo") or DEFAULT_REPO for job in new.spec.jobs):
        old, image = was.repo(repo).image, now.repo(repo).image
        if old and image and old != image:
            yield f"image of {repo}: {_short(old)} -> {_short(image)}"


def _short(image: str) -> str:
    """An image's own name, and enough of its digest to tell it by."""
    name, at, digest = image.rpartition("/")[2].partition("@")
    kind, _, digits = digest.partition(":")
    return f"{name}{at}{kind}:{digits[:12]}" if digits else f"{name}{at}{digest}"


def _named(kind: str, old: Mapping[str, Part], new: Mapping[str, Part]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            yield f"{kind} {name} is gone"
        elif name not in old:
            yield f"{kind} {name} is new"
        elif old[name] != new[name]:
            yield f"{kind} {name}: {', '.join(_keys(old[name], new[name]))}"


def _keys(old: Part, new: Part) -> Iterator[str]:
    """The keys whose values differ; with both values where those are short."""
    was, now = old.model_dump(mode="json"), new.model_dump(mode="json")
    for key in now:
        if was.get(key) != now[key]:
            short = all(
                isinstance(value, str | int | float) and len(str(value)) <= 60 for value in (was.get(key), now[key])
            )
            yield f"{key} {was[key]} -> {now[key]}" if short else key


def _code(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    paths = [path for path in sorted({*old, *new}) if old.get(path) != new.get(path)]
    if paths:
        more = f" and {len(paths) - FEW} more" if len(paths) > FEW else ""
        yield f"code: {', '.join(paths[:FEW])}{more}"


def _outputs(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        if name not in new or name not in old:
            yield f"output {name} is {'new' if name in new else 'gone'}"
            continue
        if old[name].table != new[name].table:
            yield f"output {name}: table {old[name].table} -> {new[name].table}"
        yield from (f"output {name}: {words}" for words in _columns(old[name].columns, new[name].columns))
        left = {"table", "columns"}
        rest = [words for words in _keys(old[name], new[name]) if words.split()[0] not in left]
        if rest:
            yield f"output {name}: {', '.join(rest)}"


def _columns(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for column in dict.fromkeys((*old, *new)):
        if old.get(column) != new.get(column):
            yield f"column {column} {old.get(column, 'none')} -> {new.get(column, 'none')}"


def _serving(old: Serving | None, new: Serving | None) -> Iterator[str]:
    if old is None or new is None:
        yield from _values("serving", old, new)
        return
    was, now = _shares(old), _shares(new)
    if was != now:
        moved = [name for name in dict.fromkeys((*was, *now)) if was.get(name) != now.get(name)]
        yield ", ".join(f"{name} {was.get(name, 'none')} -> {now.get(name, 'none')}" for name in moved)
    for key, name in (("slots", "slots"), ("period", "period")):
        yield from _values(name, getattr(old, key), getattr(new, key))
    told = {"arm", "arms", "slots", "period", "fix", "hypothesis"}
    keys = [words for words in _keys(old, new) if words.split()[0] not in told]
    tables = [
        f"{arm.name} serves another table"
        for arm in new.arms
        if _table(old, arm.name) not in (None, (arm.table, arm.output))
    ]
    if keys or tables:
        yield ", ".join((*tables, *(f"serving: {words}" for words in keys)))


def _shares(serving: Serving) -> dict[str, str]:
    arms = serving.arms if serving.arm is None else (serving.arm,)
    total = sum(arm.weight for arm in arms)
    return {arm.name: percent(arm.weight / total) for arm in arms}


def _table(serving: Serving, name: str) -> tuple[str | None, str | None] | None:
    found = next((arm for arm in serving.arms if arm.name == name), None)
    return None if found is None else (found.table, found.output)


def _values(name: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, Part) and isinstance(new, Part):
        yield f"{name}: {', '.join(_keys(old, new))}"
    else:
        yield f"{name} is {'new' if not old else 'gone' if not new else 'another'}"
