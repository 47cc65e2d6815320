"""Values that a word names, as in `password: x`: the words, what stands between, and what is no value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.report.form import MOST, Form

# Words in the place of a value that are not secrets: what a message says, a type, a reference.
SAID = (
    r"(?:a|an|and|bool|bytes|cannot|does|empty|expired|false|has|incorrect|int64|invalid|is|missing|must|needs|nil|none"
    r"|not|null|optional|or|required|requires|should|str|string|text|true|undefined|unset|varchar|was|wrong)"
    r"(?![^\s,;&.)}\]\"'])|\$\{|\$\(|\$[A-Z_]{3}|\{\{|<[A-Za-z _-]{1,40}>|\*\*\*(?![^\s,;&)}\]\"'])"
    r"|[|>][-+0-9]{0,2}[ \t]{0,4}(?:\n|\Z)"
)
PHRASE = (
    r"(?:pass(?:word|wd|phrase|code)|(?<!old)pwd(?!\s{0,2}[=:]\s{0,2}/)"
    r"|(?-i:(?<![A-Za-z])[Pp]ass|(?<=[_.-])PASS|\bPASS(?= ?=)|(?<=[a-z0-9])Pass))"
)
KEY = (
    r"(?:secret|(?<!unexpected )(?<!illegal )token"
    r"|(?:access|account|api|auth|encryption|master|private|secret|signing|storage)[ _.-]?key)"
)
END = r"(?:[_-](?:base|base64|b64|dev|hash|live|new|old|prod|production|raw|staging|test|value|v?[0-9]{1,3}))?"
IS = r"(?:\\{0,7}[\"'])?\]?(?::[ \t]{0,2}(?:str|string)(?=[ \t]{0,2}=))?[ \t]{0,4}[:=]{1,2}+>?+[ \t]{0,4}+"
BARE = (
    rf"(?:[^\s,;&\"']|[,;&](?!\s|\Z|[\w.-]{{1,40}}[\"']?[=:]))[^\s,;&]{{0,{MOST}}}+"
    rf"(?:[,;&](?!\s|\Z|[\w.-]{{1,40}}[\"']?[=:])[^\s,;&]{{0,200}}+){{0,20}}+"
)
PHRASE_SIGNS = ("pass", "pwd")
KEY_SIGNS = ("secret", "token", "key")
NUMBER = r"|[0-9]{1,4}(?![^\s,;&)}\]])"  # how many tokens there are is no token
BLOCK = rf"(?:[ \t]{{0,40}}- )?[\"']?[\w.-]{{0,60}}(?:{PHRASE}|{KEY}){END}[\"']?"


def assigned(name: str, signs: tuple[str, ...], word: str, but: str = "") -> Iterator[Form]:
    """A value that a word names, in each way to write it down."""
    keep, lookahead = rf"(?P<keep>{word}{END}{IS}", rf"(?!{SAID}{but})"
    values = {
        "escaped": rf"\\{{1,7}}[\"'])(?:[^\\\n]|\\(?!\\{{0,6}}[\"'])){{1,{MOST}}}+",
        "double": rf"\")(?:[^\"\\\n]|\\.){{1,{MOST}}}+",
        "single": rf"')(?:[^'\\\n]|\\.){{1,{MOST}}}+",
        "bare": rf"){lookahead}{BARE}",
    }
    yield from (Form(f"{name}, {kind}", signs, keep + value, re.I) for kind, value in values.items())
