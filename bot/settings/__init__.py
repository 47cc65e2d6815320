"""The platform team's side, `sameday.yaml`: where experiments live, what runs them, what blocks."""

from bot.settings.accounts import NOBODYS, TOKEN
from bot.settings.load import FILE, Fault, Loaded, load, merge
from bot.settings.manifests import Manifests, Retry
from bot.settings.model import DEFAULT_REPO, EMBEDDED, STATE, UNKNOWN, GitHub, Language, Limits, Repo, Reports, Settings

__all__ = [
    "DEFAULT_REPO", "EMBEDDED", "FILE", "NOBODYS", "STATE", "TOKEN", "UNKNOWN", "Fault", "GitHub", "Language", "Limits",
    "Loaded", "Manifests", "Repo", "Reports", "Retry", "Settings", "load", "merge",
]  # fmt: skip
