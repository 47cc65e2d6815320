"""The file is what it claims to be: readable YAML with the keys, types and references that sameday knows.

It reports every fault of the file at once, each at its line. The other checks skip a file that fails here, since they
could not trust its values.

Scalars follow YAML 1.2: `on`, `no`, `012`, `12:30` and `1_000` are text. Values below `option` are always text. Aliases
and merge keys work; tags do not.

A mistake is one finding, at its cause: a key that is certainly a slip is read as what it means, and what follows from
it is not told again. Where nothing else can be meant, `check --fix` corrects it: quotes around `*/5 * * * *` and
`@acme/reco`, a full-width colon, `DOUBLE` for `FLOAT64`, `10min` for `10m`.

``syntax``
    The text is not YAML, not UTF-8, or more than one document. A character that looks like another, text that needs
    quotes, a line that is indented otherwise than its neighbours are named as what they are.
``empty``
    The file is empty.
``unreadable``
    The path is not a plain file of the repository: a folder, a link that leads out, a file without read permission.
``too-large``
    The file is larger than 1 MiB, nested deeper than 30 levels, or its aliases stand for more than 200,000 values.
``tag``
    A value has a tag such as `!!python/object` or `!env`; sameday reads plain values only.
``duplicate-key``
    A mapping has a key twice; YAML would silently take the last.
``unknown-key``
    A key means nothing here, most often because of a typing error.
``missing-key``
    A required key is missing.
``wrong-type``
    A value has another type than the key takes, such as a number instead of text.
``wrong-value``
    A value has the right type, but is not among the allowed ones, or is out of bounds.
``name``
    Kubernetes, BigQuery or a store would reject a name. Names are refused, never changed.
``duplicate-name``
    Two experiments of the repository have the same name.
``unknown-reference``
    The file refers to a job, column or output that it does not declare.
``conflict``
    Two values exclude each other, such as `command` and `commands`. So do `renamed_from` and an experiment that still
    has that name, and two heirs of one name.
``not-ignorable``
    `ignore` names a rule that the settings do not list as ignorable.

**Passes**::

    name: job-reco-als-v4
    jobs:
      - {name: extract, command: python -m reco.extract}

**Fails**::

    name: job-reco-als-v4
    jobs:
      - {name: extract, comand: python -m reco.extract}  # <- schema.unknown-key
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

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
    """The loader's problems, and those that only the whole repository and the settings show."""
    yield from experiment.problems
    others = [path for path in context.repository.named.get(experiment.name, ()) if path != experiment.path]
    if experiment.name and others:
        message = f"the name '{experiment.name}' is taken by {others[0]}"
        yield Problem("duplicate-name", ("name",), message, "names are chosen once, for good")
    yield from _renamed(experiment, context)
    for rule in experiment.parsed.ignore if experiment.parsed else ():
        if rule not in context.settings.ignorable:
            message = f"the rule '{rule}' may not be ignored in a file"
            yield Problem("not-ignorable", ("ignore", rule), message, "the settings' `ignorable` says which may", "key")


def _renamed(experiment: Experiment, context: Context) -> Iterator[Problem]:
    """Problems of `renamed_from`: one experiment moves to one name."""
    before = experiment.parsed.renamed_from if experiment.parsed else None
    if before is None or before == experiment.name:
        return
    if still := context.repository.named.get(before):
        message = f"the experiment '{before}' is still there, in {still[0]}"
        yield Problem("conflict", ("renamed_from",), message, "remove that file, or `renamed_from` here")
    for name in context.repository.heirs.get(before, ()):
        if context.repository.by_name[name].path != experiment.path:
            message = f"{name} is renamed from '{before}', too"
            yield Problem("conflict", ("renamed_from",), message, "an experiment has one new name")
            return
