"""The environment: read once, wrong values name their variable."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from moderation.config.settings import VARIABLES, read_environment
from moderation.core.errors import ConfigurationError

KEY = "k" * 40


def test_with_nothing_set_everything_has_its_place(tmp_path: Path) -> None:
    settings = read_environment({}, root=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/var/moderation.sqlite3"
    assert settings.config_path == tmp_path / "config/moderation.toml"
    assert (settings.trusted_proxies, settings.redis_url, settings.production) == (0, None, False)


def test_the_secret_key_is_made_once_and_for_nobody_elses_eyes(tmp_path: Path) -> None:
    first, second = (read_environment({}, root=tmp_path).secret_key for _ in range(2))
    assert first == second
    assert len(first) >= 48
    assert stat.S_IMODE((tmp_path / "var/secret_key").stat().st_mode) == 0o600
    (tmp_path / "var/secret_key").write_text("")
    with pytest.raises(ConfigurationError, match="whole key"):
        read_environment({}, root=tmp_path)


def test_in_production_a_missing_secret_key_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="MODERATION_SECRET_KEY"):
        read_environment({"MODERATION_ENV": "production"}, root=tmp_path)
    assert read_environment({"MODERATION_ENV": "production", "MODERATION_SECRET_KEY": KEY}, root=tmp_path).production
    assert not (tmp_path / "var/secret_key").exists()


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        ("", ()),
        (KEY, (KEY,)),
        (f" {KEY} , {'o' * 30} ,", (KEY, "o" * 30, f" {KEY} , {'o' * 30} ,")),
        (f"{'with, ' * 6}comma", ("with",) * 6 + ("comma", f"{'with, ' * 6}comma")),
    ],
)
def test_secret_keys_of_before_are_named_between_commas(tmp_path: Path, value: str, keys: tuple[str, ...]) -> None:
    environment = {"MODERATION_SECRET_KEY": KEY, "MODERATION_SECRET_KEY_PREVIOUS": value}
    assert read_environment(environment, root=tmp_path).previous_secret_keys == keys


def test_whoever_names_a_secret_key_for_the_first_time_keeps_reading_with_the_one_that_was_made(tmp_path: Path) -> None:
    made = read_environment({}, root=tmp_path).secret_key
    assert read_environment({"MODERATION_SECRET_KEY": KEY}, root=tmp_path).previous_secret_keys == (made,)


@pytest.mark.parametrize("url", ["postgres://h/n", "postgresql://h/n", "postgresql+psycopg://h/n"])
def test_any_postgresql_address_means_the_driver_that_is_here(tmp_path: Path, url: str) -> None:
    assert read_environment({"MODERATION_DATABASE_URL": url}, root=tmp_path).database_url == "postgresql+psycopg://h/n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODERATION_ENV", "prod"),
        ("MODERATION_TRUSTED_PROXIES", "-1"),
        ("MODERATION_TRUSTED_PROXIES", "one"),
        ("MODERATION_TRUSTED_PROXIES", "٣"),
        ("MODERATION_TRUSTED_PROXIES", "9" * 5000),
        ("MODERATION_SECRET_KEY", "short"),
        ("MODERATION_SECRET_KEY_PREVIOUS", "short"),
        ("MODERATION_ADMIN_PASSWORD", "short"),
        ("MODERATION_SITE_KEY", "k" * 23),
        ("MODERATION_METRICS_TOKEN", "short"),
        ("MODERATION_DATABASE_URL", "mysql://h/n"),
        ("MODERATION_REDIS_URL", "127.0.0.1:6379"),
        ("MODERATION_PUBLIC_URL", "news.example"),
        ("MODERATION_PUBLIC_URL", "ftp://news.example"),
        ("MODERATION_PUBLIC_URL", "https://news.example/comments?a=b"),
        ("MODERATION_PUBLIC_URL", "https://news.example/a/../b"),
        ("MODERATION_PUBLIC_URL", "https://news.example//comments"),
        ("MODERATION_PUBLIC_URL", "https://me@news.example/"),
        ("MODERATION_PUBLIC_URL", 'https://news.example/"onload='),
        ("MODERATION_PUBLIC_URL", "https://news.example:99999/"),
        ("MODERATION_PUBLIC_URL", "https://news.example:0/"),
        ("MODERATION_OIDC_ISSUER", "login.news.example"),
        ("MODERATION_OIDC_ISSUER", "http://login.news.example"),
        ("MODERATION_OIDC_ISSUER", "https://me:pw@login.news.example"),
        ("MODERATION_OIDC_ISSUER", "https://login.news.example/?realm=x"),
        ("MODERATION_OIDC_ISSUER", "https://[::1"),
    ],
)
def test_a_wrong_value_names_its_variable(tmp_path: Path, name: str, value: str) -> None:
    assert name in VARIABLES
    with pytest.raises(ConfigurationError) as wrong:
        read_environment({name: value}, root=tmp_path)
    assert wrong.value.key == name
    assert KEY not in str(wrong.value)


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://News.Example/Comments/", "https://news.example/Comments"),
        ("https://news.example:443", "https://news.example"),
        ("http://news.example:80/comments", "http://news.example/comments"),
        ("https://news.example:80/comments", "https://news.example:80/comments"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_the_public_address_is_as_browsers_send_it(tmp_path: Path, value: str, url: str) -> None:
    assert read_environment({"MODERATION_PUBLIC_URL": value}, root=tmp_path).public_url == url


def test_a_provider_needs_an_issuer_and_a_client_and_its_secret_is_never_shown(tmp_path: Path) -> None:
    issuer, client = {"MODERATION_OIDC_ISSUER": "https://login.news.example"}, {"MODERATION_OIDC_CLIENT_ID": "desk"}
    secret = {"MODERATION_OIDC_CLIENT_SECRET": "hush-hush"}
    assert read_environment({}, root=tmp_path).oidc is None
    for lacking, name in ((issuer, "_CLIENT_ID"), (client | secret, "_ISSUER"), (secret, "_ISSUER")):
        with pytest.raises(ConfigurationError) as error:
            read_environment(lacking, root=tmp_path)
        assert error.value.key == f"MODERATION_OIDC{name}"
    settings = read_environment(issuer | client | secret, root=tmp_path)
    assert settings.oidc is not None
    assert settings.oidc.client_secret == "hush-hush"
    assert "hush" not in repr(settings)


def test_every_wrong_variable_is_named_at_once_and_no_secret_is_repeated(tmp_path: Path) -> None:
    wrong = {
        "MODERATION_SITE_KEY": "hush-hush",
        "MODERATION_ENV": "prod",
        "MODERATION_DATABASE_URL": "mysql://me:pw@h/n",
    }
    with pytest.raises(ConfigurationError) as error:
        read_environment(wrong, root=tmp_path)
    assert {told.partition(":")[0] for told in error.value.details} == set(wrong)
    assert "hush" not in str(error.value)
    assert "pw@h" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__
