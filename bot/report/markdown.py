"""The pull request's comment as Markdown: verdict first, then what to fix, then what merging will do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from bot.finding import ExperimentReport, Finding, Report
from bot.report import graph
from bot.report.escape import Markdown, code, count, fence, fill, join, name, phrase, prose
from bot.report.language import Say, english, number
from bot.report.layers import folded
from bot.report.merge_plan import counts, merge_plan, named_plan
from bot.report.page import LESS, MOST, NOTHING, SUMMARY, Detail, Link, Page
from bot.report.proven import proven

MARKS = {
    "passed": Markdown("✅"), "failed": Markdown("❌"), "skipped": Markdown("⏭️"), "errored": Markdown("⚠️"),
}  # fmt: skip
LEVELS = {"error": Markdown("❌"), "warning": Markdown("⚠️"), "notice": Markdown("💡")}
FEW = 5  # experiments whose runs are drawn


def fitted(page: Page, limit: int, size: Callable[[str], int] = len) -> Markdown:
    """The comment in at most `limit` characters (or whatever `size` counts), with as much in it as there is room."""
    for detail in LESS:
        text = comment(page, detail)
        if size(text) <= limit:
            return text
    return headline(page.report, page.say, partly=bool(page.partly))


def comment(page: Page, detail: Detail = LESS[0]) -> Markdown:
    """The whole comment."""
    say = page.say
    parts = [headline(page.report, say, partly=bool(page.partly)), _next(page)]
    parts += [prose(note, 1_000) for note in page.notes]
    if detail.without:
        more = fill(say("the job's summary")) if page.more is SUMMARY else page.more
        parts.append(fill(say("Left out here for its length: {}; {} has it."), detail.without, more))
    if detail.experiments:
        parts += _experiments(page, detail)
    parts += _planned(page, detail)
    parts += folded(page.traffic, say) if detail.graphs else []
    parts.append(fill(say("<sub>of {}</sub>"), code(page.commit[:12])))
    return join(parts, "\n\n", "\n")


def manifests(report: Report) -> Markdown:
    """The verdict on manifests, and what is wrong with each of them."""
    errors, what = sum(finding.blocks for finding in report.findings), count(len(report.experiments), "manifest")
    failed = fill("❌ sameday: {} to fix", count(errors, "problem"))
    parts = [fill("**{}** in {}", failed if errors else Markdown("✅ sameday: nothing to fix"), what)]
    for manifest in report.experiments:
        if manifest.findings:
            parts += [fill("### {}", manifest.name or manifest.path), _table(manifest.findings, _place, MOST, english)]
    unproven = list(_unproven(report.experiments, LESS[0], english))
    parts += [fill("Not proven here:\n{}", join(unproven))] if unproven else []
    return join(parts, "\n\n", "\n")


def headline(report: Report, say: Say = english, *, partly: bool = False, brief: bool = False) -> Markdown:
    """The verdict with its counts, in one line; how much was proven, too, unless it is `brief`."""
    errors = sum(finding.blocks for finding in report.findings)
    what = number(say, len(report.experiments), "{} experiment", "{} experiments")
    if report.verdict == "failed":
        wrong = number(say, errors, "{} problem", "{} problems")
        return fill(say("**❌ sameday: {} to fix** in {}"), wrong, what)
    if report.verdict == "unknown":
        return fill(say("**⚠️ sameday: not every check could be made** of {}"), what)
    if not report.experiments:
        return fill(say("**⚠️ sameday: no experiment, nothing was checked**"))
    made = "" if brief else proven(report, say)
    how = fill(say(", {}"), prose(made, 1_000)) if made else NOTHING
    if partly:
        return fill(say("**✅ sameday: nothing to fix so far** in {}{}"), what, how)
    return fill(say("**✅ sameday: ready to merge**, {}{}"), what, how)


def _next(page: Page) -> Markdown:
    say = page.say
    fixes = len({(f.path, f.fix) for f in page.report.findings if f.fix is not None and f.ignored is None})
    if page.report.verdict == "failed":
        how = fill(say(" `sameday check --fix` makes {} of the corrections."), fixes) if fixes else NOTHING
        return fill(say("Next: fix what is marked ❌ and push; every push is checked again.{}"), how)
    if page.first:
        return fill(say("Next: {}"), prose(page.first))
    if page.report.verdict == "unknown":
        return fill(say("Next: run the job again once what did not answer is back."))
    if page.partly:
        return fill(say("Next: {}"), prose(page.partly))
    if page.planned:
        return fill(say("Next: review and merge; the merge releases it by itself."))
    return fill(say("Next: merge."))


def is_loud(experiment: ExperimentReport) -> bool:
    """Whether there is something to look at: a finding, or a check that could not be made."""
    return bool(experiment.findings) or any(result.outcome == "errored" for result in experiment.checks)


def _experiments(page: Page, detail: Detail) -> Iterator[Markdown]:
    """What fails first, then what is to be remarked, then all others in a line; what was not proven is said once."""
    experiments, say = page.report.experiments, page.say
    loud = sorted(filter(is_loud, experiments), key=lambda one: not any(finding.blocks for finding in one.findings))
    for experiment in loud:
        yield from _experiment(experiment, page, detail)
    quiet = [one for one in experiments if not is_loud(one)]
    if quiet:
        names = join([code(one.name or one.path) for one in quiet], ", ")
        how_many = fill(say(" ({} experiments)"), len(quiet)) if len(quiet) > 1 else NOTHING
        yield fill(say("✅ nothing to remark: {}{}"), names, how_many)
    yield from _left(list(_unproven(experiments, detail, say)), say)
    if detail.graphs and len(experiments) <= FEW:
        yield from filter(None, (_graph(one, page) for one in experiments))


def _experiment(experiment: ExperimentReport, page: Page, detail: Detail) -> Iterator[Markdown]:
    yield fill("### {}", experiment.name or experiment.path)
    marks = [fill("{} {}", MARKS[result.outcome], prose(result.id)) for result in experiment.checks]
    yield join(marks, " · ")
    findings = [finding for finding in experiment.findings if detail.mild or finding.blocks]
    if findings and detail.findings:
        yield _table(findings, page.link or _place, detail.findings, page.say)


def _graph(experiment: ExperimentReport, page: Page) -> Markdown | None:
    """What a run does, as a picture, where the file that was checked can be run."""
    sound = page.repository.by_name.get(experiment.name)
    if sound is None or sound.path != experiment.path or len(graph.nodes(sound.spec)) > graph.SHOWN:
        return None
    picture = fence(graph.mermaid(sound.spec), "mermaid")
    return fill(
        page.say("<details><summary>What a run of {} does</summary>\n\n{}\n\n</details>"),
        code(sound.spec.name),
        picture,
    )


def _unproven(experiments: Sequence[ExperimentReport], detail: Detail, say: Say) -> Iterator[Markdown]:
    """Each reason once, with how often it holds. What errored is the last to be left out: it may be the verdict's."""
    errored, rest = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    for result in (result for experiment in experiments for result in experiment.checks):
        if result.outcome == "errored":
            errored[result.id, "errored", result.reason] += 1
        elif result.outcome == "skipped":
            rest[result.id, "skipped", result.reason] += 1
        for text in result.unproven:
            rest[result.id, "passed, unproven", text] += 1
    shown = [*(errored.items() if detail.findings else ()), *(rest.items() if detail.unproven else ())]
    alike: dict[tuple[str, str, int], list[str]] = {}
    for (check, how, why), times in shown:
        alike.setdefault((how, why, times), []).append(check)
    for (how, why, times), checks in alike.items():
        often = fill(say(" ({} experiments)"), times) if times > 1 else NOTHING
        yield fill("- {} {}: {}{}", join(list(map(name, checks)), ", "), prose(how), phrase(why), often)


