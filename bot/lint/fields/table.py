"""The fields of Argo's objects, read from the source of hera's models, since importing these takes long."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from bot.lint.fields.versions import CHANGES, FieldChange

FieldKind = Literal[
    "any", "bool", "int", "list", "map", "model", "number", "or-text", "quantity", "scalar", "steps", "text",
]  # fmt: skip
ARGO = "argoproj/workflow/v1alpha1.py"
PLAIN: Mapping[str, FieldKind] = {
    "str": "text", "Base64Str": "text", "AwareDatetime": "text", "Time": "text", "MicroTime": "text", "bool": "bool",
    "int": "int", "float": "number", "Any": "any", "Item": "any", "Amount": "any", "FieldsV1": "any",
    "Quantity": "quantity", "IntOrString": "or-text", "ParallelSteps": "steps", "Plugin": "map",
}  # fmt: skip
WIDER: Mapping[tuple[str, str], FieldKind] = {
    **{("Parameter", key): "scalar" for key in ("value", "default", "enum", "description")},
    ("ValueFrom", "default"): "scalar",
    ("HTTPGetAction", "port"): "or-text",
}
"""Where Argo accepts more than hera's models: numbers and booleans for text, a port's name for its number."""


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a field; `of` is the type of its elements, `model` the file and name of a model."""

    kind: FieldKind
    of: Type | None = None
    model: tuple[str, str] = ("", "")


ANY = Type("any")


@dataclass(frozen=True, slots=True)
class Field:
    """A field's type, and the change that brought or removed it."""

    type: Type
    change: FieldChange | None = None


@dataclass(slots=True)
class Fields:
    """Every model's fields, each read when it is first needed."""

    root: Path
    _classes: dict[str, dict[str, ast.ClassDef]] = field(default_factory=dict)
    _imports: dict[str, dict[str, str]] = field(default_factory=dict)
    _models: dict[tuple[str, str], Mapping[str, Field]] = field(default_factory=dict)

    def of(self, model: tuple[str, str]) -> Mapping[str, Field]:
        """The fields of a model, given by its file and its name."""
        if model not in self._models:
            self._models[model] = self._read(*model)
        return self._models[model]

    def _read(self, file: str, name: str) -> dict[str, Field]:
        self._load(file)
        fields: dict[str, Field] = {}
        for base in self._classes[file][name].bases:
            if isinstance(base, ast.Name) and base.id in self._classes[file]:
                fields.update(self.of((file, base.id)))
        for line in self._classes[file][name].body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                key, annotation = _declared(line.target.id, line.annotation)
                kind = self._type(file, annotation)
                fields[key] = Field(Type(WIDER[name, key]) if (name, key) in WIDER else kind)
        for change in CHANGES:
            if change.model == name:
                written = ast.parse(change.type, mode="eval").body
                kind = fields[change.key].type if change.key in fields else self._type(file, written)
                fields[change.key] = Field(kind, change)
        return fields

    def _load(self, file: str) -> None:
        if file in self._classes:
            return
        tree = ast.parse((self.root / file).read_text(encoding="utf-8"))
        self._classes[file] = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        self._imports[file] = {}
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.level and node.module:
                folder = Path(file).parents[node.level - 1].joinpath(*node.module.split("."))
                for alias in node.names:
                    self._imports[file][alias.asname or alias.name] = (folder / f"{alias.name}.py").as_posix()

    def _type(self, file: str, node: ast.expr) -> Type:
        if isinstance(node, ast.BinOp):  # X | None, str | int
            ends = [self._type(file, end) for end in (node.left, node.right)]
            return Type("or-text") if {end.kind for end in ends} == {"int", "text"} else ends[0]
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            inner = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
            if node.value.id in ("list", "dict"):
                return Type("list" if node.value.id == "list" else "map", self._type(file, inner))
            return self._type(file, node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return self._named(self._imports[file][node.value.id], node.attr)
        return self._named(file, node.id) if isinstance(node, ast.Name) else ANY

    def _named(self, file: str, name: str) -> Type:
        if name in PLAIN:
            return Type(PLAIN[name])
        self._load(file)
        model = self._classes[file].get(name)
        if model is None:
            return ANY
        if any(isinstance(base, ast.Name) and base.id == "Enum" for base in model.bases):
            return Type("text")
        return Type("model", model=(file, name))


def _declared(name: str, annotation: ast.expr) -> tuple[str, ast.expr]:
    """The key in the manifest and the type of a field, without hera's annotations."""
    if not (isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple)):
        return name, annotation
    if not (isinstance(annotation.value, ast.Name) and annotation.value.id == "Annotated"):
        return name, annotation
    kind, *more = annotation.slice.elts
    for call in more:
        for word in call.keywords if isinstance(call, ast.Call) else ():
            if word.arg == "alias" and isinstance(word.value, ast.Constant):
                name = str(word.value.value)
    return name, kind


def fields() -> Fields | None:
    """The fields, or None if hera is not installed."""
    hera = find_spec("hera")
    for folder in (hera.submodule_search_locations or ()) if hera else ():
        root = Path(folder) / "workflows" / "models" / "io"
        if (root / ARGO).is_file():
            return Fields(root)
    return None
