"""What merging will do, as Markdown for reviewers: counts first, whom it concerns, how it is done on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import LiteralString

from bot.experiment.repository import Repository
from bot.report.escape import Markdown, code, fill, join, phrase, prose
from bot.report.language import Say, english, number
from bot.report.plan import ANEW, COUNTED, FIRST, RETIRING, Planned

FEW = 5  # experiments of a plan that are shown without a click


HEADLINES: dict[str, LiteralString] = {FIRST: FIRST, ANEW: ANEW, RETIRING: RETIRING}


def counts(planned: Sequence[Planned], say: Say = english) -> str:
    """How many of each kind, in the order of what they mean for users."""
    found = Counter(item.change for item in planned)
    return ", ".join(say(form).format(found[change]) for change, form in COUNTED.items() if found[change])


def merge_plan(
    planned: Sequence[Planned], repository: Repository | None = None, *, steps: bool = True, say: Say = english
) -> Markdown:
    """The plan, an experiment a paragraph; of more than a few, all on demand. With `repository`, whose each is."""
    parts = [_item(item, repository, say, steps=steps) for item in planned]
    first = [prose(counts(planned, say))] if len(planned) > 1 else []
    if len(planned) <= FEW:
        return join([*first, *parts], "\n\n")
    return fill("<details><summary>{}</summary>\n\n{}\n\n</details>", prose(counts(planned, say)), join(parts, "\n\n"))


def named_plan(planned: Sequence[Planned], say: Say) -> Markdown:
    """The plan where there is no room for it: the names of each kind."""
    kinds = {change: [item for item in planned if item.change == change] for change in COUNTED}
    lines = [
        fill(
            "{}: {}",
            prose(say(COUNTED[change]).format(len(items))),
            join([code(one.experiment) for one in items], ", "),
        )
        for change, items in kinds.items()
        if items
    ]
    return join(lines, "\n\n")


def _item(item: Planned, repository: Repository | None, say: Say, *, steps: bool) -> Markdown:
    known = item.headline in HEADLINES
    headline = fill(say(HEADLINES[item.headline])) if known else phrase(item.headline)
    lines = [fill("**{}** {}", item.experiment, headline)]
    if repository is not None:
        lines += [join(parts, " · ") for parts in [list(_whose(item.experiment, repository, say))] if parts]
    if item.changes:
        lines.append(fill(say("changed: {}"), prose("; ".join(item.changes), 1_000)))
    if item.seen:
        lines.append(prose(item.seen, 1_000))
    if reads := list(_reads(item.experiment, repository)):
        lines.append(join(reads, ", "))
    parts = [join(lines, "<br>")]
    if steps:
        if item.steps:
            listed = join([fill("{}. {}", i, phrase(step)) for i, step in enumerate(item.steps, 1)])
            how_many = number(say, len(item.steps), "{} step", "{} steps")
            parts.append(fill("<details><summary>{}</summary>\n\n{}\n\n</details>", how_many, listed))
        parts.append(fill(say("Serves now: {}, after: {}"), item.now, item.after))
    return join(parts, "\n\n")


def _reads(name: str, repository: Repository | None) -> Iterator[Markdown]:
    """Which table each arm or ranker shows."""
    experiment = repository.by_name.get(name) if repository is not None else None
    serving = experiment.spec.serving if experiment is not None else None
    if experiment is None or serving is None:
        return
    for one in (*serving.arms, *serving.rankers, *((serving.arm,) if serving.arm else ())):
        table = one.table or experiment.spec.outputs[one.output or ""].table
        yield fill("{}: {}", prose(one.name), code(table))


def _whose(name: str, repository: Repository, say: Say) -> Iterator[Markdown]:
    """Who answers for the experiment, and what it is to show."""
    experiment = repository.by_name.get(name)
    if experiment is None:
        return
    if experiment.spec.owner is not None:
        yield fill(say("of {}"), prose(experiment.spec.owner))
    serving = experiment.spec.serving
    if serving is not None and serving.hypothesis:
        yield fill("<i>{}</i>", prose(serving.hypothesis))
