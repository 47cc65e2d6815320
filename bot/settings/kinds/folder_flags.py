"""The flag set of one machine."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from bot.document.fields import Name
from bot.settings.kinds.backend import Needs, OnDisk


class FolderFlags(OnDisk):
    """A flagd file in a folder."""

    opener: ClassVar[str] = "bot.flags.folder:open_flags"
    needs: ClassVar[Needs | None] = None

    kind: Literal["folder"] = "folder"
    path: str = Field(".sameday/flags", description="The folder of the file, as in `.sameday/flags`.")
    set: Name = Field(
        "experiments", description="The flag set's name, as in `experiments`; the file is <set>.flagd.json."
    )
