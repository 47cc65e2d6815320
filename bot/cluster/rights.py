"""What an account needs to be allowed: each adapter lists what it asks for, beside the code that asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.cluster.kinds import KINDS

Rule = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Right:
    """To do `verb` to objects of a kind, or to what is `below` them; `use` says what for, after "to"."""

    verb: str
    kind: str
    use: str
    below: str = ""

    @property
    def group(self) -> str:
        """The API group, '' for Kubernetes' own objects."""
        return KINDS[self.kind].group

    @property
    def resource(self) -> str:
        """What a role calls it, such as `pods/log`."""
        return KINDS[self.kind].plural + (f"/{self.below}" if self.below else "")


def rules(rights: Iterable[Right]) -> list[Rule]:
    """The rules of a role that grants these and nothing else; resources with the same verbs share one."""
    verbs: dict[tuple[str, str], list[str]] = {}
    for right in rights:
        verbs.setdefault((right.group, right.resource), []).append(right.verb)
    merged: list[Rule] = []
    for (group, resource), allowed in verbs.items():
        same = next((rule for rule in merged if rule["apiGroups"] == [group] and rule["verbs"] == allowed), None)
        if same is None:
            merged.append({"apiGroups": [group], "resources": [resource], "verbs": allowed})
        else:
            same["resources"].append(resource)
    return merged
