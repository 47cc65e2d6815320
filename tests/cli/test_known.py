"""Which values of the environment are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.known import of_environment, of_settings
from bot.settings import Settings

VALUE = "s3cret-value"


@pytest.mark.parametrize(
    "name",
    [
        "GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SAMEDAY_POSTGRESQL_DSN", "SAMEDAY_WEBHOOK", "DB_PASS",
        "PGPASSWORD",
        "MYSQL_PWD", "AWS_SECRET_ACCESS_KEY", "API_KEY", "OPENAI_APIKEY", "npm_config_auth_token", "DEPLOY_PAT",
        "CREDENTIALS",
    ],
)  # fmt: skip
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert list(of_environment({name: VALUE})) == [VALUE]


@pytest.mark.parametrize(
    "name",
    ["PATH", "HOME", "PWD", "OLDPWD", "GITHUB_REPOSITORY", "KEYBOARD", "MONKEY", "AUTHOR", "XAUTHORITY", "PATTERN"],
)
def test_what_is_no_secret_is_none(name: str) -> None:
    assert list(of_environment({name: VALUE})) == []


def test_the_place_of_a_secret_is_none(tmp_path: Path) -> None:
    assert list(of_environment({"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path), "KEY": "/" + "x" * 10_000})) == [
        "/" + "x" * 10_000
    ]


def test_an_address_with_a_password_is_one() -> None:
    assert list(of_environment({"DATABASE_URL": "postgresql://ada:pw@db/x", "SITE": "https://x.y"})) == [
        "postgresql://ada:pw@db/x"
    ]


def test_what_the_settings_name_is_one() -> None:
    settings = Settings.model_validate(
        {
            "stores": {"serving": {"kind": "postgresql", "dsn": "SERVING"}},
            "manifests": {"secrets": {"PLACE": "serving/place"}},
            "repos": {
                "reco": {"secrets": {"MODEL": "reco/model"}, "environment": {"API_KEY": "k-plain", "LEVEL": "info"}}
            },
        }
    )
    environment = {"SERVING": "a", "PLACE": "b", "MODEL": "c", "OTHER": "d"}
    assert sorted(of_settings(settings, environment)) == ["a", "b", "c", "k-plain"]
