"""The end of a log as it is shown: short, harmless, without secrets, and made at once whatever the log is."""

from __future__ import annotations

import time

import pytest

from bot.report.log import LONG, ending


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("postgresql://ada:hunter2@db:5432/x", "postgresql://***@db:5432/x"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("api_key = 'abc123', next", "api_key = '***', next"),
        ('{"password": "p w", "user": "ada"}', '{"password": "***", "user": "ada"}'),
        ("token=ghp_0123456789abcdefghij0123", "token=***"),
        ("see AKIAABCDEFGHIJKLMNOP there", "see *** there"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest", "***\nrest"),
        ("MIIE\n-----END RSA PRIVATE KEY-----\nrest", "***\nrest"),
        ("\x1b[31mred\x1b[0m \x07bell\x00 \x9bcsi\r\nnext\rover", "red bell csi\nnext\nover"),
        ("\x1b]0;title\x07words", "words"),
        ("a plain line of words, tokens of text", "a plain line of words, tokens of text"),
    ],
)
def test_what_is_shown_of_a_log(said: str, wanted: str) -> None:
    assert "\n".join(ending(said)) == wanted


def test_a_long_line_is_cut_to_its_end() -> None:
    (line,) = ending("x" * 10_000 + "the end")
    assert line == "…" + "x" * 1_992 + "the end"


def test_a_line_that_can_be_read_is_cut_to_its_start() -> None:
    assert ending("start" + "x" * 3_000, width=500) == ["start" + "x" * 494 + "…"]


@pytest.mark.parametrize("lines", [1, 3, 20])
def test_no_cut_parts_a_secret_from_what_tells_of_it(lines: int) -> None:
    """Neither that of lines nor that of characters, wherever the secret stands."""
    key = "".join(f"MIIEkeykeykey{i:03}keykeykey\n" for i in range(60))
    log = f"-----BEGIN PRIVATE KEY-----\n{key}-----END PRIVATE KEY-----\nthe end\n"
    assert "keykey" not in "".join(ending(log, lines))
    assert "keykey" not in "".join(ending(f"password: |\n  {key.replace(chr(10), chr(10) + '  ')}", lines))
    for before in range(0, 2 * LONG, 97):
        token = "ghp_" + "Secret" * 8
        for width in (500, 2_000):
            assert "Secret" not in "".join(ending(f"{'x ' * before}{token}{' y' * 1_000}", lines, width))


@pytest.mark.parametrize(
    "log", ["eyJ-" * 20_000, "eyJ-" * 200_000, "x" * 800_000, "a=b\n" * 200_000, "\x1b[3" * 200_000]
)
def test_no_log_holds_up_a_release(log: str) -> None:
    """What the renewal of the lease waits for is one short piece of work, however long the log is."""
    start = time.thread_time()
    assert len(ending(log)) <= 20
    assert time.thread_time() - start < 1
