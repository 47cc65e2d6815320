"""Templates, and the objects that hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.finding import Route
from bot.lint.text.manifest import Manifest, Tagged, tagged
from bot.lint.text.values import Data, at, part, parts, text

TYPES = (
    "container", "containerSet", "steps", "dag", "script", "resource", "data", "suspend", "http", "plugin",
)  # fmt: skip
PODS = frozenset({"container", "containerSet", "script", "resource", "data"})
WORK = PODS | {"http", "plugin"}


@dataclass(slots=True, eq=False)
class Template:
    """A template and its route in its manifest; `base` holds the templates that it may call by name."""

    data: Data
    route: Route
    base: Base
    outer: Mapping[str, str] = field(default_factory=dict)
    """The caller's values of an inline template: they are put in before its own inputs are."""
    types: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.types = tuple(kind for kind in TYPES if self.data.get(kind) is not None)

    @property
    def manifest(self) -> Manifest:
        """The manifest that it is in."""
        return self.base.manifest

    @property
    def name(self) -> str:
        """Its name; '' for an inline template."""
        return text(self.data, "name")

    @property
    def kind(self) -> str:
        """Its type, the first one if there are several; '' without one."""
        return self.types[0] if self.types else ""

    @property
    def works(self) -> bool:
        """Whether it runs work, and does not only call others or wait."""
        return self.kind in WORK

    @property
    def shown(self) -> str:
        """Its name in messages."""
        return f"the template '{self.name}'" if self.name else "the inline template"


@dataclass(slots=True, eq=False)
class Base:
    """A workflow or a template object, whose spec has templates; `scope` identifies it among the others."""

    manifest: Manifest
    spec: Data
    route: Route
    scope: str
    templates: dict[str, Template] = field(init=False)
    metadata: list[Tagged] = field(init=False)
    """The texts with variables in the pods' metadata, which every template with a name inherits."""

    def __post_init__(self) -> None:
        self.templates = {}
        for i, template in enumerate(parts(self.spec, "templates")):
            self.templates.setdefault(text(template, "name"), Template(template, at(self.route, "templates", i), self))
        metadata = part(self.spec, "podMetadata")
        self.metadata = tagged(self.manifest, metadata, at(self.route, "podMetadata")) if metadata else []

    def image(self, kind: str) -> bool:
        """Whether templates of this type have a default image; Argo ignores it in a ClusterWorkflowTemplate."""
        defaults = part(part(self.spec, "templateDefaults"), kind)
        return not self.scope.startswith("ClusterWorkflowTemplate/") and bool(text(defaults, "image"))


@dataclass(frozen=True, slots=True)
class References:
    """The objects that a `templateRef` may name: by name and namespace, or by name in the whole cluster."""

    namespaced: dict[str, dict[str, Base]]
    cluster: dict[str, Base]

    def find(self, name: str, namespace: str, *, cluster: bool) -> Base | None:
        """The object of this name; a manifest without a namespace may be applied to any."""
        if cluster:
            return self.cluster.get(name)
        bases = self.namespaced.get(name, {})
        return bases.get(namespace) or bases.get("") or (None if namespace else next(iter(bases.values()), None))


def references(manifests: Sequence[Manifest]) -> tuple[References, list[Manifest]]:
    """The objects of the manifests that others may refer to, and the manifests whose name an earlier one has."""
    objects, twice = References({}, {}), list[Manifest]()
    for manifest in manifests:
        if manifest.kind not in ("ClusterWorkflowTemplate", "WorkflowTemplate"):
            continue
        cluster = manifest.kind == "ClusterWorkflowTemplate"
        base = Base(manifest, part(manifest.data, "spec"), ("spec",), f"{manifest.kind}/{manifest.name}")
        same, key = objects.namespaced.setdefault(manifest.name, {}), manifest.namespace
        if cluster:
            same, key = objects.cluster, manifest.name
        if same.setdefault(key, base) is not base:
            twice.append(manifest)
    return objects, twice
