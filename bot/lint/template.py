"""Templates, and the objects they stand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.finding import Route
from bot.lint.manifest import Manifest, at
from bot.lint.values import Data, part, parts, text
from bot.lint.variables import Tagged, tagged

TYPES = (
    "container", "containerSet", "steps", "dag", "script", "resource", "data", "suspend", "http", "plugin",
)  # fmt: skip
PODS = frozenset({"container", "containerSet", "script", "resource", "data"})
LEAVES = PODS | {"http", "plugin"}


@dataclass(slots=True, eq=False)
class Template:
    """A template and where it stands; `base` holds the templates that it may call by name."""

    data: Data
    route: Route
    base: Base
    outer: Mapping[str, str] = field(default_factory=dict)
    """What is put in for variables of an inline template before its own inputs are: the values of its caller."""
    types: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.types = tuple(kind for kind in TYPES if self.data.get(kind) is not None)

    @property
    def manifest(self) -> Manifest:
        """The manifest it stands in."""
        return self.base.manifest

    @property
    def name(self) -> str:
        """Its name; an inline template has none."""
        return text(self.data, "name")

    @property
    def kind(self) -> str:
        """Its type, the first one if there are several; '' for none."""
        return self.types[0] if self.types else ""

    @property
    def leaf(self) -> bool:
        """Whether it does something itself."""
        return self.kind in LEAVES

    @property
    def shown(self) -> str:
        """What messages call it."""
        return f"the template '{self.name}'" if self.name else "the inline template"


@dataclass(slots=True, eq=False)
class Base:
    """A workflow or a template object: what has a spec with templates; `scope` tells it from the others."""

    manifest: Manifest
    spec: Data
    route: Route
    scope: str
    templates: dict[str, Template] = field(init=False)
    metadata: list[Tagged] = field(init=False)
    """The texts with variables of the pods' metadata, which every template with a name takes over."""

    def __post_init__(self) -> None:
        self.templates = {}
        for i, template in enumerate(parts(self.spec, "templates")):
            self.templates.setdefault(text(template, "name"), Template(template, at(self.route, "templates", i), self))
        metadata = part(self.spec, "podMetadata")
        self.metadata = tagged(self.manifest, metadata, at(self.route, "podMetadata")) if metadata else []

    def image(self, kind: str) -> bool:
        """Whether templates of this type have a default image; Argo gives none to a cluster's templates."""
        defaults = part(part(self.spec, "templateDefaults"), kind)
        return not self.scope.startswith("ClusterWorkflowTemplate/") and bool(text(defaults, "image"))


@dataclass(frozen=True, slots=True)
class References:
    """The templates that may be referred to, by name and namespace."""

    namespaced: dict[str, dict[str, Base]]
    cluster: dict[str, Base]

    def find(self, name: str, cluster: bool, namespace: str) -> Base | None:
        """The object of this name; a manifest without a namespace may end up in any."""
        if cluster:
            return self.cluster.get(name)
        found = self.namespaced.get(name, {})
        return found.get(namespace) or found.get("") or (None if namespace else next(iter(found.values()), None))


def references(manifests: Sequence[Manifest]) -> tuple[References, list[Manifest]]:
    """What the manifests give to others, and those whose name another one has."""
    found, twice = References({}, {}), list[Manifest]()
    for manifest in manifests:
        if manifest.kind not in ("ClusterWorkflowTemplate", "WorkflowTemplate"):
            continue
        cluster = manifest.kind == "ClusterWorkflowTemplate"
        base = Base(manifest, part(manifest.data, "spec"), ("spec",), f"{manifest.kind}/{manifest.name}")
        known, name = found.namespaced.setdefault(manifest.name, {}), manifest.namespace
        if cluster:
            known, name = found.cluster, manifest.name
        if known.setdefault(name, base) is not base:
            twice.append(manifest)
    return found, twice
