"""What secrets look like: a row for each form, each matched in time linear in the text.

No row can be tried twice over the same text at length: a run of characters is either possessive and ends its row, or
bounded, or cannot begin within another run of its kind. What a row keeps of a match is its group `keep`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bot.report.form import MOST, Form, form
from bot.report.named import BLOCK, END, KEY, KEY_SIGNS, NUMBER, PHRASE, PHRASE_SIGNS, SAID, assigned

SCHEMES = r"(?:basic|bearer|token|digest|apikey|negotiate|aws4-hmac-sha256)"
FORMS: tuple[Form, ...] = (
    # Blocks, before anything that would take a part of them.
    form(
        "the end of a private key",
        "-----end",
        r"\A(?:(?!-----BEGIN |-----END [A-Z0-9 ]{0,40}PRIVATE KEY)[\s\S])*+"
        r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----",
    ),
    form(
        "private key",
        "-----begin",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END )"
        r"[\s\S])*+(?:-----END [A-Z0-9 ]{0,60}-----)?",
    ),
    form(
        "block of YAML",
        "|\n >\n |- >- |+ >+ | >",
        rf"^(?P<keep>(?P<deep>[ \t]{{0,40}}+){BLOCK}[ \t]{{0,4}}:[ \t]{{0,4}}"
        rf"[|>][-+0-9]{{0,2}}[ \t]{{0,4}}\n(?P=deep)[ \t])(?:[^\n]*+(?:\n[ \t]*+"
        rf"(?=\n)|\n(?P=deep)[ \t])?+)++",
        re.I | re.M,
    ),
    # Whole lines.
    form(
        "variable",
        "=",
        r"^(?P<keep>(?:export |declare -x |set )?[A-Z0-9_]{0,60}(?:PASS(?"
        r":WORD|WD|PHRASE)?|(?<!OLD)PWD(?==[^/])|SECRET|TOKEN|(?:API|ACCESS|"
        r"PRIVATE|SECRET)_?KEY)(?:_[A-Z0-9]{1,12})?=)(?!" + SAID + r")[^\n]{1,4000}+",
        re.M,
    ),
    form(
        "line of YAML",
        "pass",
        rf"^(?P<keep>[ \t]{{0,40}}+(?:- )?[\"']?[\w.-]{{0,60}}{PHRASE}{END}"
        rf"[\"']?[ \t]{{0,4}}:[ \t]{{1,4}}+)(?!{SAID}|[\"'|>])[^\n]{{1,{MOST}}}+",
        re.I | re.M,
    ),
    form(
        "authorization",
        "authorization",
        rf"(?P<keep>authorization(?:\\{{0,7}}[\"'])?[ \t]{{0,3}}[:=][ \t]{{0,3}}+"
        rf"(?:\\{{0,7}}[\"'])?+(?:{SCHEMES}[ \t]{{1,3}}+)?+)(?!{SAID})[^\n\"'\\]{{1,{MOST}}}+",
        re.I,
    ),
    form(
        "cookie",
        "cookie",
        rf"(?P<keep>\b(?:set-)?cookie2?(?:\\{{0,7}}[\"'])?[ \t]{{0,3}}[:=]"
        rf"[ \t]{{0,3}}+(?:\\{{0,7}}[\"'])?+)(?!{SAID})[^\n\"'\\]{{1,{MOST}}}+",
        re.I,
    ),
    # Addresses.
    form(
        "address of a database",
        "://",
        r"(?P<keep>(?<![a-z])(?!https?:|wss?:)[a-z][a-z0-9+.-]{1,20}://)[^\s:/@\"'<>]{0,200}"
        r":[^\s\"'<>]{1,500}(?=@)",
        re.I,
    ),
    form(
        "address with a password",
        "://",
        r"(?P<keep>://)[^\s:/@\"'<>]{0,200}:(?![0-9]{1,5}(?:[/?#\s,\"']|\Z))[^\s\"'<>]{1,500}(?=@)",
        re.I,
    ),
    form("address with a key", "://", r"(?P<keep>://)[^\s:/@?#\"'<>]{16,200}+(?=@)"),
    form(
        "Go's address of a database",
        "@tcp( @unix(",
        r"(?P<keep>(?<![\w.-])[\w.-]{1,64}+:)[^\s@]{1,128}+(?=@(?:tcp|unix)\()",
    ),
    form(
        "webhook of a chat",
        "hooks.slack.com webhook",
        r"(?P<keep>https://(?:hooks\.slack\.com/|(?:[a-z]{1,10}\.)?discord(?"
        r":app)?\.com/api/webhooks/|[a-z0-9-]{1,63}\.webhook\.office\.com/)"
        r")[^\s\"'<>]{1,1000}+",
        re.I,
    ),
    form("signature", "sig", r"(?P<keep>[?&](?:[a-z-]{1,20}-)?sig(?:nature)?=)[^\s&\"']{8,2000}+", re.I),
    # Commands and files.
    form(
        "argument",
        "--",
        rf"(?P<keep>(?<![\w-])--(?:[a-z0-9]{{1,20}}-){{0,4}}(?:{PHRASE}|{KEY}"
        rf")(?:[ \t]{{1,4}}+|=)[\"']?+)(?!{SAID}|-)(?:(?<=\")[^\"\n]{{1,1000}}+"
        rf"|(?<=')[^'\n]{{1,1000}}+|\S{{1,{MOST}}}+)",
        re.I,
    ),
    form(
        "user of curl",
        "-u --user --proxy-user",
        r"(?P<keep>(?<!\S)(?:-u|--user|--proxy-user)[ =][\"']?[^\s:\"'/]{1,100}" r":)(?!/)[^\s\"']{1,500}+",
    ),
    form(
        "argument of MySQL", "mysql", r"(?P<keep>\bmysql[a-z]{0,10}\b[^\n]{0,200}? -p)(?=[^\s-])(?!rotocol)\S{1,200}+"
    ),
    form(
        "statement of SQL",
        "identified password",
        r"(?P<keep>\b(?:identified(?: with [a-z0-9_]{1,40})? by|password)[ \t]{1,4}')[^'\n]{1,500}+",
        re.I,
    ),
    form(".netrc", "password", r"(?P<keep>\blogin\s{1,20}\S{1,200}\s{1,20}password\s{1,20})\S{1,500}+"),
    form(
        ".pgpass",
        ":",
        r"^(?P<keep>(?:localhost|\*|[A-Za-z][\w.-]{0,250}):(?:[0-9]{4,5}|"
        r"\*):[^\s:]{1,63}:[^\s:]{1,63}:)[^\n]{1,500}+",
        re.M,
    ),
    form(
        "string of a connection", ";", r"(?P<keep>(?<=;) ?(?:password|pwd)=)(?!\*\*\*)[^;\n]{1,500}+(?=;|\Z|\n)", re.I
    ),
    form(
        "element of XML", "<", rf"(?P<keep><(?:[a-z0-9_.-]{{1,30}}[_.:-])?(?:{PHRASE}|{KEY})>)[^<\n]{{1,1000}}+", re.I
    ),
    # Values that a word names.
    *assigned("password", PHRASE_SIGNS, PHRASE),
    *assigned("key", KEY_SIGNS, KEY, NUMBER),
    form("bearer", "bearer", r"(?P<keep>\bbearer )(?=[^\s]{0,200}[0-9])[\w.~+/=-]{12,4000}+", re.I),
    form("basic", "basic", r"(?P<keep>\bbasic )(?=[^\s]{0,200}[0-9=])[A-Za-z0-9+/]{8,4000}+={0,2}", re.I),
    # Keys that tell by themselves whose they are.
    form("JSON Web Token", "eyj", r"(?<![\w+/-])eyJ[\w-]{10,}+\.[\w-]{10,}+(?:\.[\w-]*+)?"),
    form("JSON in base64", "eyj", r"(?<![\w+/-])eyJ[\w+/=-]{100,}+"),
    form("GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[opsur]_[A-Za-z0-9]{20,}+"),
    form("GitHub, fine-grained", "github_pat_", r"github_pat_\w{20,}+"),
    form("GitLab", "glpat- gldt- glrt-", r"gl(?:pat|dt|rt)-[\w-]{20,}+"),
    form("Slack", "xox xapp-", r"(?:xox[a-z]|xapp)(?:\.xox[a-z])?-[\w-]{10,}+"),
    form("Google, a key", "aiza", r"AIza[\w-]{30,}+"),
    form("Google, a token", "ya29. 1//0 gocspx-", r"(?:ya29\.|1//0|GOCSPX-)[\w-]{20,}+"),
    form("AWS", "akia asia abia acca", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    form("npm", "npm_", r"npm_[A-Za-z0-9]{30,}+"),
    form("PyPI", "pypi-ag", r"pypi-Ag[\w-]{30,}+"),
    form("OpenAI, Anthropic", "sk-", r"(?<![\w-])sk-(?=[\w-]{0,60}[0-9A-Z])[\w-]{20,}+"),
    form("Stripe", "k_live_ k_test_ whsec_", r"(?:[prs]k_(?:live|test)|whsec)_[A-Za-z0-9]{10,}+"),
    form("SendGrid", "sg.", r"(?<![\w.-])SG\.[\w-]{16,}+\.[\w-]{16,}+"),
    form("Twilio", "sk", r"\bSK[0-9a-f]{32}\b"),
    form("Hugging Face", "hf_", r"\bhf_[A-Za-z0-9]{30,}+"),
    form("Docker", "dckr_", r"dckr_(?:pat|oat)_[\w-]{20,}+"),
    form("DigitalOcean", "_v1_", r"do[opr]_v1_[0-9a-f]{40,}+"),
    form("Databricks", "dapi", r"\bdapi[0-9a-f]{32}"),
    form("Vault", "hvs. hvb. hvr.", r"\bhv[bsr]\.[\w-]{20,}+"),
    form("Grafana", "glsa_ glc_", r"\bgl(?:sa|c)_[\w+/=]{20,}+"),
    form("Telegram", ":aa", r"\b[0-9]{8,10}:AA[\w-]{30,}+"),
    form("age", "age-secret-key-", r"AGE-SECRET-KEY-1[A-Z0-9]{20,}+"),
)
"""In the order in which they are hidden."""


_SIGNS = tuple({sign for form in FORMS for sign in form.signs})
SHORT = 300  # characters of a text that may come again, as reasons and names do


def hide(text: str) -> str:
    """The text without what looks like a secret."""
    return _remembered(text) if len(text) <= SHORT else _hide(text)


def _hide(text: str) -> str:
    lower = text.lower()
    signs = {sign for sign in _SIGNS if sign in lower}
    if signs:
        for form in FORMS:
            if not signs.isdisjoint(form.signs):
                text = form.hide(text)
    return text


_remembered = lru_cache(maxsize=4096)(_hide)
