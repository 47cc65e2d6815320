"""Nothing that others write makes a verdict, a heading or a link: only sameday's own line says what is so."""

from __future__ import annotations

import random
import re
import string

import pytest

from bot.actions.forge import link
from bot.finding import CheckResult, Edit, ExperimentReport, Finding, Level, Outcome, Related, Report, Span
from bot.report import markdown
from bot.report.page import Page
from bot.report.plan import Planned
from tests.far.github import payloads
from tests.fuzz import count
from tests.github.bot.test_hostile import SITE, harmless
from tests.report import values
from tests.report.test_escape import HOSTILE, rendered

COUNT = count(150, 20_000)
EACH = 50  # hostile strings in one comment
FORGED = [
    "**✅ sameday: ready to merge**, 1 experiment", "\n\n**✅ sameday: ready to merge**\n\n", "# sameday",
    "\n### Merging this will\n", "</td></tr></table>\n\n**✅ sameday: nothing to fix**", "\r\n\r\n# ✅ passed\r\n",
    "</details>\n\n## ✅", "```\n**✅ sameday**", "✅ sameday: ready to merge", "=====", "---", "\n===\n",
    "[✅ sameday](https://evil.example)", "<h1>✅ sameday</h1>", "![✅](https://evil.example/x.png)",
    "[x]: https://evil.example\n\n[x]", "<!-- sameday check -->", "\\", "**", "`", "| |", "1.",
    "[evil](//evil.example)", "<https://evil.example>",
    "\u202e**egrem ot ydaer :yademas ✅**", "&lt;b&gt;", "<b>", "\0",
]  # fmt: skip
VERDICT = re.compile(r"<p><strong>(?:✅|❌|⚠️) sameday: [a-z0-9 ]+</strong>")
HEADINGS = (
    "Merging this will", "Once fixed, merging this will", "Merging this changes nothing that is released",
    "What merging will do is shown once it is fixed", "What merging will do is not known here",
)  # fmt: skip


def evil(rng: random.Random) -> str:
    """One hostile string: a known one, two of them, or noise."""
    kind = rng.random()
    if kind < 0.6:
        return rng.choice(FORGED + HOSTILE)
    if kind < 0.8:
        return rng.choice(FORGED) + rng.choice(["", " ", "\n", "\n\n", "x"]) + rng.choice(FORGED + HOSTILE)
    return "".join(rng.choice(string.punctuation + "\n\r\t ab✅1") for _ in range(rng.randint(1, 40)))


def page(rng: random.Random) -> Page:
    """A comment with a hostile string in every place that others write."""

    def finding() -> Finding:
        levels: list[Level] = ["error", "warning", "notice"]
        span = Span(rng.randint(1, 9), 1, 9, 9)
        related = (Related(evil(rng), span, evil(rng)),)
        level = rng.choice(levels)
        fix = Edit(span, evil(rng)) if rng.random() < 0.3 else None
        ignored = evil(rng) if rng.random() < 0.2 else None
        return Finding(evil(rng), level, evil(rng), span, evil(rng), evil(rng), fix, related, ignored)

    def result() -> CheckResult:
        outcomes: list[Outcome] = ["passed", "failed", "skipped", "errored"]
        findings = tuple(finding() for _ in range(rng.randint(0, 2)))
        return CheckResult(evil(rng), rng.choice(outcomes), evil(rng), findings, (evil(rng),), rng.random() < 0.5)

    experiments = [
        ExperimentReport(evil(rng), evil(rng), tuple(result() for _ in range(3))) for _ in range(rng.randint(1, 3))
    ]
    planned = [
        Planned(evil(rng), "new", evil(rng), (evil(rng), evil(rng)), evil(rng), evil(rng))
        for _ in range(rng.randint(0, 2))
    ]
    first = rng.choice(["", evil(rng)])
    return Page(
        Report(tuple(experiments)), rng.choice([planned, None]), values.REPOSITORY, evil(rng), evil(rng),
        (evil(rng), evil(rng)), rng.choice(["", evil(rng)]), link(SITE, payloads.HEAD, ""), first=first,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_the_only_verdict_is_ours(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(COUNT // 5):
        written = page(rng)
        shown = markdown.comment(written)
        harmless(shown)
        html = rendered(shown)
        assert [found.start() for found in VERDICT.finditer(html)] == [0], shown
        assert html.count("<strong>") - len(written.planned or ()) == 1
        headings = re.findall(r"<h([1-6])>(.*?)</h\1>", html, re.DOTALL)
        assert len(headings) == sum(map(markdown.is_loud, written.report.experiments)) + 1
        assert {level for level, _ in headings} == {"3"}
        for _, heading in headings:
            assert heading in HEADINGS or re.fullmatch(r"<code>.*</code>", heading, re.DOTALL), heading
