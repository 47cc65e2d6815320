"""Manifests with something changed that might matter: a key gone or misspelt, a value that belongs elsewhere."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

Place = tuple[Any, Any]

VALUES: tuple[Any, ...] = (
    None, "", "x", "1", 3, -1, 0, True, "main", "job", "extract", "infer", "a_b", "1st", "a.b", "-a", "10",
    "30s", "/tmp",
    "{{workflow.name}}", "{{workflow.nome}}", "{{workflow.parameters.date}}", "{{workflow.parameters.dat}}",
    "{{item}}",
    "{{item.a}}", "{{ inputs.parameters.p }}", "{{inputs.parameters.q}}", "{{inputs.artifacts.a.path}}",
    "{{outputs.parameters.o.path}}", "{{tasks.extract.outputs.result}}", "{{tasks.extract.outputs.parameters.o}}",
    "{{tasks.infer.status}}", "{{tasks.extract.status}}", "{{steps.extract.outputs.result}}",
    "{{steps.infer.status}}",
    "{{steps.extract.outputs.artifacts.a}}", "{{pod.name}}", "{{retries}}", "{{=item.a}}", "{{workflow.status}}",
    "{{workflow.failures}}", "{{workflow.outputs.parameters.g}}", "{{workflow.labels.team}}", "{{inputs.parameters}}",
    "{{workflow.labels.taem}}", "{{inputs.parameters.{{inputs.parameters.p}}}}", "extract.Succeeded && infer",
    "extract.AnySucceeded", "extract.Sucess", "create", "Always", "* * * * *", "*/5 4 1,2 JAN-MAR MON",
    "@every 5m", "0 0 * * 7",
    [], {}, ["a"], [{"name": "p", "value": "x"}], {"a": "b"}, {"name": "a"}, [1, 2], [{"a": 1}], "500m", "2 GB",
)  # fmt: skip
"""What takes the place of a value."""
KEYS: tuple[tuple[str, Any], ...] = (
    ("depends", "extract"), ("dependencies", ["extract"]), ("withItems", ["a", "b"]), ("withItems", [{"a": 1}]),
    ("withParam", "[1]"), ("withSequence", {"count": "2"}), ("when", "{{inputs.parameters.p}} == a"),
    ("parallelism", 2),
    ("activeDeadlineSeconds", 60), ("timeout", "60"), ("timeout", "60s"), ("retryStrategy", {"limit": 2}),
    ("onExit", "job"),
    ("hooks", {"exit": {"template": "job"}}), ("hooks", {"a": {"template": "job"}}), ("continueOn", {"failed": True}),
    ("container", {"image": "x"}), ("script", {"source": "x"}), ("suspend", {}),
    ("templateRef", {"name": "a", "template": "b"}),
    ("inline", {"container": {"image": "x", "args": ["{{inputs.parameters.p}}"]}}), ("daemon", True), ("unheard", 1),
    ("metrics", {"prometheus": [{"name": "a", "help": "b", "counter": {"value": "1"}}]}), ("target", "extract infer"),
    ("outputs", {"parameters": [{"name": "o", "valueFrom": {"path": "/o"}, "globalName": "g"}]}), ("default", "x"),
    ("outputs", {"parameters": [{"name": "o", "valueFrom": {"parameter": "{{tasks.extract.outputs.result}}"}}]}),
    ("inputs", {"artifacts": [{"name": "a", "path": "/a"}]}), ("inputs", {"parameters": [{"name": "p"}]}),
    ("arguments", {"parameters": [{"name": "p", "value": "{{tasks.extract.outputs.result}}"}]}), ("priority", 3),
    ("arguments", {"artifacts": [{"name": "a", "raw": {"data": "x"}}]}), ("enum", ["x", "y"]),
    ("podGC", {"strategy": "x"}),
    ("volumeMounts", [{"name": "v", "mountPath": "/a"}, {"name": "w", "mountPath": "/a"}]), ("templateDefaults", {}),
    ("podMetadata", {"labels": {"a": "{{workflow.nome}}"}}), ("podMetadata", {"labels": {"a": "{{pod.name}}"}}),
)  # fmt: skip
"""What is put in beside what is there."""


def places(value: Any) -> Iterator[Place]:
    """Every key and position below a value, with the collection that it is of."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


def mutated(manifest: Any, chance: random.Random, times: int = 1) -> Any:
    """A copy with some changes at random places below `spec`."""
    found = copy.deepcopy(manifest)
    for _ in range(times):
        possible = [place for place in places(found) if place[1] not in ("apiVersion", "kind")]
        if possible:
            _mutate(*chance.choice(possible), chance)
    return found


def _mutate(whole: Any, key: Any, chance: random.Random) -> None:
    change = chance.randrange(8)
    if change == 0:
        del whole[key]
    elif change <= 3:
        whole[key] = copy.deepcopy(chance.choice(VALUES))
    elif change == 4 and isinstance(whole, dict) and len(key) > 1:
        whole[key[:-1]] = whole.pop(key)
    elif change == 5 and isinstance(whole, list):
        whole.insert(chance.randrange(len(whole) + 1), copy.deepcopy(whole[key]))
    else:
        target = whole[key] if isinstance(whole[key], dict) else whole
        if isinstance(target, dict):
            name, value = chance.choice(KEYS)
            target[name] = copy.deepcopy(value)
        else:
            whole.reverse()
