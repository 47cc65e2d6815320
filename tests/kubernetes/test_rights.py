"""Each right that a check, the ledger and the flags ask for: with all of them it goes, without one of them it is said.

The engine's rights to release are taken away in tests/release/argo, where Argo is at work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import pytest

from bot.cluster import Cluster, Rejected
from bot.cluster.rights import Right
from bot.flags import configmap as flags
from bot.ledgers import configmap as ledger
from bot.ports import Flag
from bot.settings.kinds import ConfigMapFlags
from tests.conftest import Repo, sameday
from tests.docs.rights import ACCOUNTS
from tests.kubernetes.conftest import Space
from tests.kubernetes.test_check import IMAGE, bench
from tests.report.values import entries, item

pytestmark = pytest.mark.slow

SETTINGS = f"""\
engine: {{kind: argo}}
ledger: {{kind: configmap}}
manifests: {{image: {IMAGE}, namespace: NAMESPACE}}
repos: {{default: {{image: {IMAGE}}}}}
"""
CHECKS = [one for rights in ACCOUNTS["sameday-check"].values() for one in rights]
UNPROVEN = {
    "pods": "what quotas and admission say of the pods: these credentials may not create Pods",
    "serviceaccounts": "whether the service account 'default' is there: these credentials may not look",
    "localsubjectaccessreviews": "what the service account 'sameday-executor' may do: these credentials may not ask",
}  # what a check does without, and says so


def without(rights: Sequence[Right], gone: Right) -> list[Right]:
    """The rights but for this one, whatever it is for."""
    return [one for one in rights if (one.verb, one.resource) != (gone.verb, gone.resource)]


def named(right: Right) -> str:
    """How a message names a right that is lacking."""
    return f"the account 'reader' may not {right.verb} {right.resource}"


def each(rights: Sequence[Right]) -> pytest.MarkDecorator:
    """A test for every right."""
    by_name = {f"{one.verb} {one.resource}": one for one in rights}
    return pytest.mark.parametrize("gone", by_name.values(), ids=list(by_name))


def checked(repo: Repo, space: Space, rights: Sequence[Right]) -> tuple[int, str]:
    """How a check of a new experiment ends, or the plan of its merge if the check passes, and all that both say."""
    space.server.executor(space.name)
    space.server.grant(space.name, "reader", *rights)
    asked = bench(repo, space.server, space.name, space.server.kubeconfig("reader"))
    repo.write("sameday.yaml", SETTINGS.replace("NAMESPACE", space.name))
    repo.commit()
    repo.git("checkout", "-q", "-b", "mine")
    repo.write("experiments/other.yaml", "name: other\nschedule: {cron: '0 4 * * *'}\njobs: [{name: a, command: x}]\n")
    repo.commit()
    said = asked.check("--base", "main")
    planned = sameday("plan", "--base", "main", cwd=repo.root, env={"KUBECONFIG": asked.kubeconfig})
    return said.code or planned.code, said.out + said.err + planned.out + planned.err


def test_a_check_with_all_its_rights(repo: Repo, space: Space) -> None:
    code, said = checked(repo, space, CHECKS)
    assert code == 0, said
    assert not [line for line in UNPROVEN.values() if line in said]
    assert "other is released for the first time" in said


@each(CHECKS)
def test_a_check_without_one_of_its_rights(repo: Repo, space: Space, gone: Right) -> None:
    code, said = checked(repo, space, without(CHECKS, gone))
    if gone.resource in UNPROVEN:
        assert code == 0, said
        assert UNPROVEN[gone.resource] in said
    else:
        assert code != 0, said
        assert named(gone) in said


def releasing(cluster: Cluster) -> None:
    """What a release asks of the ledger: all that it does twice it does otherwise than the first time."""
    kept = ledger.ConfigMaps(cluster, "sameday", partial(datetime.now, UTC))
    for number in range(2):
        with kept.lease("us"):
            if kept.baseline() is None:
                kept.begin("a" * 40)
            assert len(kept.entries().get("reco", ())) == number
            kept.append(entries(item("reco"))[number])


def publishing(cluster: Cluster) -> None:
    """What a release asks of the flags."""
    made = flags.ConfigMap(cluster, ConfigMapFlags(kind="configmap"))
    for weight in (10, 20):
        flag: Flag = {"state": "ENABLED", "variants": {"a": weight}, "defaultVariant": "a"}
        made.publish({"reco": flag})
        assert made.published("reco") == flag


def test_with_all_their_rights(space: Space) -> None:
    space.server.grant(space.name, "bot", *ledger.RIGHTS)
    space.server.grant(space.name, "reader", *flags.RIGHTS)
    releasing(space.server.cluster(space.name, "bot"))
    publishing(space.server.cluster(space.name, "reader"))


def fails(space: Space, rights: Sequence[Right], gone: Right, use: Callable[[Cluster], None]) -> None:
    """The use is refused for the lack of just this right, and goes on once it is there."""
    space.server.grant(space.name, "reader", *without(rights, gone))
    with pytest.raises(Rejected, match=named(gone)):
        use(space.server.cluster(space.name, "reader"))


@each(ledger.RIGHTS)
def test_the_ledger_without_one_of_its_rights(space: Space, gone: Right) -> None:
    fails(space, ledger.RIGHTS, gone, releasing)


@each(flags.RIGHTS)
def test_the_flags_without_one_of_their_rights(space: Space, gone: Right) -> None:
    fails(space, flags.RIGHTS, gone, publishing)


def test_who_may_not_renew_a_lease_does_not_take_it(space: Space) -> None:
    """Else it would be lost in the middle of a release."""
    update = next(one for one in ledger.RIGHTS if (one.verb, one.kind) == ("update", "Lease"))
    fails(space, ledger.RIGHTS, update, releasing)
    assert space.cluster.list("ConfigMap", "sameday/ledger").items == ()
    space.server.grant(space.name, "reader", update)
    releasing(space.server.cluster(space.name, "reader"))
