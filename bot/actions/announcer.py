"""Telling of a release on GitHub: deployments as it goes, a comment on each pull request whose merge it releases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass, field, replace

from bot.actions.environment import Actions
from bot.actions.forge import Forge
from bot.commands.background import background
from bot.errors import Unreachable, UsageError
from bot.git import Git
from bot.github import comment, pulls
from bot.github.comment import Source
from bot.github.deployment import Deployments
from bot.github.pulls import Bringer
from bot.ports import Entry, Run
from bot.release.summary import Course, ReleaseOutcome, ReleaseSummary
from bot.report.progress import progress_lines
from bot.report.release import Logs, fitted_release
from bot.settings import FILE
from bot.workspace import Workspace


@dataclass
class Announcer:
    """What a release tells of itself; `deployments` is None where there is no token."""

    actions: Actions
    forge: Forge
    workspace: Workspace
    deployments: Deployments | None
    seen: set[tuple[str, str, str]] = field(default_factory=set)

    @property
    def logs(self) -> Logs:
        """Where a comment says that the end of a failed job's log is; those of a public repository are not in it."""
        logs = self.workspace.settings.report.logs or ("comment" if self.actions.private else "summary")
        return "here" if logs == "comment" else logs

    @property
    def git(self) -> Git:
        """The history in which the cause of a release is found."""
        return self.workspace.git

    def progress(self, experiment: str, what: Entry | Run) -> None:
        """Tell of a step or a run as it happens."""
        self.actions.out.lines(progress_lines(experiment, what, self.seen))
        deployments = self.deployments
        if deployments is None or not isinstance(what, Entry):
            return
        if what.state == "started":
            self.forge.say("show the deployment", lambda _: deployments.begin(what.item))
        elif (what.step, what.state) == ("switch", "done"):
            self._end(ReleaseOutcome(what.item, "retired" if what.item.change == "retired" else "live"))

    def announce(self, summary: ReleaseSummary) -> None:
        """Tell how it ended; raises Unreachable where GitHub was away, so that the next release tells it."""
        self.forge.away = ""  # what could not be shown on the way is shown now
        for outcome in summary.outcomes:
            self._end(outcome)
        for pull, outcomes in self._by_pull(summary).items():
            earlier = self._told_before(summary, {_begun(outcome, summary) for outcome in outcomes})
            self._comment(pull, replace(summary, outcomes=(*earlier, *outcomes)))
        if self.forge.away:
            raise Unreachable(self.forge.away)

    def _end(self, outcome: ReleaseOutcome) -> None:
        deployments = self.deployments
        if deployments is not None:
            self.forge.say("show the deployment", lambda _: deployments.end(outcome))

    def _comment(self, pull: Bringer, part: ReleaseSummary) -> None:
        about = replace(background(self.workspace, part), course=self._course(pull, part))
        source = Source(part.commit, self.actions.run, self.git.prefix())
        login, held = self.actions.login, all(outcome.state == "held" for outcome in part.outcomes)
        self.forge.say(
            f"comment on the pull request {pull.number}",
            lambda client: comment.say(
                client,
                pull.number,
                login,
                "release",
                source,
                lambda limit: fitted_release(part, limit, logs=self.logs, about=about),
                shared=False,
                keep=held,
            ),
        )

    def _course(self, pull: Bringer, part: ReleaseSummary) -> Course | None:
        """The way of the pull request, where all of it is live."""
        found: list[Course | None] = [None]
        if all(outcome.state == "live" for outcome in part.outcomes):
            self.forge.say("see how long it took", lambda client: found.append(pulls.course(client, pull)))
        return found[-1]

    def _told_before(self, summary: ReleaseSummary, commits: Set[str]) -> list[ReleaseOutcome]:
        """What became of the same commits in an earlier event: the comment is written anew, and still tells of it."""
        earlier = [
            o for o in summary.outcomes if o.state == "held" and _begun(o, summary) in commits - {summary.commit}
        ]
        for name, entries in self.workspace.entries.items():
            if name not in {outcome.item.experiment for outcome in summary.outcomes}:
                last = entries[-1].item
                mine = tuple(entry for entry in entries if entry.item.digests == last.digests)
                if mine[0].commit in commits and (mine[-1].step, mine[-1].state) == ("announce", "done"):
                    earlier.append(
                        ReleaseOutcome(last, "retired" if last.change == "retired" else "live", entries=mine)
                    )
        return earlier

    def _by_pull(self, summary: ReleaseSummary) -> dict[Bringer, list[ReleaseOutcome]]:
        """The outcomes by the pull request that brought them; of those on hold, what was told is not told again."""
        outcomes: dict[Bringer, list[ReleaseOutcome]] = defaultdict(list)
        found: dict[str, Bringer | None] = {}
        for outcome in summary.outcomes:
            begun = _begun(outcome, summary)
            if outcome.state == "repaired":  # no pull request's doing
                continue
            if outcome.state == "held" and begun != summary.commit:
                continue
            from_commit = begun if self.git.has(begun) else summary.commit
            commit = cause(self.workspace, from_commit, outcome.item.experiment)
            if commit not in found:
                found[commit] = self._pull(commit)
            pull = found[commit]
            if pull is not None:
                outcomes[pull].append(outcome)
        return outcomes

    def _pull(self, commit: str) -> Bringer | None:
        found: list[Bringer | None] = [None]
        self.forge.say("find the pull request", lambda client: found.append(pulls.of_commit(client, commit)))
        return found[-1]


def cause(workspace: Workspace, begun: str, name: str) -> str:
    """The commit that made an experiment's release due; a removed experiment's file could be any of them.

    Where git cannot tell, the one at which it began: what is wrong with one experiment stops no other's telling.
    """
    experiment = workspace.committed.by_name.get(name)
    paths = [FILE] if experiment is None else [experiment.path, FILE]
    globs = workspace.settings.experiments if experiment is None else experiment.spec.sources
    try:
        return workspace.git.last(begun, paths, globs) or begun
    except UsageError:
        return begun


def _begun(outcome: ReleaseOutcome, summary: ReleaseSummary) -> str:
    """The commit at which a release began, which an earlier event may have done."""
    return outcome.entries[0].commit if outcome.entries else summary.commit
