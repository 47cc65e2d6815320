"""The reference of a file's keys, made from the models that load it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.document.fields import NAME, WORD
from bot.document.fields import Part as Model

DURATION = "^[0-9]{1,9}(s|m|h|d)$"
PATTERNS = {DURATION: "duration", NAME: "name", WORD: "word"}
PERIOD = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")  # as pydantic writes a default duration
HEAD = "| key | type | default | meaning |\n|---|---|---|---|\n"
KIND = "`{}`: {}"


@dataclass
class Pages:
    """What one walk over a schema gathers: a section for each part, the first time that it is named."""

    definitions: dict[str, Any]
    sections: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def part(self, name: str, place: str) -> str:
        """The anchor of a part's section; the section is written where the part is met first."""
        if name not in self.places:
            self.places[name] = re.sub(r"[^a-z0-9_ -]", "", place.lower()).replace(" ", "-")
            at = len(self.sections)
            self.sections.append("")
            value = self.definitions[name]
            self.sections[at] = f"## {place}\n\n{one_line(value['description'])}\n\n{self.table(value, place)}"
        return self.places[name]

    def table(self, value: dict[str, Any], place: str = "") -> str:
        """The keys of a part, in the order of the model."""
        required = set(value.get("required", ()))
        rows = [self.row(key, one, place, required=key in required) for key, one in value["properties"].items()]
        return HEAD + "".join(rows)

    def row(self, key: str, value: dict[str, Any], place: str, *, required: bool) -> str:
        """One key."""
        words = " ".join(self.kind(value, f"{place}.{key}".lstrip(".")))
        default = "required" if required else shown(value)
        meaning = value.get("description") or self.meant(value)
        return f"| `{key}` | {words} | {default} | {cell(one_line(meaning))} |\n"

    def kind(self, value: dict[str, Any], place: str) -> Iterator[str]:
        """The words for a value's type."""
        if "anyOf" in value:
            inner = [one for one in value["anyOf"] if one.get("type") != "null"]
            yield " or ".join(" ".join(self.kind(one, place)) for one in inner)
        elif "oneOf" in value:
            names = [one["$ref"].rpartition("/")[2] for one in value["oneOf"]]
            yield " or ".join(self.link(name, f"{place} (kind {self.const(name)})", self.const(name)) for name in names)
        elif "$ref" in value:
            yield self.link(value["$ref"].rpartition("/")[2], place, "mapping")
        elif "const" in value:
            yield f"`{value['const']}`"
        elif "enum" in value:
            yield " or ".join(f"`{one}`" for one in value["enum"])
        elif value.get("type") == "array":
            yield "list of " + " ".join(self.kind(value["items"], f"{place}[]"))
        elif value.get("type") == "object":
            more: Any = value.get("additionalProperties") or next(iter(value.get("patternProperties", {}).values()), {})
            of = " ".join(self.kind(more, f"{place}.NAME")) if isinstance(more, dict) else "anything"
            yield f"mapping of names to {of}"
        else:
            yield PATTERNS.get(value.get("pattern", "")) or plain(value)

    def link(self, name: str, place: str, words: str) -> str:
        """A link to a part's section."""
        return f"[{words}](#{self.part(name, place)})"

    def const(self, name: str) -> str:
        """The `kind` of one part of a union."""
        return str(self.definitions[name]["properties"]["kind"]["const"])

    def meant(self, value: dict[str, Any]) -> str:
        """What a key without words of its own means: what its part is."""
        name = value.get("$ref", "").rpartition("/")[2]
        return str(self.definitions[name]["description"]) if name else "Which kind this is." if "const" in value else ""


def plain(value: dict[str, Any]) -> str:
    """A simple type, with its bounds."""
    if value.get("format") == "date":
        return "date"
    words = {"string": "text", "integer": "integer", "number": "number", "boolean": "true or false"}
    low, high = value.get("minimum"), value.get("maximum")
    bounds = f", {low} to {high}" if None not in (low, high) else f", {low} or more" if low is not None else ""
    return words.get(value.get("type", ""), "anything") + bounds


def shown(value: dict[str, Any]) -> str:
    """A default, as one writes it in the file."""
    default = value.get("default")
    if value.get("pattern") == DURATION and isinstance(default, str):
        return f"`{duration(default)}`"
    if default is None or default in ([], {}):
        return "–"
    if isinstance(default, list):
        return "`[" + ", ".join(map(str, default)) + "]`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def duration(text: str) -> str:
    """A duration in the file's words: `PT45M` is `45m`."""
    found = PERIOD.fullmatch(text)
    assert found is not None, text
    return "".join(f"{number}{unit}" for number, unit in zip(found.groups(), "dhms", strict=True) if number)


def cell(text: str) -> str:
    """Text that ends no cell, and begins no tag."""
    parts = text.replace("|", "&#124;").split("`")
    return "`".join(part if i % 2 else part.replace("<", "&lt;") for i, part in enumerate(parts))


def one_line(text: str) -> str:
    """Running words."""
    return " ".join(text.split())


def page(model: type[Model], title: str, intro: str) -> str:
    """A page with every key of a file."""
    schema = model.model_json_schema(by_alias=True)
    walk = Pages(schema.get("$defs", {}))
    top = walk.table(schema)
    return f"# {title}\n\n{intro}\n\n## The whole file\n\n{top}\n" + "\n".join(walk.sections)
