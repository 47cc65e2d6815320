"""What secrets look like: a row for each form, each matched in time linear in the text.

No row can be tried twice over the same text at length: a run of characters is either possessive and ends its row, or
bounded, or cannot begin within another run of its kind. What a row keeps of a match is its group `keep`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

HIDDEN = "***"
MOST = 4_000  # characters of one value; a longer one is a text of its own


@dataclass(frozen=True, slots=True)
class Form:
    """One form: nothing is looked for unless one of `signs`, in lower case, is in the text."""

    name: str
    signs: tuple[str, ...]
    pattern: re.Pattern[str]

    def hide(self, text: str) -> str:
        """The text with the secrets of this form hidden."""
        return self.pattern.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    return (found["keep"] if "keep" in found.re.groupindex else "") + HIDDEN


def hide(text: str) -> str:
    """The text without what looks like a secret."""
    lower = text.lower()
    for form in FORMS:
        if any(sign in lower for sign in form.signs):
            text = form.hide(text)
    return text


# Words that stand where a value would and are none: what a message says, a type, a reference.
_SAID = (
    r"(?:a|an|and|bool|bytes|cannot|does|empty|expired|false|has|incorrect|int64|invalid|is|missing|must|needs|nil|none"
    r"|not|null|optional|or|required|requires|should|str|string|text|true|undefined|unset|varchar|was|wrong)"
    r"(?![^\s,;&.)}\]\"'])|\$\{|\$\(|\$[A-Z_]{3}|\{\{|<[A-Za-z _-]{1,40}>|\*\*\*(?![^\s,;&)}\]\"'])"
    r"|[|>][-+0-9]{0,2}[ \t]{0,4}(?:\n|\Z)"
)
_PHRASE = (
    r"(?:pass(?:word|wd|phrase|code)|(?<!old)pwd(?!\s{0,2}[=:]\s{0,2}/)"
    r"|(?-i:(?<![A-Za-z])[Pp]ass|(?<=[_.-])PASS|\bPASS(?= ?=)|(?<=[a-z0-9])Pass))"
)
_KEY = (
    r"(?:secret|(?<!unexpected )(?<!illegal )token"
    r"|(?:access|account|api|auth|encryption|master|private|secret|signing|storage)[ _.-]?key)"
)
_END = r"(?:[_-](?:base|base64|b64|dev|hash|live|new|old|prod|production|raw|staging|test|value|v?[0-9]{1,3}))?"
_IS = r"(?:\\{0,7}[\"'])?\]?(?::[ \t]{0,2}(?:str|string)(?=[ \t]{0,2}=))?[ \t]{0,4}[:=]{1,2}+>?+[ \t]{0,4}+"
_BARE = (
    rf"(?:[^\s,;&\"']|[,;&](?!\s|\Z|[\w.-]{{1,40}}[\"']?[=:]))[^\s,;&]{{0,{MOST}}}+"
    rf"(?:[,;&](?!\s|\Z|[\w.-]{{1,40}}[\"']?[=:])[^\s,;&]{{0,200}}+){{0,20}}+"
)
_PHRASE_SIGNS = ("pass", "pwd")
_KEY_SIGNS = ("secret", "token", "key")


def _assigned(name: str, signs: tuple[str, ...], word: str, but: str = "") -> Iterator[Form]:
    """A value that a word names, in each way to write it down."""
    keep, said = rf"(?P<keep>{word}{_END}{_IS}", rf"(?!{_SAID}{but})"
    values = {
        "escaped": rf"\\{{1,7}}[\"'])(?:[^\\\n]|\\(?!\\{{0,6}}[\"'])){{1,{MOST}}}+",
        "double": rf"\")(?:[^\"\\\n]|\\.){{1,{MOST}}}+",
        "single": rf"')(?:[^'\\\n]|\\.){{1,{MOST}}}+",
        "bare": rf"){said}{_BARE}",
    }
    yield from (Form(f"{name}, {kind}", signs, re.compile(keep + value, re.I)) for kind, value in values.items())


def _form(name: str, signs: str, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Form:
    return Form(name, tuple(signs.split(" ")), re.compile(pattern, flags))


_NUMBER = r"|[0-9]{1,4}(?![^\s,;&)}\]])"  # how many tokens there are is no token
_BLOCK = rf"(?:[ \t]{{0,40}}- )?[\"']?[\w.-]{{0,60}}(?:{_PHRASE}|{_KEY}){_END}[\"']?"
_SCHEMES = r"(?:basic|bearer|token|digest|apikey|negotiate|aws4-hmac-sha256)"

FORMS: tuple[Form, ...] = (
    # Blocks, before anything that would take a part of them.
    _form(
        "the end of a private key",
        "-----end",
        r"\A(?:(?!-----BEGIN |-----END [A-Z0-9 ]{0,40}PRIVATE KEY)[\s\S])*+"
        r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----",
    ),
    _form(
        "private key",
        "-----begin",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END )"
        r"[\s\S])*+(?:-----END [A-Z0-9 ]{0,60}-----)?",
    ),
    _form(
        "block of YAML",
        "|\n >\n |- >- |+ >+ | >",
        rf"^(?P<keep>(?P<deep>[ \t]{{0,40}}+){_BLOCK}[ \t]{{0,4}}:[ \t]{{0,4}}"
        rf"[|>][-+0-9]{{0,2}}[ \t]{{0,4}}\n(?P=deep)[ \t])(?:[^\n]*+(?:\n[ \t]*+"
        rf"(?=\n)|\n(?P=deep)[ \t])?+)++",
        re.I | re.M,
    ),
    # Whole lines.
    _form(
        "variable",
        "=",
        r"^(?P<keep>(?:export |declare -x |set )?[A-Z0-9_]{0,60}(?:PASS(?"
        r":WORD|WD|PHRASE)?|(?<!OLD)PWD(?==[^/])|SECRET|TOKEN|(?:API|ACCESS|"
        r"PRIVATE|SECRET)_?KEY)(?:_[A-Z0-9]{1,12})?=)(?!" + _SAID + r")[^\n]{1,4000}+",
        re.M,
    ),
    _form(
        "line of YAML",
        "pass",
        rf"^(?P<keep>[ \t]{{0,40}}+(?:- )?[\"']?[\w.-]{{0,60}}{_PHRASE}{_END}"
        rf"[\"']?[ \t]{{0,4}}:[ \t]{{1,4}}+)(?!{_SAID}|[\"'|>])[^\n]{{1,{MOST}}}+",
        re.I | re.M,
    ),
    _form(
        "authorization",
        "authorization",
        rf"(?P<keep>authorization(?:\\{{0,7}}[\"'])?[ \t]{{0,3}}[:=][ \t]{{0,3}}+"
        rf"(?:\\{{0,7}}[\"'])?+(?:{_SCHEMES}[ \t]{{1,3}}+)?+)(?!{_SAID})[^\n\"'\\]{{1,{MOST}}}+",
        re.I,
    ),
    _form(
        "cookie",
        "cookie",
        rf"(?P<keep>\b(?:set-)?cookie2?(?:\\{{0,7}}[\"'])?[ \t]{{0,3}}[:=]"
        rf"[ \t]{{0,3}}+(?:\\{{0,7}}[\"'])?+)(?!{_SAID})[^\n\"'\\]{{1,{MOST}}}+",
        re.I,
    ),
    # Addresses.
    _form(
        "address of a database",
        "://",
        r"(?P<keep>(?<![a-z])(?!https?:|wss?:)[a-z][a-z0-9+.-]{1,20}://)[^\s:/@\"'<>]{0,200}"
        r":[^\s\"'<>]{1,500}(?=@)",
        re.I,
    ),
    _form(
        "address with a password",
        "://",
        r"(?P<keep>://)[^\s:/@\"'<>]{0,200}:(?![0-9]{1,5}(?:[/?#\s,\"']|\Z))[^\s\"'<>]{1,500}(?=@)",
        re.I,
    ),
    _form("address with a key", "://", r"(?P<keep>://)[^\s:/@?#\"'<>]{16,200}+(?=@)"),
    _form(
        "Go's address of a database",
        "@tcp( @unix(",
        r"(?P<keep>(?<![\w.-])[\w.-]{1,64}+:)[^\s@]{1,128}+(?=@(?:tcp|unix)\()",
    ),
    _form(
        "webhook of a chat",
        "hooks.slack.com webhook",
        r"(?P<keep>https://(?:hooks\.slack\.com/|(?:[a-z]{1,10}\.)?discord(?"
        r":app)?\.com/api/webhooks/|[a-z0-9-]{1,63}\.webhook\.office\.com/)"
        r")[^\s\"'<>]{1,1000}+",
        re.I,
    ),
    _form("signature", "sig", r"(?P<keep>[?&](?:[a-z-]{1,20}-)?sig(?:nature)?=)[^\s&\"']{8,2000}+", re.I),
    # Commands and files.
    _form(
        "argument",
        "--",
        rf"(?P<keep>(?<![\w-])--(?:[a-z0-9]{{1,20}}-){{0,4}}(?:{_PHRASE}|{_KEY}"
        rf")(?:[ \t]{{1,4}}+|=)[\"']?+)(?!{_SAID}|-)(?:(?<=\")[^\"\n]{{1,1000}}+"
        rf"|(?<=')[^'\n]{{1,1000}}+|\S{{1,{MOST}}}+)",
        re.I,
    ),
    _form(
        "user of curl",
        "-u --user --proxy-user",
        r"(?P<keep>(?<!\S)(?:-u|--user|--proxy-user)[ =][\"']?[^\s:\"'/]{1,100}" r":)(?!/)[^\s\"']{1,500}+",
    ),
    _form(
        "argument of MySQL", "mysql", r"(?P<keep>\bmysql[a-z]{0,10}\b[^\n]{0,200}? -p)(?=[^\s-])(?!rotocol)\S{1,200}+"
    ),
    _form(
        "statement of SQL",
        "identified password",
        r"(?P<keep>\b(?:identified(?: with [a-z0-9_]{1,40})? by|password)[ \t]{1,4}')[^'\n]{1,500}+",
        re.I,
    ),
    _form(".netrc", "password", r"(?P<keep>\blogin\s{1,20}\S{1,200}\s{1,20}password\s{1,20})\S{1,500}+"),
    _form(
        ".pgpass",
        ":",
        r"^(?P<keep>(?:localhost|\*|[A-Za-z][\w.-]{0,250}):(?:[0-9]{4,5}|"
        r"\*):[^\s:]{1,63}:[^\s:]{1,63}:)[^\n]{1,500}+",
        re.M,
    ),
    _form(
        "string of a connection", ";", r"(?P<keep>(?<=;) ?(?:password|pwd)=)(?!\*\*\*)[^;\n]{1,500}+(?=;|\Z|\n)", re.I
    ),
    _form(
        "element of XML", "<", rf"(?P<keep><(?:[a-z0-9_.-]{{1,30}}[_.:-])?(?:{_PHRASE}|{_KEY})>)[^<\n]{{1,1000}}+", re.I
    ),
    # Values that a word names.
    *_assigned("password", _PHRASE_SIGNS, _PHRASE),
    *_assigned("key", _KEY_SIGNS, _KEY, _NUMBER),
    _form("bearer", "bearer", r"(?P<keep>\bbearer )(?=[^\s]{0,200}[0-9])[\w.~+/=-]{12,4000}+", re.I),
    _form("basic", "basic", r"(?P<keep>\bbasic )(?=[^\s]{0,200}[0-9=])[A-Za-z0-9+/]{8,4000}+={0,2}", re.I),
    # Keys that tell by themselves whose they are.
    _form("JSON Web Token", "eyj", r"(?<![\w+/-])eyJ[\w-]{10,}+\.[\w-]{10,}+(?:\.[\w-]*+)?"),
    _form("JSON in base64", "eyj", r"(?<![\w+/-])eyJ[\w+/=-]{100,}+"),
    _form("GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[opsur]_[A-Za-z0-9]{20,}+"),
    _form("GitHub, fine-grained", "github_pat_", r"github_pat_\w{20,}+"),
    _form("GitLab", "glpat- gldt- glrt-", r"gl(?:pat|dt|rt)-[\w-]{20,}+"),
    _form("Slack", "xox xapp-", r"(?:xox[a-z]|xapp)(?:\.xox[a-z])?-[\w-]{10,}+"),
    _form("Google, a key", "aiza", r"AIza[\w-]{30,}+"),
    _form("Google, a token", "ya29. 1//0 gocspx-", r"(?:ya29\.|1//0|GOCSPX-)[\w-]{20,}+"),
    _form("AWS", "akia asia abia acca", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    _form("npm", "npm_", r"npm_[A-Za-z0-9]{30,}+"),
    _form("PyPI", "pypi-ag", r"pypi-Ag[\w-]{30,}+"),
    _form("OpenAI, Anthropic", "sk-", r"(?<![\w-])sk-(?=[\w-]{0,60}[0-9A-Z])[\w-]{20,}+"),
    _form("Stripe", "k_live_ k_test_ whsec_", r"(?:[prs]k_(?:live|test)|whsec)_[A-Za-z0-9]{10,}+"),
    _form("SendGrid", "sg.", r"(?<![\w.-])SG\.[\w-]{16,}+\.[\w-]{16,}+"),
    _form("Twilio", "sk", r"\bSK[0-9a-f]{32}\b"),
    _form("Hugging Face", "hf_", r"\bhf_[A-Za-z0-9]{30,}+"),
    _form("Docker", "dckr_", r"dckr_(?:pat|oat)_[\w-]{20,}+"),
    _form("DigitalOcean", "_v1_", r"do[opr]_v1_[0-9a-f]{40,}+"),
    _form("Databricks", "dapi", r"\bdapi[0-9a-f]{32}"),
    _form("Vault", "hvs. hvb. hvr.", r"\bhv[bsr]\.[\w-]{20,}+"),
    _form("Grafana", "glsa_ glc_", r"\bgl(?:sa|c)_[\w+/=]{20,}+"),
    _form("Telegram", ":aa", r"\b[0-9]{8,10}:AA[\w-]{30,}+"),
    _form("age", "age-secret-key-", r"AGE-SECRET-KEY-1[A-Z0-9]{20,}+"),
)
"""In the order in which they are hidden."""
