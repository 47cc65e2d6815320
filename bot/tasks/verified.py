"""What verifying found, as it is handed on to the tasks that use it."""

from __future__ import annotations

from pydantic import Field, ValidationError

from bot.document.fields import Part
from bot.errors import Refused


class VerifiedContent(Part):
    """The rows of an output that were verified: the warehouse's word for them, and how many there are."""

    word: str = Field(min_length=1)
    rows: int = Field(ge=0)


class Verified(Part):
    """What a run's later tasks may use, by output; `said` is a sentence for each."""

    outputs: dict[str, VerifiedContent] = {}
    said: tuple[str, ...] = ()

    def of(self, name: str) -> VerifiedContent:
        """The rows of one output; raises Refused if they were not verified."""
        if name not in self.outputs:
            raise Refused(f"{name}: it was not verified")
        return self.outputs[name]

    def written(self) -> str:
        """It as one word, for a task in another process."""
        return self.model_dump_json(exclude={"said"}).encode().hex()

    @classmethod
    def parse(cls, word: str) -> Verified:
        """What another process wrote; raises Refused for anything else."""
        try:
            return cls.model_validate_json(bytes.fromhex(word))
        except (ValueError, ValidationError):
            raise Refused("what was verified cannot be read: run the task `verify` again") from None
