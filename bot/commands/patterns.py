"""Patterns of the settings that name no experiment file: a verdict over nothing looks like a good one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.document.glob import has_match, meant
from bot.settings import FILE, Settings


def unmatched(settings: Settings, paths: Sequence[str]) -> Iterator[str]:
    """A sentence for each pattern of `experiments` that somebody wrote and that names none of the paths."""
    if "experiments" not in settings.model_fields_set:
        return
    globs = settings.experiments
    for i, glob in enumerate(globs):
        if not has_match(paths, glob) and not (_twin(glob) in globs and has_match(paths, _twin(glob))):
            close = meant(paths, glob)
            hint = f"; did you mean '{close}'?" if close else "; patterns start at its folder"
            yield f"{FILE}: warning: experiments.{i} names no file: '{glob}'{hint}"


def _twin(glob: str) -> str:
    """The same pattern with YAML's other ending, which is there for whoever writes that."""
    name, _, end = glob.rpartition(".")
    return f"{name}.{'yaml' if end == 'yml' else 'yml'}"
