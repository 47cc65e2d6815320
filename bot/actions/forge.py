"""Speaking on GitHub: what cannot be said there is named in the log and the job's summary, and changes no verdict."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.actions.environment import Actions
from bot.commands.proposal import PullRequest
from bot.errors import Refused, Unreachable
from bot.finding import Finding, Report
from bot.github import check_run, comment, review
from bot.github.client import BadToken, Client, Forbidden, connect
from bot.github.comment import Source
from bot.github.event import Proposal
from bot.report import annotation, escape, markdown
from bot.report.escape import Markdown, code
from bot.report.fixes import suggestions
from bot.report.language import LANGUAGES
from bot.report.markdown import fitted
from bot.report.page import Page

PATIENCE = 150.0  # seconds that a check waits for GitHub in all


@dataclass
class Forge:
    """GitHub as far as the token reaches."""

    actions: Actions
    client: Client | None
    expected: bool = False
    """Whether a refusal is what GitHub promises for this event, as for a fork's."""
    mute: bool = False
    denied: set[str] = field(default_factory=set)
    """What the token may not do, and would be refused again."""
    away: str = ""
    """What could not be done since GitHub did not answer, and why."""

    def say(self, what: str, act: Callable[[Client], object]) -> bool:
        """Do something on GitHub; says whether it is done."""
        if self.client is None or self.mute or what in self.denied:
            return False
        try:
            act(self.client)
        except Forbidden as error:
            # With a token that only reads, or a bad one, GitHub would refuse the other requests too.
            self.mute = self.expected or isinstance(error, BadToken)
            self.denied.add(what)
            self.actions.trouble(f"could not {what}", str(error), "notice" if self.expected else "warning")
            return False
        except Refused as error:
            self.actions.trouble(f"could not {what}", str(error))
            return False
        except Unreachable as error:
            self.away = f"could not {what}: {error}"
            self.actions.trouble(f"could not {what}", str(error))
            return False
        return True


def forge(actions: Actions, patience: float = PATIENCE, *, expected: bool = False) -> Forge:
    """GitHub, if there is a token for it."""
    token = actions.environment.get("GITHUB_TOKEN", "")
    if not token:
        actions.trouble("nothing is shown on GitHub", "there is no GITHUB_TOKEN", "notice")
        return Forge(actions, None)
    url = actions.environment.get("GITHUB_API_URL") or "https://api.github.com"
    client = connect(token, url, actions.word("GITHUB_REPOSITORY"), actions.patience(patience))
    return Forge(actions, client, expected)


def show(proposal: Proposal, pull: PullRequest, page: Page, actions: Actions) -> None:
    """The comment, the check run and the suggestions; annotations in the log where there can be no check run."""
    report, source = page.report, Source(proposal.head, actions.run, pull.git.prefix())
    if proposal.number is None:
        actions.out.write(annotation.report(report, source.folder))
        return
    number, github = proposal.number, forge(actions, expected=not proposal.trusted)
    github.say(
        "comment", lambda client: comment.say(
            client, number, actions.login, "check", source, lambda limit: fitted(page, limit), new=proposal.fresh
        ),
    )  # fmt: skip
    summary = fitted(page, check_run.LIMIT, lambda text: len(text.encode("utf-8", "replace")))
    title = markdown.headline(report, page.say, partly=bool(page.partly), brief=True).strip("*").replace("**", "")
    if not github.say(
        "annotate the lines",
        lambda client: check_run.publish(
            client, proposal.head, actions.source, report, title, summary, source.folder
        ),
    ):  # fmt: skip
        actions.out.write(annotation.report(report, source.folder))
    _suggest(proposal, pull, report, github, actions)


def _suggest(proposal: Proposal, pull: PullRequest, report: Report, github: Forge, actions: Actions) -> None:
    """Offer certain fixes where the pull request's own file has the lines that were checked."""
    number, git, at_head = proposal.number, pull.git, None
    contents: dict[str, str] = {}
    for path in {f.path for f in report.findings if f.fix is not None and f.path.isprintable()}:
        at_head = at_head or pull.at_head()
        if at_head.blob(path) is not None and at_head.blob(path) == pull.files.blob(path):
            contents[path] = at_head.read(path, 1 << 24).decode("utf-8", "replace").removeprefix("\ufeff")
    seen = {path: git.lines(pull.base, pull.head, path) for path in contents}
    certain = [
        suggestion for suggestion in suggestions(report.findings, contents)
        if any(suggestion.first in lines and suggestion.last in lines for lines in seen[suggestion.path])
    ]  # fmt: skip
    if certain and number is not None:
        github.say(
            "suggest corrections",
            lambda client: review.suggest(
                client, number, proposal.head, actions.login, certain, git.prefix(), new=proposal.fresh
            ),
        )


def quiet(proposal: Proposal, pull: PullRequest, actions: Actions) -> None:
    """Nothing to say; what was said when the pull request still changed an experiment is taken back."""
    if proposal.number is None or proposal.fresh:
        return
    number, source = proposal.number, Source(proposal.head, actions.run, pull.git.prefix())
    github = forge(actions, expected=not proposal.trusted)

    def take_back(client: Client) -> None:
        if comment.find(client, number, actions.login, "check", source):
            text = markdown.collapsed(proposal.head, LANGUAGES[pull.workspace.settings.report.language])
            comment.say(client, number, actions.login, "check", source, lambda _: text)

    github.say("take the comment back", take_back)


def link(site: str, commit: str, prefix: str) -> Callable[[Finding], Markdown]:
    """A finding's place as a link to its lines; nothing of a path is left in an address as it was."""

    def linked(finding: Finding) -> Markdown:
        path = urllib.parse.quote(os.fsencode(prefix + finding.path))
        lines = f"L{finding.span.line}"
        if finding.span.end_line > finding.span.line:
            lines += f"-L{finding.span.end_line}"
        place = code(f"{prefix}{finding.path}:{finding.span.line}")
        return escape.link(place, f"{site}/blob/{commit}/{path}#{lines}")

    return linked
