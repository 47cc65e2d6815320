"""The manual of a check is its docstring; this takes it apart for `explain` and for `docs/reference/rules.md`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import dedent, fill

from bot.check import Check

RULE = re.compile(r"^``([a-z-]+)``\n((?:    .*\n?)+)", re.MULTILINE)
EXAMPLE = re.compile(r"^\*\*(Passes|Fails)\*\*::\n\n((?:    .*\n?|\n)+)", re.MULTILINE)
WIDTH = 80  # columns of a terminal
HEAD = """\
# Rules

Every check with its rules. Made from the checks' own docstrings; `sameday explain RULE` prints the same.

The settings name rules in `rules` (another level) and `ignorable`; a file names them in `ignore`, each with a reason.
"""


def manual(check: Check) -> str:
    """The whole manual, as written."""
    return (check.__doc__ or "").strip() + "\n"


def title(check: Check) -> str:
    """What the check proves, in one sentence."""
    return " ".join(manual(check).split("\n\n")[0].split())


def rules(check: Check) -> Mapping[str, str]:
    """What each rule means, in running words."""
    return {name: " ".join(text.split()) for name, text in RULE.findall(manual(check))}


def examples(check: Check) -> Mapping[str, str]:
    """The experiment files that the manual shows, by `Passes` and `Fails`."""
    return {name: dedent(text).strip() + "\n" for name, text in EXAMPLE.findall(manual(check))}


def explained(check: Check, rule: str) -> str:
    """One rule's part of the manual."""
    more = f"{fill(title(check), WIDTH)}\n`sameday explain {check.ID}` shows the whole manual.\n"
    text = rules(check).get(rule, "Its manual says no more.")
    return f"{check.ID}.{rule} ({check.RULES[rule]})\n\n{fill(text, WIDTH)}\n\n{more}"


def markdown(checks: Mapping[str, Check]) -> str:
    """The reference: every check with its rules and examples."""
    return HEAD + "".join(f"\n{_section(check)}" for check in checks.values())


def _section(check: Check) -> str:
    needs = ", ".join(sorted(check.NEEDS)) or "nothing"
    wants = ", ".join(sorted(check.WANTS))
    facts = [f"Needs: {needs}."]
    facts += [f"With {wants} it proves more."] if wants else []
    facts += [f"Runs after {', '.join(f'`{name}`' for name in check.REQUIRES)}."] if check.REQUIRES else []
    body = manual(check).split("\n\n", 1)[1]
    prose = EXAMPLE.sub("", RULE.sub("", body)).strip()
    lines = [f"## `{check.ID}`", "", title(check), ""]
    lines += [prose, ""] if prose else []
    lines += [" ".join(facts), "", "| rule | level | what it finds |", "|---|---|---|"]
    meanings = rules(check)
    lines += [
        f"| `{check.ID}.{rule}` | {level} | {meanings[rule].replace('|', '&#124;')} |"
        for rule, level in check.RULES.items()
    ]
    for name, text in examples(check).items():
        lines += ["", f"{name}:", "", "```yaml", text.rstrip(), "```"]
    return "\n".join(lines) + "\n"
