"""What a test is read by."""

from __future__ import annotations

from pydantic import Field

from bot.document.fields import Part, Tuple, Word
from bot.document.share import Share
from bot.finding import Route


class Metrics(Part):
    """Metrics of the settings by which the test is read."""

    primary: Word = Field(description="The one that decides, as in `applications`; `sameday measure` measures it.")
    guardrails: Tuple[Word] = Field((), description="Those that must not get worse, as in `[unsubscribes]`.")
    effect: Share = Field(
        "2%",
        description="The smallest change of `primary`, relative to the control, that the test is to find, as in 1.5%. "
        "The check tells of a test that gets too few users for it.",
    )

    @property
    def named(self) -> tuple[tuple[str, Route], ...]:
        """The name of every metric, and where it stands in the file."""
        guardrails = ((name, ("serving", "metrics", "guardrails", i)) for i, name in enumerate(self.guardrails))
        return ((self.primary, ("serving", "metrics", "primary")), *guardrails)
