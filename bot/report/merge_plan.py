"""What merging will do, as Markdown for reviewers: counts first, whom it concerns, how it is done on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.experiment.repository import Repository
from bot.report.escape import Markdown, count, fill, join, phrase, prose
from bot.report.plan import WORDS, Planned

FEW = 5  # experiments of a plan that are shown without a click


def counts(planned: Sequence[Planned]) -> str:
    """How many of each kind, in the order of what they mean for users."""
    found = Counter(item.change for item in planned)
    return ", ".join(f"{found[change]} {words}" for change, words in WORDS.items() if found[change])


def merge_plan(planned: Sequence[Planned], repository: Repository | None = None, *, steps: bool = True) -> Markdown:
    """The plan, an experiment a paragraph; of more than a few, all on demand. With `repository`, whose each is."""
    parts = [_item(item, repository, steps=steps) for item in planned]
    first = [prose(counts(planned))] if len(planned) > 1 else []
    if len(planned) <= FEW:
        return join([*first, *parts], "\n\n")
    return fill("<details><summary>{}</summary>\n\n{}\n\n</details>", prose(counts(planned)), join(parts, "\n\n"))


def _item(item: Planned, repository: Repository | None, *, steps: bool) -> Markdown:
    lines = [fill("**{}** {}", item.experiment, phrase(item.headline))]
    if repository is not None:
        lines += [join(parts, " · ") for parts in [list(_whose(item.experiment, repository))] if parts]
    if item.changes:
        lines.append(fill("changed: {}", prose("; ".join(item.changes), 1_000)))
    if item.seen:
        lines.append(prose(item.seen, 1_000))
    parts = [join(lines, "<br>")]
    if steps:
        if item.steps:
            listed = join([fill("{}. {}", i, phrase(step)) for i, step in enumerate(item.steps, 1)])
            number = count(len(item.steps), "step")
            parts.append(fill("<details><summary>{}</summary>\n\n{}\n\n</details>", number, listed))
        parts.append(fill("Serves now: {}, after: {}", item.now, item.after))
    return join(parts, "\n\n")


def _whose(name: str, repository: Repository) -> Iterator[Markdown]:
    """Who answers for the experiment, and what it is to show."""
    experiment = repository.by_name.get(name)
    if experiment is None:
        return
    if experiment.spec.owner is not None:
        yield fill("of {}", prose(experiment.spec.owner))
    serving = experiment.spec.serving
    if serving is not None and serving.hypothesis:
        yield fill("<i>{}</i>", prose(serving.hypothesis))
