"""The environment: read once, wrong values name their variable."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from moderation.config.secret_files import SECRETS
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
    ("written", "meant"),
    [
        ("me:p%40w@a:5433,b/n", "me:p%40w@/n?host=a:5433&host=b&target_session_attrs=read-write"),
        ("a,b", "/?host=a&host=b&target_session_attrs=read-write"),
        (
            "me@a,b:5434/n?sslmode=require&target_session_attrs=any",
            "me@/n?host=a&host=b:5434&sslmode=require&target_session_attrs=any",
        ),
        ("me@/n?host=a:1&host=b:2", "me@/n?host=a:1&host=b:2"),
    ],
)
def test_several_servers_are_one_address_and_the_one_to_write_to_is_meant(
    tmp_path: Path, written: str, meant: str
) -> None:
    settings = read_environment({"MODERATION_DATABASE_URL": f"postgresql://{written}"}, root=tmp_path)
    assert settings.database_url == f"postgresql+psycopg://{meant}"


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
        ("MODERATION_DATABASE_URL", "postgresql://me:pw@h:port/n"),
        ("MODERATION_REDIS_URL", "127.0.0.1:6379"),
        ("MODERATION_REDIS_URL", "redis://:pw/pw@h:6379/0"),
        ("MODERATION_REDIS_URL", "redis://h:6379/zero"),
        ("MODERATION_BROKER_URL", "mqtt://h"),
        ("MODERATION_BROKER_URL", "amqp://me:pw/pw@h/v"),
        ("MODERATION_BROKER_URL", "amqp://me:1#pw@h/v"),
        ("MODERATION_BROKER_URL", "amqp://me:1?pw@h/v"),
        ("MODERATION_BROKER_URL", "amqp://me:pw@h:99999/v"),
        ("MODERATION_BROKER_URL", "amqps://[h/v"),
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


@pytest.mark.parametrize("name", sorted(SECRETS & VARIABLES.keys()))
def test_every_secret_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    """What a variable says and what its file says, with a line's end, come to the same."""
    others = {"MODERATION_SECRET_KEY": KEY, "MODERATION_MAIL_FROM": "desk@news.example"}
    others |= {"MODERATION_OIDC_ISSUER": "https://login.news.example", "MODERATION_OIDC_CLIENT_ID": "desk"}
    others |= {"MODERATION_PUBLIC_URL": "https://news.example"}
    others.pop(name, None)
    url = {"DATABASE": "postgresql://me:pw@h/n", "REDIS": "redis://:pw@h/1", "SMTP": "smtps://me:pw@h:465"}
    url["BROKER"] = "amqp://me:pw@h/v"
    value = url.get(name.split("_")[1], "https://chat.example/hook" if name.endswith("URLS") else "f" * 40)
    (tmp_path / "secret").write_text(f"{value}\n")
    told = read_environment({**others, name: value}, root=tmp_path)
    assert read_environment({**others, f"{name}_FILE": "secret"}, root=tmp_path) == told
    assert read_environment({**others, f"{name}_FILE": str(tmp_path / "secret")}, root=tmp_path) == told
    assert told != read_environment(others, root=tmp_path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(None, "can't be read", id="no such file"),
        pytest.param(b"", "holds no secret", id="empty"),
        pytest.param(b" \n", "holds no secret", id="blank"),
        pytest.param(b"hush\xff", "not UTF-8", id="no text"),
        pytest.param(b"hush" * 20_000, "more than", id="endless"),
        pytest.param(b"hush\0" * 10, "holds no secret", id="zeros in it"),
        pytest.param(b"hush", "too short", id="too short"),
    ],
)
def test_a_file_that_holds_no_secret_names_its_variable_and_keeps_what_it_says(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    """An empty or missing file never counts as unset: a start with a key of its own would lose what hangs on it."""
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ConfigurationError, match=why) as wrong:
        read_environment({"MODERATION_SECRET_KEY_FILE": "secret"}, root=tmp_path)
    assert wrong.value.key.startswith("MODERATION_SECRET_KEY")
    assert "hush" not in str(wrong.value)
    assert not (tmp_path / "var").exists()


def test_a_secret_stands_in_one_place(tmp_path: Path) -> None:
    """Two that differ would leave the choice to chance."""
    (tmp_path / "secret").write_text(KEY)
    with pytest.raises(ConfigurationError, match="beside MODERATION_SECRET_KEY;"):
        read_environment({"MODERATION_SECRET_KEY": KEY, "MODERATION_SECRET_KEY_FILE": "secret"}, root=tmp_path)
    set_empty = {"MODERATION_SECRET_KEY": "", "MODERATION_SECRET_KEY_FILE": "secret"}
    assert read_environment(set_empty, root=tmp_path).secret_key == KEY
