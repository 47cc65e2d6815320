"""The guard of the guard: a page that shows something else than what is printed fails, and is corrected on request."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import blocks
from tests.docs.elsewhere import ELSEWHERE
from tests.docs.play import Page, alike, commands

PAGE = """\
# A page

<!-- file: a.txt -->
```text
hello
```

- In a list:

  ```console
  $ cat a.txt
  hullo
  ```

<!-- exit: 3 -->
```console
$ echo one; \\
  exit 3
one
```
"""


def page(folder: Path, text: str, *, update: bool = False) -> Page:
    """A page of this text, and a folder to play it in."""
    (folder / "place").mkdir()
    (folder / "page.md").write_text(text)
    return Page(folder / "page.md", folder / "place", update)


def test_blocks_are_found_with_their_notes() -> None:
    found = [(block.language, block.note, block.value, block.line, block.indent) for block in blocks(PAGE)]
    assert found == [("text", "file", "a.txt", 4, 0), ("console", "", "", 10, 2), ("console", "exit", "3", 16, 0)]


def test_another_output_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"page\.md:10: cat a\.txt"):
        page(tmp_path, PAGE).play()


def test_another_exit_code_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="exit code 3"):
        page(tmp_path, PAGE.replace("hullo", "hello").replace("<!-- exit: 3 -->\n", "")).play()


def test_a_block_that_nobody_runs_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="say how this block is held"):
        page(tmp_path, "```yaml\na: 1\n```\n").play()


def test_an_update_writes_what_is_printed(tmp_path: Path) -> None:
    page(tmp_path, PAGE, update=True).play()
    assert (tmp_path / "page.md").read_text() == PAGE.replace("hullo", "hello")


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\n", "a\n", True),
        ("a\n", "a\nb\n", False),
        ("...\nb\n", "a\nb\n", True),
        ("a\n...\n", "a\n", True),
        ("a\n...\nc\n", "a\nb\nb\n", False),
        ("als-v4-0badcafe-20261130 succeeded\n", "als-v4-deadbeef-20270101 succeeded\n", True),
        ("als succeeded in 0.1 s\n", "als running\nals succeeded in 2.5 s\n", True),
    ],
)
def test_what_counts_as_the_same(shown: str, printed: str, same: bool) -> None:
    assert alike(shown, printed) is same


def test_a_command_may_go_on_in_the_next_line() -> None:
    assert commands("$ a \\\n  b\nc\n$ d\n") == [("a \\\n  b", "c\n"), ("d", "")]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("cluster", "$ sameday chek\n"),
        ("settings", "engine: {kind: lokal}\n"),
        ("experiment", "outputs: {scores: {tabel: x}}\n"),
        ("workflow", "steps: [{uses: sameday-bot/sameday@v1, with: {tokn: x}}]\n"),
        ("python", "def\n"),
        ("bigquery", "SELECT nothing FROM `$SAMEDAY_INPUT_CLICKS`\n"),
        ("data", "{\n"),
    ],
)
def test_what_is_held_elsewhere_is_held(kind: str, text: str) -> None:
    (block,) = blocks(f"<!-- elsewhere: {kind} -->\n```json\n{text}```\n")
    with pytest.raises(BaseException):  # noqa: B017, PT011  each in its own way, argparse by SystemExit
        ELSEWHERE[kind][1](block)
