"""No usual form of a secret is shown, and nothing that only looks like one is hidden."""

from __future__ import annotations

import base64
import json
import os
import random
import time
import urllib.parse

import pytest

from bot.report.line import Line
from bot.report.mask import Mask, knowing, learn, masked
from bot.report.patterns import FORMS

S = "s3cr3tS3cr3tS3cr3tS3cr3tS3cr3tS3cr3t"
HEX = "0123456789abcdef0123456789abcdef"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc_def-ghi"
KEY = f"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n{HEX}"
SHOWN = {
    # Keys that tell by themselves whose they are: the text, and what nobody may see of it.
    "GitHub, personal": (f"using ghp_{S} now", S),
    "GitHub, OAuth": (f"gho_{S}", S),
    "GitHub, user": (f"ghu_{S}", S),
    "GitHub, server": (f"x ghs_{S}", S),
    "GitHub, refresh": (f"ghr_{S}", S),
    "GitHub, fine-grained": (f"github_pat_11ABCDEFG0_{S}", S),
    "GitLab": (f"glpat-{S}", S),
    "Slack, bot": (f"xoxb-1234-{S}", S),
    "Slack, user": (f"xoxp-1234-{S}", S),
    "Slack, app": (f"xapp-1-A0-{S}", S),
    "Slack, webhook": (f"POST https://hooks.slack.com/services/T0/B0/{S} failed", S),
    "Discord, webhook": (f"https://discord.com/api/webhooks/123/{S}", S),
    "Google, a key": (f"AIza{S[:35]}", S[:35]),
    "Google, a token": (f"ya29.a0{S}", S),
    "Google, a client": (f"GOCSPX-{S}", S),
    "Google, a service account": (
        json.dumps({"private_key": f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n"}),
        HEX,
    ),
    "AWS, a key": ("AKIAABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNOP"),
    "AWS, for a while": ("ASIAABCDEFGHIJKLMNOP", "ABCDEFGHIJ"),
    "AWS, a secret": (f"aws_secret_access_key = {S}", S),
    "AWS, as JSON": (f'"SecretAccessKey": "{S}"', S),
    "AWS, a session": (f'"SessionToken": "{S}"', S),
    "npm": (f"npm_{S}", S),
    "OpenAI": (f"sk-proj-{S}", S),
    "Anthropic": (f"sk-ant-api03-{S}", S),
    "Stripe": (f"sk_live_{S}", S),
    "SendGrid": (f"SG.{S[:22]}.{S}", S),
    "Azure": (f"AccountName=x;AccountKey={S}==;EndpointSuffix=y", S),
    "a signature": (f"https://x.y/z?sv=1&sig={S}&e=2", S),
    "PyPI": (f"pypi-AgEIcHlwaS5vcmc{S}", S),
    "Docker": (f"dckr_pat_{S}", S),
    "Vault": (f"hvs.{S}", S),
    "JSON Web Token": (f"got {JWT}.", "eyJzdWIiOi"),
    "a key in base64": ("eyJ0eXBlIjog" + "a1B2" * 40, "a1B2a1B2"),
    "Twilio": (f"SK{HEX}", HEX),
    "Hugging Face": (f"hf_{S}", S),
    "DigitalOcean": (f"dop_v1_{HEX}{HEX}", HEX),
    "Databricks": (f"dapi{HEX}", HEX),
    "Grafana": (f"glsa_{S}", S),
    "Telegram": (f"bot 123456789:AA{S}", S),
    "age": (f"AGE-SECRET-KEY-1{S.upper()}", S.upper()),
    # Blocks.
    "PEM": (f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n-----END RSA PRIVATE KEY-----\nrest", HEX),
    "PEM, cut at its end": (f"-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY}", HEX),
    "PEM, cut at its start": (f"{KEY}\n-----END PRIVATE KEY-----\nrest", HEX),
    "PEM, on one line": (f"-----BEGIN PRIVATE KEY----- {KEY.replace(chr(10), ' ')} -----END PRIVATE KEY-----", HEX),
    "PGP": (f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{KEY}\n-----END PGP PRIVATE KEY BLOCK-----", HEX),
    "YAML, a block": ("a: b\npassword: |\n  correct horse\n\n  battery staple\nnext: c", "battery"),
    "YAML, a folded block": ("  - token: >-\n      correct\n      horse\n  - x", "horse"),
    "YAML": ("user: ada\n  password: correct horse\nport: 1", "horse"),
    "YAML, quoted": ("db_password: 'p w'", "p w"),
    # Addresses.
    "address": ("postgresql://ada:hunter2@db:5432/x", "hunter2"),
    "address, no user": ("redis://:hunter2@db:6379", "hunter2"),
    "address, @ inside": ("postgresql://ada:p@ss@db/x", "p@ss"),
    "address, / inside": ("mysql://ada:p/ss/w@db/x", "p/ss"),
    "address, digits and /": ("postgresql://ada:1234/5678@db/x", "5678"),
    "address of git": (f"https://{HEX}@github.com/x", HEX),
    "address, both": ("https://ada:p@s/s@x.y/z", "p@s/s"),
    "address for Go": ("ada:hunter2@tcp(db:3306)/x", "hunter2"),
    # Headers.
    "Bearer": ("Authorization: Bearer abc.def-ghi", "abc.def"),
    "Basic": ("Authorization: Basic YWRhOmh1bnRlcjI=", "YWRh"),
    "Basic, bare": ("sent Basic YWRhOmh1bnRlcjI=", "YWRh"),
    "Bearer, bare": (f"with bearer {S}", S),
    "of a proxy": ("Proxy-Authorization: Basic YWRhOmh1", "YWRh"),
    "no scheme": (f"authorization: {S}", S),
    "as a dictionary": (f"{{'Authorization': 'Bearer {S}', 'Accept': '*/*'}}", S),
    "X-Api-Key": (f"X-Api-Key: {S}", S),
    "Cookie": ("Cookie: a=b; session=hunter2", "hunter2"),
    "Set-Cookie": ("set-cookie: sid=hunter2; Path=/", "hunter2"),
    # What a word names.
    "DB_PASS": ("DB_PASS=hunter2", "hunter2"),
    "PGPWD": ("PGPWD=hunter2", "hunter2"),
    "PGPASSWORD": ("+ PGPASSWORD=hunter2 psql", "hunter2"),
    "MYSQL_PWD": ("export MYSQL_PWD=hunter2", "hunter2"),
    "a line of the environment": ("DB_PASSWORD=correct horse & co", "co"),
    "camel case": ("dbPass=hunter2", "hunter2"),
    "of production": ("DB_PASSWORD_PROD: hunter2", "hunter2"),
    "Secret": (f"CLIENT_SECRET={S}", S),
    "base of a secret": (f"SECRET_KEY_BASE={S}", S),
    "access": (f"access_token={S}&x=y", S),
    "as a query": (f"GET /x?a=b&token={S}&c=d", S),
    "quoted, with spaces": ('password="p w q" x', "w q"),
    "quoted, escaped": (r'password="p \" w"', " w"),
    "quoted, single": ("api_key = 'abc123 x', next", "123"),
    "JSON": ('{"password": "p w", "user": "ada"}', "p w"),
    "JSON, escaped": (r"{\"password\": \"p w\", \"user\": \"ada\"}", "p w"),
    "twice": (r"{\\\"token\\\":\\\"p w\\\"}", "p w"),
    "Python": ("{'passwd': 'p w'}", "p w"),
    "Ruby": (':password=>"p w"', "p w"),
    "an item": ('os.environ["TOKEN"] = "p w"', "p w"),
    "an argument's default": ('def f(password: str = "p w"):', "p w"),
    "XML": ("<db.password>p w</db.password>", "p w"),
    "with ; inside": ("Server=x;User Id=sa;Password=p w;Encrypt=yes", "p w"),
    "with , inside": ("password=ab,cd", "cd"),
    "passphrase": ("passphrase: correct horse", "horse"),
    "invisible": ("pass\u200bword=hunter2", "hunter2"),
    # Commands and files.
    "--password X": ("psql --password hunter2 -h db", "hunter2"),
    "--password=X": ("x --db-password=hunter2", "hunter2"),
    "--password 'X Y'": ("x --password 'p w' y", "p w"),
    "--token=X": (f"x --token={S}", S),
    "--api-key X": (f"x --api-key {S}", S),
    "curl": ("curl -u ada:hunter2 https://x.y", "hunter2"),
    "mysql": ("mysql -uroot -phunter2 x", "hunter2"),
    "SQL": ("CREATE USER x IDENTIFIED BY 'p w'", "p w"),
    "SQL, a role": ("ALTER ROLE x PASSWORD 'p w'", "p w"),
    ".netrc": ("machine x.y login ada password hunter2", "hunter2"),
    ".netrc, lines": ("machine x\n login ada\n password hunter2", "hunter2"),
    ".pgpass": ("db.local:5432:reco:ada:hunter2", "hunter2"),
}
HARMLESS = [
    "0123456789abcdef0123456789abcdef01234567",
    f"registry/reco@sha256:{HEX}{HEX}",
    "als-v4-0a1b2c3d-20261124",
    "token count: 5",
    "token: 5",
    "max_tokens=4096",
    "tokens: 1500",
    "password is required",
    "password: required",
    "password authentication failed for user ada",
    "PASS: test_all",
    "12 passed, 3 failed",
    "compass: north",
    "bypass=1",
    "key: [user_id, item_id]",
    "primary key: user_id",
    "unknown key 'dependancies'",
    "columns: {token: STRING}",
    "unexpected token: '}' at 3",
    "invalid password: expired",
    "PWD=/home/ada",
    "OLDPWD=/tmp",
    "password: ${DB_PASSWORD}",
    "token: ${{ secrets.GITHUB_TOKEN }}",
    "--password is required",
    "--token",
    'secret "reco" not found',
    "serving/dsn",
    "http://localhost:8080/a@b",
    "http://10.0.0.1:8080",
    "https://github.com/acme/reco/blob/main/x.py#L3",
    "gs://bucket/path",
    "ada@example.com",
    "a:b@c",
    "jobs/extract.py:12:5: error",
    "2026-11-24T04:00:00+00:00",
    "200:5:1:2",
    "bearer of news",
    "Basic authentication",
    "basic types",
    "sk-learn and sk-image",
    "skip: true",
    "-----BEGIN CERTIFICATE-----",
    "risk-assessment-of-the-long-way-home",
    "author: Ada",
    "git log --author ada",
    "monkey: banana",
    "a cookie",
    "-u ada",
]


@pytest.mark.parametrize("form", SHOWN)
def test_no_secret_is_shown(form: str) -> None:
    text, secret = SHOWN[form]
    assert secret in text or form == "invisible"
    assert secret not in Line(text).text
    if form != "invisible":
        assert secret not in masked(text)
        assert masked(masked(text)) == masked(text), "what is hidden already is left alone"


@pytest.mark.parametrize("text", HARMLESS)
def test_nothing_else_is_hidden(text: str) -> None:
    assert masked(text) == text


def test_what_stands_around_a_secret_stays() -> None:
    assert masked("postgresql://ada:hunter2@db:5432/x") == "postgresql://***@db:5432/x"
    assert masked("Authorization: Bearer abc.def-ghi") == "Authorization: Bearer ***"
    assert masked('{"password": "p w", "user": "ada"}') == '{"password": "***", "user": "ada"}'
    assert masked("see AKIAABCDEFGHIJKLMNOP there") == "see *** there"
    assert masked("a: b\npassword: |\n  one\n\n  two\nnext: c") == "a: b\npassword: |\n ***\nnext: c"


VALUES = [
    "hunter2!",
    "p@ss/w: rd",
    "ä-sécret & <co>",
    "line one of it\nline two of it",
    'quo"te\\back',
    "x" * 200 + "end",
]


def ways(value: str) -> dict[str, str]:
    """How a program may write a value down."""
    based = {
        f"base64, after {before}": base64.b64encode(b"n" * before + value.encode() + b"m" * after).decode()
        for before in range(4)
        for after in range(3)
    }
    return {
        "as it is": value,
        "URL": urllib.parse.quote(value, safe=""),
        "form": urllib.parse.quote_plus(value),
        "path": urllib.parse.quote(value),
        "JSON": json.dumps(value),
        "JSON, wide": json.dumps(value, ensure_ascii=False),
        "Python": repr(value),
        "the first line": value.splitlines()[0],
        "the last line": value.splitlines()[-1],
        "for URLs": base64.urlsafe_b64encode(value.encode()).decode(),
        "lines": base64.encodebytes(value.encode()).decode(),
        **based,
    }


@pytest.mark.parametrize("value", VALUES)
def test_what_is_known_is_hidden_in_every_form(value: str) -> None:
    for way, text in ways(value).items():
        shown = Mask([value])(f"({text})")
        assert "***" in shown, way
        core = text.strip("\"'\n=")
        pieces = {core[i : i + 8] for i in range(6, len(core) - 14)} if len(core) > 22 else {core}
        assert not {piece for piece in pieces if len(piece) == 8 and piece in shown}, way


def test_a_password_within_what_is_known_is_known() -> None:
    for dsn in (
        "postgresql://ada:p%40ssw0rd@db/x",
        "host=db user=ada password=p@ssw0rd",
        "host=db password='p@ssw0rd'",
    ):
        assert Mask([dsn])("no entry for p@ssw0rd") == "no entry for ***"


def test_what_protects_nothing_hides_nothing() -> None:
    assert Mask(["1", "true", "", " ", "abc", "default"])("1 is true by default, abc") == "1 is true by default, abc"


def test_what_is_learnt_is_forgotten_with_its_command() -> None:
    with knowing(["first-one"]):
        learn(["second-one"])
        assert masked("first-one second-one") == "*** ***"
    assert masked("first-one second-one") == "first-one second-one"


def spent(text: str) -> float:
    """Seconds of this thread's own work, whatever else the machine does."""
    start = time.thread_time()
    masked(text)
    return time.thread_time() - start


def long(seed: str, size: int) -> str:
    return (seed * (size // len(seed) + 1))[:size]


ATTACKS = [
    "eyJ-",
    "eyJaaaaaaaaaa.",
    "eyJ",
    "://",
    "://a:",
    "x://a:b",
    "a://",
    "https://a:b",
    "password",
    "password=",
    "password='",
    'password="\\',
    "password: |\n",
    "password: |\n  ",
    " password:",
    "token",
    'token\\"',
    "--",
    "--a-",
    "--password ",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "-----END ",
    "-----END PRIVATE KEY-----",
    "SG.aaaaaaaaaaaaaaaa.",
    "SG.",
    "sk-",
    "mysql ",
    "a:",
    "@tcp(",
    "a@",
    "bearer ",
    "basic ",
    "cookie:",
    "authorization: ",
    "A",
    "A_",
    "PASS",
    "_PASS=",
    "a.b-",
    "login ",
    "login a password ",
    ";pwd=",
    ";password=a",
    "<token>",
    "<a_",
    "&sig=",
    "&a-",
    "\\",
    "\n",
    " ",
    "-",
    "0",
    "0:AA",
    "xox",
    "xoxb-",
    "=",
    ",a=",
    ",a",
    "password=a,",
    "password=,a",
    "token=a,b",
    "host:5432:",
    "*:*:*:*:",
    "AKIA",
    "ghp_",
    "github_pat_",
]


@pytest.mark.parametrize("seed", ATTACKS, ids=repr)
def test_the_mask_takes_time_linear_in_the_text(seed: str) -> None:
    """Eight times the text takes eight times as long, not sixty-four; what is quick anyway is not measured."""
    most = spent(long(seed, 64_000))
    assert most < max(0.2, 3 * 8 * spent(long(seed, 8_000)))


def test_no_repeated_piece_of_any_form_makes_it_slow() -> None:
    chance = random.Random(11)
    texts = [text for text, _ in SHOWN.values()]
    for _ in range(int(os.environ.get("SAMEDAY_COUNT", "80"))):
        text = chance.choice(texts)
        start = chance.randrange(len(text))
        seed = text[start : start + chance.randint(1, 30)] + chance.choice(["", "", "\n", " ", "a", "-", '"'])
        assert spent(long(seed, 64_000)) < max(0.2, 3 * 8 * spent(long(seed, 8_000))), seed


def test_every_form_has_a_sign_that_its_secrets_bear() -> None:
    """A form whose sign is wrong is never looked for."""
    for form in FORMS:
        for text, _ in SHOWN.values():
            assert not form.compiled.search(text) or any(sign in text.lower() for sign in form.signs), form.name
    missed = [f.name for f in FORMS if not any(f.compiled.search(text) for text, _ in SHOWN.values())]
    assert missed == []
