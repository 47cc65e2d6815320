"""The local git repository, through the git command."""

from bot.git.commit import Commit
from bot.git.record import record
from bot.git.repository import Git
from bot.git.top import nearest, outermost

__all__ = ["Commit", "Git", "nearest", "outermost", "record"]
