"""Settings: the environment, read once at start, and the configuration file, typed and checked whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from moderation.core.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says. Paths are absolute; ``var`` is where this service keeps its own files."""

    config_path: Path
    database_url: str
    redis_url: str | None
    broker_url: str | None
    trusted_proxies: int
    secret_key: str
    previous_secret_keys: tuple[str, ...] = ()
    production: bool
    admin_password: str | None
    site_key: str | None
    var: Path
    metrics_token: str | None

    @property
    def packs(self) -> Path:
        """Where installed scoring packs lie."""
        return self.var / "packs"


VARIABLES: Mapping[str, str] = {
    "MODERATION_CONFIG": "the configuration file; default config/moderation.toml",
    "MODERATION_DATABASE_URL": "an SQLAlchemy address; default an SQLite file under var/",
    "MODERATION_REDIS_URL": "where rate limits are counted; unset: in the process",
    "MODERATION_BROKER_URL": "the queue of scoring workers; unset: the Redis one",
    "MODERATION_TRUSTED_PROXIES": "how many proxies in front are trusted to name the client; default 0",
    "MODERATION_SECRET_KEY": "the key ring is kept under it; unset: made once under var/ (in production: required)",
    "MODERATION_SECRET_KEY_PREVIOUS": "while it changes: the one before, or several between commas; they only read",
    "MODERATION_ENV": "`production` for no seeds and no printed secrets; default development",
    "MODERATION_ADMIN_PASSWORD": "at first start, the password of the user admin; unset: random, printed once",
    "MODERATION_SITE_KEY": "at first start, the secret key of the site demo; unset: random, printed once",
    "MODERATION_VAR": "the folder for this service's own files; default var/",
    "MODERATION_METRICS_TOKEN": "a bearer token that opens /metrics from elsewhere; unset: loopback only",
}
"""Every variable that is read, with what it means."""

MINIMUM_SECRET = 24


def read_environment(environ: Mapping[str, str] = os.environ, *, root: Path | None = None) -> Settings:
    """Settings from the environment. Raises ``ConfigurationError`` naming the variable that is wrong."""
    root = (root or Path.cwd()).resolve()

    def value(name: str) -> str | None:
        return environ.get(name) or None

    production = _production(value("MODERATION_ENV"))
    var = (root / (value("MODERATION_VAR") or "var")).resolve()
    return Settings(
        config_path=(root / (value("MODERATION_CONFIG") or "config/moderation.toml")).resolve(),
        database_url=_database_url(value("MODERATION_DATABASE_URL"), var),
        redis_url=_redis_url(value("MODERATION_REDIS_URL")),
        broker_url=value("MODERATION_BROKER_URL") or value("MODERATION_REDIS_URL"),
        trusted_proxies=_count("MODERATION_TRUSTED_PROXIES", value("MODERATION_TRUSTED_PROXIES")),
        secret_key=_secret_key(value("MODERATION_SECRET_KEY"), var, production=production),
        previous_secret_keys=_previous_secret_keys(value("MODERATION_SECRET_KEY_PREVIOUS"), var),
        production=production,
        admin_password=_long_enough("MODERATION_ADMIN_PASSWORD", value("MODERATION_ADMIN_PASSWORD")),
        site_key=_long_enough("MODERATION_SITE_KEY", value("MODERATION_SITE_KEY")),
        var=var,
        metrics_token=_long_enough("MODERATION_METRICS_TOKEN", value("MODERATION_METRICS_TOKEN")),
    )


def _production(value: str | None) -> bool:
    if value not in (None, "production", "development"):
        raise ConfigurationError("MODERATION_ENV", f"is {value!r}; it can be `production` or `development`.")
    return value == "production"


def _database_url(value: str | None, var: Path) -> str:
    if value is None:
        return f"sqlite:///{var / 'moderation.sqlite3'}"
    # What other tools write for PostgreSQL means the driver that is installed here.
    for prefix in ("postgres://", "postgresql://"):
        if value.startswith(prefix):
            return "postgresql+psycopg://" + value.removeprefix(prefix)
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigurationError(
            "MODERATION_DATABASE_URL",
            "names no database that works here; use sqlite:///FILE or postgresql://HOST/NAME.",
        )
    return value


def _redis_url(value: str | None) -> str | None:
    if value is not None and not value.startswith(("redis://", "rediss://", "redis+unix://")):
        raise ConfigurationError("MODERATION_REDIS_URL", "names no Redis; use redis://HOST:6379/0 or rediss://...")
    return value


def _count(name: str, value: str | None) -> int:
    if value is None:
        return 0
    if not (value.isascii() and value.isdigit() and len(value) <= 3):
        raise ConfigurationError(name, f"is {value[:40]!r}; it must be a whole number from 0 to 999.")
    return int(value)


def _long_enough(name: str, value: str | None) -> str | None:
    if value is not None and len(value) < MINIMUM_SECRET:
        raise ConfigurationError(name, f"is too short; it needs {MINIMUM_SECRET} characters or more.")
    return value


def _secret_key(value: str | None, var: Path, *, production: bool) -> str:
    if value is not None:
        return _long_enough("MODERATION_SECRET_KEY", value) or value
    if production:
        raise ConfigurationError(
            "MODERATION_SECRET_KEY",
            "is not set; in production it must be. This makes one: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
        )
    var.mkdir(parents=True, exist_ok=True)
    kept = var / "secret_key"
    if not kept.exists():
        # Written whole before it gets its name: another process that starts now never reads half a key.
        made = var / f"secret_key.{os.getpid()}"
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(made, kept)
        made.unlink()
    key = _kept_key(kept)
    if len(key) < MINIMUM_SECRET:
        raise ConfigurationError(
            str(kept),
            "holds no whole key. Bring it back from a backup, or delete it: a new one is made then, and the next start "
            "says what is lost with the old one.",
        )
    return key


def _previous_secret_keys(value: str | None, var: Path) -> tuple[str, ...]:
    """What may have been the secret key before. One that holds a comma itself is tried whole too."""
    named = [] if value is None else [part.strip() for part in value.split(",") if part.strip()]
    if value is not None and len(named) > 1:
        named.append(value)
    _long_enough("MODERATION_SECRET_KEY_PREVIOUS", value)
    kept = var / "secret_key"  # whoever names a key for the first time had this one
    with suppress(OSError):
        named.append(_kept_key(kept))
    return tuple(key for key in named if key)


def _kept_key(file: Path) -> str:
    """What a file says; nothing where it holds no text at all."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        return ""
