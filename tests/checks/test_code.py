"""What the check `code` corrects, and where it has nothing to say: an image that holds the code, another folder."""

from __future__ import annotations

import time

import pytest

from bot.report.fixes import edited
from bot.settings import Repo, Settings
from tests.checks.conftest import Examine

FILES = {f"{path}": b"" for path in ("code/a/m.py", "jobs/extract.py", "jobs/infer.py", "reco/train.py", "run.sh")}
HEAD = "name: a\ninputs: {clicks: {table: t}}\noutputs: {scores: {table: o, job: j, columns: {a: STRING}}}\n"
COMMANDS = {
    "python jobs/extrat.py ${SAMEDAY_INPUT_CLIKS}": "python jobs/extract.py ${SAMEDAY_INPUT_CLICKS}",
    "x $SAMEDAY_SCORES $SAMEDAY_DATE": "x $SAMEDAY_OUTPUT_SCORES $SAMEDAY_DATA_DATE",
    "x --date {data_date} {{ run_id }}": "x --date ${SAMEDAY_DATA_DATE} ${SAMEDAY_RUN}",
    "x SAMEDAY_OUTPUT_SCORES_OLD": "x SAMEDAY_OUTPUT_SCORES_OLD",
}
SOURCES = {
    "code": "code/**", "Jobs/**": "jobs/**", "code/*.py": "code/**/*.py", "jobs/extrac.py": "jobs/extract.py",
    "CODE/A/*.py": "code/a/*.py", "./jobs/*.py": None, "**": None, "nowhere/*.py": None,
}  # fmt: skip


def fixed(examine: Examine, text: str) -> str:
    """The file with the certain corrections made, round by round."""
    for _ in range(5):
        report = examine({"x.yaml": text.encode(), **FILES}, "code")
        edits = [finding.fix for finding in report.findings if finding.fix]
        if not edits:
            return text
        text = edited(text, edits)
    raise AssertionError(text)


@pytest.mark.parametrize(("command", "wanted"), COMMANDS.items())
def test_a_command(command: str, wanted: str, examine: Examine) -> None:
    text = HEAD + "jobs:\n  - name: j\n    command: '@'\n"
    assert fixed(examine, text.replace("@", command)) == text.replace("@", wanted)


@pytest.mark.parametrize(("glob", "wanted"), SOURCES.items())
def test_sources(glob: str, wanted: str | None, examine: Examine) -> None:
    text = HEAD + "jobs: [{name: j, command: x}]\nsources: ['@']\n"
    assert fixed(examine, text.replace("@", glob)) == text.replace("@", wanted or glob)


def test_code_of_an_image_is_in_the_image(examine: Examine, settings: Settings) -> None:
    """Its digest makes the experiment another one; without an image the file itself has to."""
    text = (HEAD + "jobs: [{name: j, command: python jobs/extract.py, option: {repo: repo}}]\n").encode()
    assert [f.rule for f in examine({"x.yaml": text, **FILES}, "code").findings] == ["code.no-source"]
    held = settings.model_copy(update={"repos": {"repo": Repo(image=f"x@sha256:{'0' * 64}")}})
    assert examine({"x.yaml": text, **FILES}, "code", settings=held).findings == []


def test_variables_of_the_settings_are_known(examine: Examine, settings: Settings) -> None:
    more = settings.model_copy(update={"repos": {"repo": Repo(environment={"SAMEDAY_TEAM": "reco"})}})
    text = (HEAD + "jobs: [{name: j, command: x $SAMEDAY_TEAM, option: {repo: repo}}]\n").encode()
    assert [f.rule for f in examine({"x.yaml": text}, "code").findings] == ["code.unknown-variable"]
    assert examine({"x.yaml": text}, "code", settings=more).findings == []


@pytest.mark.slow
def test_many_patterns_over_many_files_take_little_time(examine: Examine) -> None:
    files = {f"code/d{i % 100}/f{i}.py": b"" for i in range(10_000)}
    globs = ", ".join(f"code/**/no{i}*/**/*.pyx" for i in range(100))
    text = f"name: a\njobs: [{{name: j, command: x}}]\nsources: [{globs}]\n"
    started = time.process_time()
    report = examine({"x.yaml": text.encode(), **files}, "code")
    assert len(report.findings) == 100
    assert time.process_time() - started < 20
