"""The pull request's comment as Markdown: verdict first, then what to fix, then what merging will do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bot.experiment.repository import Repository
from bot.finding import ExperimentReport, Finding, Report
from bot.report import graph
from bot.report.escape import Markdown, code, fence, fill, join, prose
from bot.report.plan import Planned

MARKS = {"passed": "✅", "failed": "❌", "skipped": "⏭️", "errored": "⚠️"}
LEVELS = {"error": "❌", "warning": "⚠️", "notice": "💡"}
MOST = 50  # findings of one experiment; the rest is in the check's log

Link = Callable[[Finding], Markdown]


def comment(
    report: Report, planned: Sequence[Planned], repository: Repository, commit: str, link: Link | None = None
) -> Markdown:
    """The whole comment; `link` makes a finding's place a link, if there is somewhere to lead to."""
    parts = [_headline(report)]
    for experiment in report.experiments:
        parts += _experiment(experiment, repository, link or _place)
    parts += _planned(planned, report)
    parts.append(fill("<sub>of {}</sub>", code(commit[:12])))
    return Markdown(join(parts, "\n\n") + "\n")


def _headline(report: Report) -> Markdown:
    errors = sum(finding.blocks for finding in report.findings)
    count = len(report.experiments)
    what = Markdown(f"{count} experiment{'s' if count != 1 else ''}")
    if report.verdict == "failed":
        return fill("**❌ sameday: {} to fix** in {}", Markdown(f"{errors} problem{'s' if errors != 1 else ''}"), what)
    if report.verdict == "unknown":
        return fill("**⚠️ sameday: not every check could be made** of {}; run the job again", what)
    return fill("**✅ sameday: ready to merge**, {}", what)


def _experiment(experiment: ExperimentReport, repository: Repository, link: Link) -> Iterator[Markdown]:
    yield fill("### {}", experiment.name or experiment.path)
    marks = [fill("{} {}", Markdown(MARKS[result.outcome]), Markdown(result.id)) for result in experiment.checks]
    yield join(marks, " · ")
    findings = [finding for result in experiment.checks for finding in result.findings]
    if findings:
        yield _table(findings, link)
    said = [f"- `{r.id}` errored: {prose(r.reason)}" for r in experiment.checks if r.outcome == "errored"]
    said += [f"- `{r.id}` skipped: {prose(r.reason)}" for r in experiment.checks if r.outcome == "skipped"]
    said += [f"- `{r.id}` passed, unproven: {prose(text)}" for r in experiment.checks for text in r.unproven]
    if said:
        yield Markdown("Not proven here:\n" + "\n".join(said))
    sound = repository.by_name.get(experiment.name)
    if sound is not None and sound.path == experiment.path and len(graph.nodes(sound.spec)) <= graph.SHOWN:
        picture = fence(graph.mermaid(sound.spec), "mermaid")
        yield Markdown(f"<details><summary>What a run does</summary>\n\n{picture}\n\n</details>")


def _table(findings: Sequence[Finding], link: Link) -> Markdown:
    rows = [Markdown("| | where | what | how to fix |\n|---|---|---|---|")]
    ranked = sorted(findings, key=lambda f: (f.ignored is not None, list(LEVELS).index(f.severity)))
    for finding in ranked[:MOST]:
        mark = Markdown("🔕" if finding.ignored is not None else LEVELS[finding.severity])
        hint = f"ignored: {finding.ignored}" if finding.ignored is not None else finding.hint
        what = fill("{}<br>{}", prose(finding.message), Markdown(f"<sub>{finding.rule}</sub>"))
        rows.append(fill("| {} | {} | {} | {} |", mark, link(finding), what, prose(hint)))
    if len(findings) > MOST:
        rows.append(Markdown(f"| | | and {len(findings) - MOST} more | |"))
    return join(rows)


def _place(finding: Finding) -> Markdown:
    return code(f"{finding.path}:{finding.span.line}")


def _planned(planned: Sequence[Planned], report: Report) -> Iterator[Markdown]:
    if not planned:
        yield Markdown("### Merging this changes nothing that is released")
        return
    yield Markdown("### Merging this will" if report.verdict != "failed" else "### Once fixed, merging this will")
    yield plan(planned)


def plan(planned: Sequence[Planned]) -> Markdown:
    """The plan, one list per experiment."""
    parts = []
    for item in planned:
        lines = [fill("**{}** {}", item.experiment, prose(item.headline))]
        lines += [Markdown(f"{i}. {prose(step)}") for i, step in enumerate(item.steps, 1)]
        parts.append(join(lines))
        parts.append(fill("Serves now: {}, after: {}", item.now, item.after))
    return join(parts, "\n\n")
