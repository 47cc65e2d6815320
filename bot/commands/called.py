"""Experiments as people call them: by name or by file."""

from __future__ import annotations

from bot.document.nearest import nearest
from bot.errors import UsageError
from bot.report.escape import clean
from bot.workspace import Workspace


def name_of(workspace: Workspace, word: str) -> str:
    """The name of an experiment that is called by its name or by its file; a word that is neither stays as it is."""
    if word in workspace.repository.named:
        return word
    path = word.removeprefix(workspace.prefix).removeprefix("./")
    records = workspace.repository.records
    return next((records[one].name for one in (word, path) if one in records and records[one].name), word)


def path_of(workspace: Workspace, word: str) -> str | None:
    """The file of the experiment that is called so, with `/` between folders; None for a name that no file claims."""
    claims = workspace.repository.named.get(word)
    return claims[0] if claims else None


def no_experiment(workspace: Workspace, word: str) -> UsageError:
    """What to say of a word that calls nothing."""
    names = sorted(workspace.repository.named.keys() | workspace.entries.keys())
    if word in workspace.repository.named:
        return UsageError(f"no valid experiment '{word}'; `sameday check` shows what is wrong")
    close = nearest(word, names)
    hint = f"did you mean '{close}'?" if close else "`sameday check` shows all that there are"
    return UsageError(f"no valid experiment '{clean(word)}'; {hint}")


def no_file(workspace: Workspace, word: str) -> UsageError:
    """What to say of a word that is neither a file nor an experiment."""
    names = [name for name in workspace.repository.named if name]
    paths = [workspace.prefix + path for path in workspace.repository.records]
    close = nearest(word, [*names, *paths])
    hint = f"; did you mean '{close}'?" if close else ""
    return UsageError(f"{clean(word)}: no such file, folder or experiment{hint}")


def never_released(workspace: Workspace, word: str) -> UsageError:
    """What to say of a word that calls nothing in the ledger."""
    close = nearest(word, sorted(workspace.entries))
    hint = f"did you mean '{close}'?" if close else "`sameday status` shows what was"
    return UsageError(f"{clean(word)} was never released here; {hint}")
