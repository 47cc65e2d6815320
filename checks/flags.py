"""The flag client accepts the flag that serves the experiment, and the flag splits traffic as declared.

We compile the flag and check rules that flagd's own schema does not have: a misspelt key makes the Python client refuse
a whole file, and an unknown variant is an error for a share of the users. If the flag client is installed, it evaluates
the flag for 10,000 ids of users who meet the conditions: inside of the slots each arm must get its share (chi-squared,
p > 0.001), outside of them, and in a holdout, no id may get an arm.

``form``
    The compiled flag breaks one of these rules. This is a fault of sameday, not of the file.
``refused``
    The flag client rejects the flag.
``split``
    An arm does not get the share that its weight declares, or ids outside of the slots get an arm. Another `salt`
    gives another split.
``small-arm``
    An arm has less than one percent of the ids, which is rarely meant.

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
from bot.compile.flags import NONE, flag
from bot.errors import Refused
from bot.experiment.model import Serving
from bot.experiment.traffic import SLOTS
from bot.ports import Flag
from bot.settings import Settings
from bot.settings.traffic import HUNDREDTHS, hundredths

ID = "flags"
RULES: Mapping[str, Level] = {"form": "error", "refused": "error", "small-arm": "warning", "split": "error"}
REQUIRES: tuple[str, ...] = ("schema",)
NEEDS: frozenset[Port] = frozenset()
WANTS: frozenset[Port] = frozenset({"evaluator"})

ANY_KEY = "0" * 8  # in the place of a spec key: whose places a flag names changes nothing of its split
IDS = 10_000
CHANCE = 0.001  # how often we may mistake a correct split for a wrong one
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
    total = sum(arm.weight for arm in serving.arms)
    for i, arm in enumerate(serving.arms):
        if arm.weight / total < SMALL:
            message = f"the arm '{arm.name}' gets {arm.weight / total:.2%} of the traffic"
            yield Problem("small-arm", ("serving", "arms", i, "weight"), message, "weights are relative to each other")
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


def _split(serving: Serving, settings: Settings, variants: Iterable[str]) -> Iterator[Problem]:
    counts = Counter(variants)
    outside = counts.pop(NONE, 0)
    share = (serving.slots.end - serving.slots.start) / SLOTS
    for holdout in traffic.holdouts(serving, settings).values():
        share *= 1 - hundredths(holdout.share) / HUNDREDTHS
    arms = {arm.name: arm.weight for arm in ([serving.arm] if serving.arm else serving.arms)}
    weights = {name: weight / sum(arms.values()) * share for name, weight in arms.items()} | {NONE: 1 - share}
    counts[NONE] = outside
    strange = set(counts) - set(weights)
    if strange:
        yield Problem("split", ("serving",), f"ids get {', '.join(sorted(strange))}", "", "key")
    p = chance(counts, weights, IDS)
    if p < CHANCE:
        shares = ", ".join(f"{name} {counts[name]:,} of {weight * IDS:,.0f}" for name, weight in weights.items())
        yield Problem("split", ("serving",), f"of {IDS:,} ids: {shares}", "another `salt` gives another split", "key")


def chance(counts: Mapping[str, int], shares: Mapping[str, float], total: int) -> float:
    """The chance of counts at least this far off, if the shares hold (Wilson and Hilferty's approximation)."""
    expected = {name: share * total for name, share in shares.items() if share > 0}
    if any(counts.get(name, 0) for name, share in shares.items() if share <= 0):
        return 0.0
    freedom = len(expected) - 1
    if freedom < 1:
        return 1.0
    statistic = sum((counts.get(name, 0) - e) ** 2 / e for name, e in expected.items())
    z = ((statistic / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / (2 / (9 * freedom)) ** 0.5
    return 1 - NormalDist().cdf(z)
