"""Which layer and holdouts of the settings an experiment has part in."""

from __future__ import annotations

from collections.abc import Mapping

from bot.compile.names import digest_of
from bot.document.share import HUNDREDTHS, hundredths
from bot.errors import Refused
from bot.experiment.arms import Serving
from bot.experiment.model import Spec
from bot.experiment.traffic import SLOTS
from bot.settings import Settings
from bot.settings.traffic import DEFAULT_LAYER, Holdout, layers_of, meet


def layer(serving: Serving, settings: Settings) -> str:
    """The layer that the file names, else that of its surfaces; raises Refused where they are of several."""
    if serving.layer is not None:
        return serving.layer
    found = layers_of(serving.surface_names, settings.layers)
    if len(found) > 1:
        raise Refused(f"the surfaces are of the layers {' and '.join(found)}: name the `layer`")
    return found[0] if found else DEFAULT_LAYER


def layer_salt(name: str, settings: Settings) -> str:
    """The seed of the layer's slots, beside its name."""
    return settings.layers[name].salt if name in settings.layers else ""


def holdouts(serving: Serving, settings: Settings) -> Mapping[str, Holdout]:
    """The holdouts whose users it does not reach, by name."""
    return {name: one for name, one in settings.holdouts.items() if meet(one.surfaces, serving.surface_names)}


def inside(serving: Serving, settings: Settings) -> float:
    """The share of all ids that its slots and holdouts let in, from 0 to 1."""
    share = (serving.slots.end - serving.slots.start) / SLOTS
    for holdout in holdouts(serving, settings).values():
        share *= 1 - hundredths(holdout.share) / HUNDREDTHS
    return share


def salt_digest(salt: str) -> str:
    """What the ledger keeps of a salt, to know it again."""
    return digest_of(salt, 16)


def salt(spec: Spec) -> str:
    """The seed of the split between arms; an heir keeps that of the name it had."""
    serving = spec.serving
    if serving is None:
        raise Refused(f"{spec.name} serves nothing")
    return salt_of(spec.name, spec.renamed_from, serving)


def salt_of(name: str, renamed_from: str | None, serving: Serving) -> str:
    """The same of the experiment with this name."""
    return serving.salt or f"{renamed_from or name}:{serving.phase}"