def _left(unproven: Sequence[Markdown], say: Say) -> Iterator[Markdown]:
    """What was not proven: more than a few reasons on demand."""
    if len(unproven) > FEW:
        yield fill(
            say("<details><summary>Not proven here: {}</summary>\n\n{}\n\n</details>"),
            number(say, len(unproven), "{} reason", "{} reasons"),
            join(unproven),
        )
    elif unproven:
        yield fill(say("Not proven here:\n{}"), join(unproven))


def _table(findings: Sequence[Finding], link: Link, most: int, say: Say) -> Markdown:
    rows = [fill(say("| | where | what | how to fix |\n|---|---|---|---|"))]
    ranked = sorted(findings, key=lambda f: (f.ignored is not None, list(LEVELS).index(f.severity)))
    for finding in ranked[:most]:
        mark = Markdown("🔕") if finding.ignored is not None else LEVELS[finding.severity]
        hint = f"ignored: {finding.ignored}" if finding.ignored is not None else finding.hint
        what = fill("{}<br><sub>{}</sub>", phrase(finding.message), prose(finding.rule))
        rows.append(fill("| {} | {} | {} | {} |", mark, link(finding), what, phrase(hint)))
    if len(findings) > most:
        rows.append(fill(say("| | | and {} more | |"), len(findings) - most))
    return join(rows)


def _place(finding: Finding) -> Markdown:
    return code(f"{finding.path}:{finding.span.line}")


def _planned(page: Page, detail: Detail) -> Iterator[Markdown]:
    say = page.say
    if page.planned is None:
        yield fill(say("### What merging will do is not known here\n\n{}"), prose(page.unknown, 1_000))
    elif not page.planned and page.report.verdict == "failed":
        yield fill(say("### What merging will do is shown once it is fixed"))
    elif not page.planned:
        yield fill(say("### Merging this changes nothing that is released"))
    else:
        failed = page.report.verdict == "failed"
        yield fill(say("### Once fixed, merging this will" if failed else "### Merging this will"))
        if detail.experiments and not detail.plan:
            yield named_plan(page.planned, say)
        elif detail.experiments:
            yield merge_plan(page.planned, page.repository, steps=detail.steps, say=say)
        else:
            yield prose(counts(page.planned, say))


def collapsed(commit: str, say: Say = english) -> Markdown:
    """What is left of a comment when the pull request changes no experiment any more."""
    return fill(
        say("**sameday**: this pull request changes no experiment any more. <sub>of {}</sub>\n"), code(commit[:12])
    )
