"""Which checks there are: the built-in ones, and third-party ones that the settings name."""

from __future__ import annotations

from collections.abc import Mapping, Set
from graphlib import CycleError, TopologicalSorter
from typing import Any, get_args

from bot.check import Check, Level, Port
from bot.document.faults import shown
from bot.document.nearest import nearest
from bot.errors import UsageError
from bot.settings import Settings


def checks(settings: Settings) -> Mapping[str, Check]:
    """The built-in checks, and the third-party ones that the settings name."""
    from checks import CHECKS

    if not settings.plugins:
        return CHECKS
    from importlib.metadata import entry_points

    by_id = dict(CHECKS)
    available = {point.name: point for point in entry_points(group="sameday.checks")}
    for name in settings.plugins:
        if name in CHECKS:
            raise UsageError(f"the plugin '{name}' has the name of a built-in check")
        if name not in available:
            raise UsageError(f"the settings name the plugin '{name}', but no installed package provides it")
        try:
            module = available[name].load()
        except (Exception, SystemExit) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise UsageError(f"the plugin '{name}' cannot be imported: {reason}") from None
        fault = _unfit(module, name)
        if fault:
            raise UsageError(f"the plugin '{name}' {fault}")
        by_id[name] = module
    _refuse_unknown_requirements(by_id)
    return by_id


def _unfit(module: Any, name: str) -> str:
    """Why a third-party module is no check, or ''."""
    lacking = [word for word in ("ID", "RULES", "REQUIRES", "NEEDS", "WANTS", "check") if not hasattr(module, word)]
    if lacking:
        return f"lacks {', '.join(lacking)}"
    if name != module.ID:
        return f"calls itself '{module.ID}'; both must be the same"
    if not isinstance(module.RULES, Mapping) or not set(module.RULES.values()) <= set(get_args(Level)):
        return f"must have RULES that map names to {', '.join(get_args(Level))}"
    if not all(isinstance(ports, Set) and ports <= set(get_args(Port)) for ports in (module.NEEDS, module.WANTS)):
        return f"must have NEEDS and WANTS that are sets of {', '.join(get_args(Port))}"
    return ""


def _refuse_unknown_requirements(by_id: Mapping[str, Check]) -> None:
    for name, check in by_id.items():
        for required in check.REQUIRES:
            if required not in by_id:
                raise UsageError(f"the plugin '{name}' requires the check '{required}', which is not there")
    try:
        TopologicalSorter({name: check.REQUIRES for name, check in by_id.items()}).prepare()
    except CycleError as error:
        raise UsageError(f"plugins require each other: {' -> '.join(error.args[1])}") from None


STRICT = ("traffic.running-test", "traffic.treatment")
"""Rules that no file may ignore: a running test is changed by its next phase, or with a reason that holds once."""


def check_rules(settings: Settings, by_id: Mapping[str, Check]) -> None:
    """Refuse settings that speak of rules or checks that do not exist."""
    rules = {f"{check.ID}.{rule}" for check in by_id.values() for rule in check.RULES}
    for name in settings.ignorable:
        if name in STRICT:
            raise UsageError(f"the settings' `ignorable` name '{name}', which no file may ignore")
    for kind, names, declared in (
        ("rules", settings.rules, rules),
        ("ignorable", settings.ignorable, rules),
        ("unreachable", settings.unreachable, set(by_id)),
    ):
        for name in names:
            if name not in declared:
                close = nearest(name, declared)
                hint = f"did you mean '{close}'?" if close else "`sameday explain CHECK` shows a check's rules"
                raise UsageError(f"the settings' `{kind}` name {shown(name)}, which is not known; {hint}")
