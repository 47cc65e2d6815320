"""The flag client accepts the flag that serves the experiment, and the flag splits traffic as declared.

We compile the flag and check rules that flagd's own schema does not have: a misspelt key makes the Python client refuse
a whole file, and an unknown variant is an error for a share of the users. If the flag client is installed, it evaluates
the flag for 10,000 ids of users who meet the conditions: of those inside of the slots each arm must get its share
(chi-squared, p > 0.001; arms of which fewer than five ids are expected count together), and about as many ids as there
are slots, less those of a holdout, must be inside. How ids fall into a layer's slots is the layer's, so that much less
is held against the experiment: p > 0.000000001.

``form``
    The compiled flag breaks one of these rules. This is a fault of sameday, not of the file.
``refused``
    The flag client rejects the flag.
``split``
    An arm does not get the share that its weight declares: another `salt` gives another split. Or more or fewer ids
    get an arm than there are slots.
``small-arm``
    An arm has less than one percent of all ids, which is rarely meant.

**Passes**::

    name: job-reco-als-v4
    jobs: [{name: infer, command: python -m reco.infer}]
    serving:
      kind: ab
      arms: [{name: control, control: true, weight: 80, table: reco.v3}, {name: als, weight: 20, table: reco.v4}]
      period: {start: 2026-11-30, end: 2026-12-21}

**Fails**::

    name: job-reco-als-v4
    jobs: [{name: infer, command: python -m reco.infer}]
    serving:
      kind: ab
      arms:
        - {name: control, control: true, weight: 9999, table: reco.v3}
        - {name: als, weight: 1, table: reco.v4}  # <- flags.small-arm
      period: {start: 2026-11-30, end: 2026-12-21}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from statistics import NormalDist
from typing import Any

from bot.check import Context, Experiment, Level, Port, Problem, Unproven
from bot.compile import traffic
from bot.compile.contexts import belonging
from bot.compile.flags import INTERLEAVING, NONE, flag
from bot.compile.names import ANY_KEY
from bot.compile.shares import percent
from bot.errors import Refused
from bot.experiment.arms import Serving
from bot.experiment.traffic import SLOTS
from bot.ports import Flag
from bot.settings import Settings

ID = "flags"
RULES: Mapping[str, Level] = {"form": "error", "refused": "error", "small-arm": "warning", "split": "error"}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset()
WANTS: frozenset[Port] = frozenset({"evaluator"})

IDS = 10_000
CHANCE = 0.001  # how often we may mistake a correct split for a wrong one
CHANCE_OF_SLOTS = 1e-9  # the same of a layer's slots, which are no experiment's to choose: only a wrong flag is told
EXPECTED = 5  # of a cell; with fewer, chi-squared finds right splits wrong
SMALL = 0.01
KEYS = {"state", "variants", "defaultVariant", "targeting", "metadata"}


def check(experiment: Experiment, context: Context) -> Iterable[Problem | Unproven]:
    """The compiled flag by rules, then by the client."""
    serving = experiment.spec.serving
    if serving is None:
        return
    try:
        compiled = flag(experiment.spec, ANY_KEY, context.settings)
    except Refused as error:  # the check `traffic` says where
        yield Unproven(f"there is no flag: {error}")
        return
    for fault in form(compiled):
        yield Problem("form", ("serving",), fault, "please report this", "key")
    yield from _small(serving)
    if context.evaluator is None:
        yield Unproven("the flag client was not asked: the split was not tried")
        return
    user = belonging(serving)
    ids: list[dict[str, Any]] = [{"targetingKey": f"sameday-{i}", **user} for i in range(IDS)]
    try:
        context.evaluator.variants(experiment.name, compiled, ids[:1])
        undated = flag(experiment.spec, ANY_KEY, context.settings, dated=False)
        variants = context.evaluator.variants(experiment.name, undated, ids)
    except Refused as error:
        yield Problem("refused", ("serving",), str(error), "", "key")
        return
    yield from _split(serving, context.settings, variants)


def form(compiled: Flag) -> Iterator[str]:
    """Problems of the compiled flag, each as a message."""
    if set(compiled) != KEYS:
        yield f"the flag has the keys {', '.join(sorted(compiled))}"
    variants = compiled["variants"]
    if compiled["defaultVariant"] not in variants:
        yield "the default is not a variant"
    for name in named(compiled["targeting"]):
        if name not in variants:
            yield f"the targeting names '{name}', which is not a variant"
    for key, value in compiled["metadata"].items():
        if not isinstance(value, str | int | float | bool):
            yield f"the metadata {key} is neither text, number nor truth value"


def named(targeting: Any) -> set[str]:
    """Every variant that the targeting can give."""
    if isinstance(targeting, str):
        return {targeting}
    if not isinstance(targeting, dict):
        return set()
    if "if" in targeting:
        branches = targeting["if"]
        return set[str]().union(*map(named, (*branches[1::2], branches[-1])))
    if "fractional" in targeting:
        return {part[0] for part in targeting["fractional"][1:]}
    if "cat" in targeting:
        first, last = targeting["cat"]
        return {a + b for a in named(first) for b in named(last)}
    return set()


def _small(serving: Serving) -> Iterator[Problem]:
    """Arms that hardly anybody gets, for their weights or for all that the slots hold."""
    total, inside = sum(arm.weight for arm in serving.arms), (serving.slots.end - serving.slots.start) / SLOTS
    shares = {arm.name: arm.weight / total * inside for arm in serving.arms}
    for i, arm in enumerate(serving.arms):
        if arm.weight / total < SMALL:
            message = f"the arm '{arm.name}' gets {percent(shares[arm.name])} of all ids"
            yield Problem("small-arm", ("serving", "arms", i, "weight"), message, "weights are relative to each other")
    least = min(serving.arms, key=lambda arm: arm.weight, default=None)
    if least is not None and shares[least.name] < SMALL <= least.weight / total:
        message = f"the slots hold {percent(inside)} of all ids: '{least.name}' gets {percent(shares[least.name])}"
        yield Problem("small-arm", ("serving", "slots"), message, "a layer has 10,000 slots", "key")


def _split(serving: Serving, settings: Settings, variants: Iterable[str]) -> Iterator[Problem]:
    counts = Counter(variants)
    arms = {arm.name: arm.weight for arm in ([serving.arm] if serving.arm else serving.arms)} or {INTERLEAVING: 1}
    strange = set(counts) - arms.keys() - {NONE}
    if strange:
        yield Problem("split", ("serving",), f"ids get {', '.join(sorted(strange))}", "", "key")
    inside, share = IDS - counts[NONE], traffic.inside(serving, settings)
    if chance({"in": inside, "out": counts[NONE]}, {"in": share, "out": 1 - share}, IDS) < CHANCE_OF_SLOTS:
        message = f"of {IDS:,} ids {inside:,} get an arm, {share * IDS:,.0f} should"
        yield Problem("split", ("serving",), message, "please report this", "key")
    weights = {name: weight / sum(arms.values()) for name, weight in arms.items()}
    if chance(counts, weights, inside) < CHANCE:
        shares = ", ".join(f"{name} {counts[name]:,} of {weight * inside:,.0f}" for name, weight in weights.items())
        message = f"of {inside:,} ids inside: {shares}"
        yield Problem("split", ("serving",), message, "another `salt` gives another split", "key")


def chance(counts: Mapping[str, int], shares: Mapping[str, float], total: int) -> float:
    """The chance of counts at least this far off, if the shares hold (Wilson and Hilferty's approximation).

    Where that means little, cells count together.
    """
    if any(counts.get(name, 0) for name, share in shares.items() if share <= 0):
        return 0.0
    cells = _pooled([(counts.get(name, 0), share * total) for name, share in shares.items() if share > 0])
    freedom = len(cells) - 1
    if freedom < 1:
        return 1.0
    statistic = sum((count - expected) ** 2 / expected for count, expected in cells)
    z = ((statistic / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / (2 / (9 * freedom)) ** 0.5
    return NormalDist().cdf(-z)


def _pooled(cells: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Counts and what is expected; the smallest ones are put together until each has enough."""
    cells = sorted(cells, key=lambda cell: cell[1])
    while len(cells) > 1 and cells[0][1] < EXPECTED:
        (count, expected), (more, as_well), *rest = cells
        cells = sorted([(count + more, expected + as_well), *rest], key=lambda cell: cell[1])
    return cells
