"""What a merge, a schedule or a person releases: whatever differs from the ledger, told on GitHub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.cli import forge, release, world
from bot.cli.actions import SUMMARY, Actions
from bot.cli.announce import Announcer
from bot.cli.place import Place, load_repository, open_place
from bot.cli.proposal import DEEPEN
from bot.errors import UsageError
from bot.experiment.repository import Repository
from bot.git import Commit, Git
from bot.github.deployment import Deployments
from bot.github.event import Push
from bot.plan import Found
from bot.report import json
from bot.report import release as release_report
from bot.report.line import Line
from bot.settings import FILE

LONG = 600.0  # seconds that a release, which takes long itself, waits for GitHub in all


def merge(actions: Actions, push: Push | None, experiment: str = "") -> int:
    """Release what differs from the ledger, whatever the event says; the push only tells what was there before."""
    if _checks_only(actions):
        return 0
    git = actions.git()
    place = release.opened("release", git)
    repository, _ = load_repository(place)
    built = world.images(place.settings, actions.environment.get("SAMEDAY_IMAGES", "").split(), repository)
    released = _newest(place)
    _deepen(git, [commit for commit in (released, push.before if push else None) if commit])
    _refuse_older(git, released)
    there = forge.forge(actions, LONG)
    shown = Deployments(there.client, git.commit(), actions.page) if there.client else None
    announcer = Announcer(actions, there, place, repository, shown)
    telling = release.Telling(actions.environment.get("GITHUB_ACTOR", ""), announcer.announce, announcer.progress)
    names = [experiment] if experiment else []
    summary = release.carry_out(place, repository, names, telling, actions.out, built, _before(git, place, push))
    live = [outcome.item.experiment for outcome in summary.outcomes if outcome.state == "live"]
    actions.report(summary.verdict, json.release(summary), live)
    logs: release_report.Logs = "here" if release.shows_logs(place) else "none"
    actions.summarise(release_report.fitted(summary, SUMMARY, lambda text: len(text.encode("utf-8", "replace")), logs))
    return release.code(summary)


def _checks_only(actions: Actions) -> bool:
    """A team may begin with the checks: without engine and ledger there is nothing to release with, and no fault."""
    place = open_place(Path(), "release")
    if not place.declared or place.settings.engine or place.settings.ledger:
        return False
    actions.out.lines([Line(f"{FILE} names no engine and no ledger: pull requests are checked, nothing is released")])
    return True


def _newest(place: Place) -> str | None:
    """The commit that was released last."""
    entries = [e for found in release.ledger(place).entries().values() for e in found if e.step != "rollback"]
    newest = max(entries, key=lambda entry: entry.at, default=None)
    return newest.commit if newest else None


def _deepen(git: Git, commits: Sequence[str]) -> None:
    """Get the history that a shallow clone lacks, and the commits; one that is gone after a forced push stays so."""
    missing, shallow = [commit for commit in commits if not git.has(commit)], git.shallow()
    if not missing and not shallow:
        return
    try:
        git.fetch(git.commit(), *missing)
    except UsageError as error:
        if shallow:
            raise UsageError(f"the history of the branch cannot be read: {DEEPEN} ({error})") from None


def _refuse_older(git: Git, released: str | None) -> None:
    """An old job that is run again must not bring back what has been replaced since."""
    head = git.commit()
    if released is None or released == head or not git.has(released):
        return
    if git.merge_base(released) == head:
        raise UsageError(
            f"{head[:12]} is older than {released[:12]}, which was released already: check out the default "
            "branch, not the event's commit"
        )


def _before(git: Git, place: Place, push: Push | None) -> Found | None:
    """What was there before the push, if that is known: a first release takes it as live."""
    if push is None or push.before is None or not git.has(push.before) or git.merge_base(push.before) != push.before:
        return None
    return Found(Repository.load(Commit(git, push.before), place.settings.experiments), push.before)
