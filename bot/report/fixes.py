"""Certain fixes: in the files themselves, and as suggestions that a reader accepts with a click."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff

from bot.finding import Edit, Finding, Report
from bot.report.escape import Markdown, clean, cut, fence, fill, join, prose
from bot.report.line import Line, Style


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Lines `first` to `last` of a file, as they are and as they should be, and why."""

    path: str
    first: int
    last: int
    old: str
    new: str
    findings: tuple[Finding, ...]


def edited(text: str, edits: Collection[Edit]) -> str:
    """The text with the edits made; of two that overlap, the first."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    ranges = sorted(
        (starts[e.span.line - 1] + e.span.column - 1, starts[e.span.end_line - 1] + e.span.end_column - 1, e.text)
        for e in edits
    )
    done, position = [], 0
    for start, end, new in ranges:
        if start >= position:
            done += [text[position:start], new]
            position = end
    return "".join([*done, text[position:]])


def suggestions(findings: Iterable[Finding], contents: Mapping[str, str]) -> Iterator[Suggestion]:
    """Every fix in the files of `contents`, those of the same lines together.

    Lines that a suggestion could not show as they are (controls, marks of direction, what looks like a secret) are
    left out: accepting it would change more than it says.
    """
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.fix is not None and finding.ignored is None and finding.path in contents:
            by_path[finding.path].append(finding)
    for path, certain in by_path.items():
        for group in _by_lines(certain):
            suggestion = _suggestion(path, contents[path], group)
            if clean(suggestion.new, keep="\n\t") == suggestion.new and suggestion.new != suggestion.old:
                yield suggestion


def _by_lines(findings: Sequence[Finding]) -> list[list[Finding]]:
    groups: list[list[Finding]] = []
    last = 0
    for finding in sorted(findings, key=lambda f: _edit(f).span.line):
        span = _edit(finding).span
        if groups and span.line <= last:
            groups[-1].append(finding)
        else:
            groups.append([finding])
        last = max(last, span.end_line)
    return groups


def _suggestion(path: str, text: str, group: Sequence[Finding]) -> Suggestion:
    first, last = _edit(group[0]).span.line, max(_edit(f).span.end_line for f in group)
    before, after = text.split("\n"), edited(text, {_edit(f) for f in group}).split("\n")
    after_last = len(before) - last  # lines below, which no edit of this group touches
    old, new = "\n".join(before[first - 1 : last]), "\n".join(after[first - 1 : len(after) - after_last])
    return Suggestion(path, first, last, old, new, tuple(group))


def _edit(finding: Finding) -> Edit:
    assert finding.fix is not None
    return finding.fix


def fixed_lines(report: Report, prefix: str) -> Iterator[Line]:
    """A line for each correction of a report that was made."""
    for finding in report.findings:
        if finding.fix is not None and finding.ignored is None:
            place = f"{prefix}{finding.path}:{finding.span.line}:{finding.span.column}"
            yield Line(f"fixed {place}: {finding.message}: now {cut(finding.fix.text, 80)}")


def diff_lines(changed: Mapping[str, tuple[str, str]], prefix: str) -> Iterator[Line]:
    """What corrections change, as `patch` reads it."""
    styles: Mapping[str, Style] = {"+": "good", "-": "error", "@": "notice"}
    for path, (before, after) in changed.items():
        lines = unified_diff(before.splitlines(), after.splitlines(), prefix + path, prefix + path, lineterm="")
        yield from (Line(line, styles.get(line[:1], "plain")) for line in lines)


def markdown(suggestion: Suggestion) -> Markdown:
    """What is said beside the lines, with the block that GitHub makes a button of."""
    texts = [fill("{}. {} <sub>{}</sub>", prose(f.message), prose(f.hint), prose(f.rule)) for f in suggestion.findings]
    return join([*texts, fence(suggestion.new, "suggestion", keep="\n\t")], "\n\n")
