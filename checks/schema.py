"""The file is what it claims to be: readable YAML with the keys, types and references that sameday knows.

Every fault of the file is reported at once, each at its line. A file that fails here is not looked at by the other
checks, since nothing sure can be said of it.

Scalars are read as YAML 1.2 reads them: `on`, `no`, `012`, `12:30` and `1_000` are text. Values below `option` are
always text. Aliases and merge keys work; tags do not.

``syntax``
    The text cannot be read as YAML, or as one document of UTF-8 text.
``empty``
    There is nothing in the file.
``unreadable``
    The path is no plain file of the repository: a folder, a link that leads out, a file without read permission.
``too-large``
    The file is larger than 1 MiB, nested deeper than 30 levels, or its aliases stand for more than 200,000 values.
``tag``
    A value has a tag such as `!!python/object` or `!env`; sameday reads plain values only.
``duplicate-key``
    A key stands twice in one mapping; YAML would silently take the last.
``unknown-key``
    A key that means nothing there, most often a typing error.
``missing-key``
    A key that must be there is not.
``wrong-type``
    A value of another kind than the key takes, such as a number for a text.
``wrong-value``
    A value of the right kind that is not among the allowed ones, or out of bounds.
``name``
    A name that Kubernetes, BigQuery or a store would not take. Names are refused, never changed.
``duplicate-name``
    Two experiments of the repository have one name.
``unknown-reference``
    A job, column or output is named that the file does not declare.
``conflict``
    Two values that cannot both hold, such as `command` and `commands`.
``not-ignorable``
    `ignore` names a rule that the settings do not list as ignorable.

**Passes**::

    name: job-reco-als-v4
    jobs:
      - {name: extract, command: python -m reco.extract}

**Fails**::

    name: job-reco-als-v4
    jobs:
      - {name: extract, comand: python -m reco.extract}  # <- schema.unknown-key # <- schema.missing-key
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.check import Context, Experiment, Level, Port, Problem

ID = "schema"
RULES: Mapping[str, Level] = {
    "conflict": "error",
    "duplicate-key": "error",
    "duplicate-name": "error",
    "empty": "error",
    "missing-key": "error",
    "name": "error",
    "not-ignorable": "error",
    "syntax": "error",
    "tag": "error",
    "too-large": "error",
    "unknown-key": "error",
    "unknown-reference": "error",
    "unreadable": "error",
    "wrong-type": "error",
    "wrong-value": "error",
}
REQUIRES: tuple[str, ...] = ()
NEEDS: frozenset[Port] = frozenset()
WANTS: frozenset[Port] = frozenset()


def check(experiment: Experiment, context: Context) -> Iterable[Problem]:
    """The loader's problems, and what the file's place among the others adds."""
    yield from experiment.problems
    claims = context.repository.named.get(experiment.name, ())
    others = [other.path for other in claims if other.path != experiment.path]
    if experiment.name and others:
        message = f"the name '{experiment.name}' is taken by {others[0]}"
        yield Problem("duplicate-name", ("name",), message, "names are chosen once, for good")
    for rule in experiment.parsed.ignore if experiment.parsed else ():
        if rule not in context.settings.ignorable:
            message = f"the rule '{rule}' may not be ignored in a file"
            yield Problem("not-ignorable", ("ignore", rule), message, "the settings' `ignorable` says which may", "key")
