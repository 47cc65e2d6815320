"""What each account is allowed in the cluster, from the tables of those who ask: the page, and the roles to apply."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.cluster.rights import Right, rules
from bot.engines.argo import rights as engine
from bot.flags import configmap as flags
from bot.ledgers import configmap as ledger

SHIPPED = Path(__file__).parents[2] / "examples" / "kubernetes.yaml"
LEDGER, FLAGS = "the ledger, if the cluster keeps it", "the flags, if the cluster keeps them"
ACCOUNTS: Mapping[str, Mapping[str, Sequence[Right]]] = {
    "sameday-check": {"": engine.CHECK, LEDGER: ledger.READING},
    "sameday-release": {"": engine.RELEASE, LEDGER: ledger.RIGHTS, FLAGS: flags.RIGHTS},
    "sameday-executor": {"": engine.EXECUTOR},
}
PAGE = """\
# Rights in the cluster

Made from the tables by which the code asks. [examples/kubernetes.yaml](https://github.com/sameday-bot/sameday/blob/main/examples/kubernetes.yaml)
grants each account what stands here in the namespace of the jobs, and nothing else; tests take each right away and see
what is lacking then. See [Kubernetes and Argo](../platform/kubernetes.md#accounts) for who they are.

Without a right, a command stops there with `the account '…' may not …: bind a role with that right to it`, which the
ledger notes; once the right is there, `sameday release --experiment NAME` goes on. A check says what it did not prove.
"""
WHOLE = """
## Of the whole cluster

`sameday-check` may look at these, too; it does without, and then proves less.

"""


def page() -> str:
    """Every right of every account, and what for."""
    return PAGE + "".join(map(_account, ACCOUNTS)) + WHOLE + _table(engine.LOOK)


def _account(name: str) -> str:
    parts = [(f"For {what}:\n\n" if what else "") + _table(rights) for what, rights in ACCOUNTS[name].items()]
    return f"\n## {name}\n\n" + "\n".join(parts)


def _table(rights: Sequence[Right]) -> str:
    rows = [f"| {one.verb} | {one.resource} | {_group(one.group)} | {one.use} |\n" for one in rights]
    return "| may | what | of the API group | to |\n|---|---|---|---|\n" + "".join(rows)


def _group(group: str) -> str:
    return group or '`""`'


def shipped() -> str:
    """The file that users apply, with the rules of its roles as they should be."""
    text = SHIPPED.read_text(encoding="utf-8")
    for name in ACCOUNTS:
        text, count = re.subn(
            rf"(kind: Role\nmetadata: {{name: {name},.*\nrules:\n)(?:  - .*\n)*", rf"\1{_rules(name)}", text
        )
        assert count == 1, name
    return text


def _rules(name: str) -> str:
    lines = []
    for what, rights in ACCOUNTS[name].items():
        for rule in rules(rights):
            spelled = ", ".join(
                f"{key}: [{', '.join(word or chr(34) * 2 for word in words)}]" for key, words in rule.items()
            )
            lines.append(f"  - {{{spelled}}}" + (f" # {what}" if what else ""))
    return "\n".join(lines) + "\n"
