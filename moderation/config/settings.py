"""Settings: the environment, read once at start and checked whole."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from moderation.config.secret_files import SECRETS, with_secret_files
from moderation.core.errors import ConfigurationError, configuration_error
from moderation.core.mail_addresses import is_mail_address
from moderation.core.strict_model import ill, problems, wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcClient:
    """What this service is to an OpenID provider. ``issuer`` names the provider, to the letter as it names itself;
    without a secret this is a public client.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Who takes letters. ``security``: ``tls`` from the first byte on, ``starttls``, or ``none`` on this machine."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How letters are sent: by which server, in whose name (``Comments <comments@news.example>``), and the address of
    this service as its readers reach it, without a slash at its end.
    """

    server: SmtpServer
    sender: str
    public_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says. Paths are absolute; ``var`` is where this service keeps its own files."""

    config_path: Path
    database_url: str
    redis_url: str | None
    trusted_proxies: int
    secret_key: str
    previous_secret_keys: tuple[str, ...] = ()
    production: bool
    admin_password: str | None
    site_key: str | None
    var: Path
    metrics_token: str | None
    alert_urls: tuple[str, ...] = ()
    public_url: str | None = None
    """Where browsers find this service, without a slash at its end; None: wherever a request says that it went."""
    oidc: OidcClient | None = None
    """None: people sign in by password alone."""
    mail: MailSettings | None = None
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    worker_metrics: tuple[str, int] | None = None
    """Host and port where a worker serves its figures; None: nowhere."""
    broker_url: str | None = None
    """Where workers are woken; None: they look by themselves."""

    @property
    def packs(self) -> Path:
        """Where installed scoring packs lie."""
        return self.var / "packs"


MINIMUM_SECRET = 24


def _database_url(value: str) -> str:
    # What other tools write for PostgreSQL means the driver that is installed here.
    for prefix in ("postgres://", "postgresql://"):
        if value.startswith(prefix):
            value = "postgresql+psycopg://" + value.removeprefix(prefix)
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ill("names no database that works here; use sqlite:///FILE or postgresql://HOST/NAME.")
    return _readable(_several_servers(value))


def _readable(value: str) -> str:
    if value.startswith("postgresql"):
        from sqlalchemy import make_url  # noqa: PLC0415 - loaded where a database is named alone
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

        try:
            make_url(value)
        except (ArgumentError, ValueError):  # which would show the password
            raise ill("is no database's address; use postgresql://USER:PASSWORD@HOST:PORT/NAME.") from None
    return value


_SERVERS = re.compile(
    r"(?P<driver>postgresql\+psycopg://)(?P<who>[^/?#]*@)?(?P<hosts>[^/?#@]*,[^/?#@]*)(?P<name>/[^?#]*)?(?:\?(?P<rest>.*))?"
)


def _several_servers(value: str) -> str:
    """Several servers, as PostgreSQL's own programs write them (``HOST:PORT,HOST:PORT``), in SQLAlchemy's notation.
    Unless it says otherwise, the one that can be written to is meant.
    """
    parts = _SERVERS.fullmatch(value)
    if parts is None:
        return value
    asked = [f"host={host}" for host in parts["hosts"].split(",")]
    asked += [parts["rest"]] if parts["rest"] else []
    if "target_session_attrs=" not in value:
        asked.append("target_session_attrs=read-write")
    return f"{parts['driver']}{parts['who'] or ''}{parts['name'] or '/'}?{'&'.join(asked)}"


def _redis_url(value: str) -> str:
    if not value.startswith(("redis://", "rediss://", "redis+unix://")):
        raise ill("names no Redis; use redis://HOST:6379/0 or rediss://...")
    return _address_of_a_server(value)


def _broker_url(value: str) -> str:
    if not value.startswith(("amqp://", "amqps://", "redis://", "rediss://", "redis+unix://")):
        raise ill("names no broker; use amqp://USER:PASSWORD@HOST:5672/VHOST (RabbitMQ) or redis://HOST:6379/0.")
    return _address_of_a_server(value)


def _address_of_a_server(value: str) -> str:
    """What can't be read would be told, password and all, by whoever tries it later, over and over."""
    try:
        parts = urlsplit(value)
        number, _ = parts.path.strip("/"), parts.port
    except ValueError:
        raise ill(_UNREADABLE) from None
    unix, redis = parts.scheme == "redis+unix", parts.scheme in ("redis", "rediss")
    if not unix and "@" in parts.path + parts.query + parts.fragment:
        raise ill(_UNREADABLE)
    if redis and number and not (number.isascii() and number.isdigit()):
        raise ill("names no database of that Redis by its number; use redis://HOST:6379/0.")
    return value


_UNREADABLE = "is no server's address; in a password / is written %2F, ? %3F, # %23 and @ %40."


def _long_enough(value: str) -> str:
    if len(value) < MINIMUM_SECRET:
        raise ill(f"is too short; it needs {MINIMUM_SECRET} characters or more.")
    return value


def _count(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 3):
        raise ill(f"is {value[:40]!r}; it must be a whole number from 0 to 999.")
    return int(value)


def _alert_urls(value: str) -> tuple[str, ...]:
    urls = tuple(value.replace(",", " ").split())
    if not all(url.startswith(("https://", "http://")) and len(url) <= 2000 for url in urls):
        raise ill("holds what is no address of an incoming webhook, such as https://hooks.slack.com/services/...")
    return urls


def _public_url(value: str) -> str:
    """The address as browsers send its origin: in small letters, without the usual port."""
    parts = _PUBLIC.fullmatch(value.rstrip("/"))
    port = int(parts["port"] or 1) if parts is not None else 0
    if parts is None or len(value) > 500 or not 0 < port < 65536 or {".", ".."} & set(parts["path"].split("/")):
        raise ill(
            "is no address of this service; use https://HOST or https://HOST/PATH, such as https://news.example/comments."
        )
    usual = {"http": 80, "https": 443}[parts["scheme"]]
    where = parts["host"].lower() + (f":{port}" if parts["port"] and port != usual else "")
    return f"{parts['scheme']}://{where}{parts['path']}"


_PUBLIC = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[A-Za-z0-9._~-]+)*)"
)


def _issuer(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    open_at_home = parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1")
    if (
        not host
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
        or not (parts.scheme == "https" or open_at_home)
    ):
        raise ill("is no provider's address; use https://HOST or https://HOST/PATH, as its discovery document has it.")
    return value


_SMTP: dict[str, tuple[Literal["tls", "starttls", "none"], int]] = {
    "smtps": ("tls", 465),
    "smtp+starttls": ("starttls", 587),
    "smtp": ("none", 25),
}


def _smtp_server(value: str) -> SmtpServer:
    try:
        parts = urlsplit(value)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in _SMTP or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise ill("is no mail server; use smtps://USER:PASSWORD@HOST:465 or smtp+starttls://USER:PASSWORD@HOST:587.")
    security, usual = _SMTP[scheme]
    if security == "none" and host not in ("localhost", "127.0.0.1", "::1"):
        raise ill("would send letters readable by everybody; use smtps:// or smtp+starttls:// for another machine.")
    user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
    if (user is None) != (password is None):
        raise ill("has a user without a password, or the other way round; write both, or neither.")
    return SmtpServer(host=host, port=port or usual, security=security, user=user, password=password)


def _mail_sender(value: str) -> str:
    name, address = parseaddr(value)
    if not is_mail_address(address) or not value.isprintable():
        raise ill("is no sender; write Comments <comments@news.example>, or the address alone.")
    return formataddr((name, address))


def _host_and_port(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65536):
        raise ill("is no port; write 9464 for this machine alone, or HOST:PORT, such as 0.0.0.0:9464.")
    return host.strip("[]") or "127.0.0.1", int(port)


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
RedisUrl = Annotated[str, AfterValidator(_redis_url)]
BrokerUrl = Annotated[str, AfterValidator(_broker_url)]
Secret = Annotated[str, AfterValidator(_long_enough)]
Count = Annotated[int, BeforeValidator(_count)]
AlertUrls = Annotated[tuple[str, ...], BeforeValidator(_alert_urls)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
Issuer = Annotated[str, AfterValidator(_issuer)]
Smtp = Annotated[SmtpServer, BeforeValidator(_smtp_server)]
MailSender = Annotated[str, AfterValidator(_mail_sender)]
Kind = Annotated[Literal["production", "development"], wanted("`production` or `development`")]
LogFormat = Annotated[Literal["text", "json"], wanted("`text` or `json`")]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], wanted("`debug`, `info`, `warning` or `error`")]
HostAndPort = Annotated[tuple[str, int], BeforeValidator(_host_and_port)]


class Environment(BaseModel):
    """Every variable that is read, under its name there."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    config: str = Field(
        "config/moderation.toml",
        alias="MODERATION_CONFIG",
        description="the configuration file; default config/moderation.toml",
    )
    database_url: DatabaseUrl | None = Field(
        None,
        alias="MODERATION_DATABASE_URL",
        description="an SQLAlchemy address; default an SQLite file under var/",
    )
    redis_url: RedisUrl | None = Field(
        None,
        alias="MODERATION_REDIS_URL",
        description="where rate limits are counted; unset: in the process",
    )
    broker_url: BrokerUrl | None = Field(
        None,
        alias="MODERATION_BROKER_URL",
        description="where workers are woken, amqp://... (RabbitMQ) or redis://...; unset: MODERATION_REDIS_URL",
    )
    trusted_proxies: Count = Field(
        0,
        alias="MODERATION_TRUSTED_PROXIES",
        description="how many proxies in front are trusted to name the client; default 0",
    )
    secret_key: Secret | None = Field(
        None,
        alias="MODERATION_SECRET_KEY",
        description="the key ring is kept under it; unset: made once under var/ (in production: required)",
    )
    previous_secret_keys: Secret | None = Field(
        None,
        alias="MODERATION_SECRET_KEY_PREVIOUS",
        description="while it changes: the one before, or several between commas; they only read",
    )
    kind: Kind = Field(
        "development",
        alias="MODERATION_ENV",
        description="`production` for no seeds and no printed secrets; default development",
    )
    admin_password: Secret | None = Field(
        None,
        alias="MODERATION_ADMIN_PASSWORD",
        description="at first start, the password of the user admin; unset: random, printed once",
    )
    site_key: Secret | None = Field(
        None,
        alias="MODERATION_SITE_KEY",
        description="at first start, the secret key of the site demo; unset: random, printed once",
    )
    var: str = Field("var", alias="MODERATION_VAR", description="the folder for this service's own files; default var/")
    metrics_token: Secret | None = Field(
        None,
        alias="MODERATION_METRICS_TOKEN",
        description="a bearer token that opens /metrics from elsewhere; unset: loopback only",
    )
    alert_urls: AlertUrls = Field(
        (),
        alias="MODERATION_ALERT_URLS",
        description="incoming webhooks of a chat that are told what [alerts] says, with spaces between; unset: none",
    )
    public_url: PublicUrl | None = Field(
        None,
        alias="MODERATION_PUBLIC_URL",
        description="where browsers find this service, such as https://news.example/comments; unset: as they ask",
    )
    oidc_issuer: Issuer | None = Field(
        None,
        alias="MODERATION_OIDC_ISSUER",
        description="the OpenID provider by which people sign in, such as https://login.news.example; unset: passwords",
    )
    oidc_client_id: str | None = Field(
        None, alias="MODERATION_OIDC_CLIENT_ID", description="what the provider calls this service"
    )
    oidc_client_secret: str | None = Field(
        None,
        alias="MODERATION_OIDC_CLIENT_SECRET",
        description="what the provider knows this service by; unset: a public client",
    )
    smtp_url: Smtp | None = Field(
        None,
        alias="MODERATION_SMTP_URL",
        description="who takes letters, smtps://USER:PASSWORD@HOST or smtp+starttls://...; unset: none are sent",
    )
    mail_from: MailSender | None = Field(
        None,
        alias="MODERATION_MAIL_FROM",
        description="in whose name letters are sent: Comments <comments@news.example>",
    )
    log_format: LogFormat | None = Field(
        None,
        alias="MODERATION_LOG_FORMAT",
        description="`json` or `text` lines on standard error; default json in production, else text",
    )
    log_level: LogLevel = Field(
        "info",
        alias="MODERATION_LOG_LEVEL",
        description="`debug`, `info`, `warning` or `error`; default info: requests and audit heads too",
    )
    worker_metrics: HostAndPort | None = Field(
        None,
        alias="MODERATION_WORKER_METRICS",
        description="where a worker serves its figures for Prometheus: a port, or HOST:PORT; unset: nowhere",
    )


VARIABLES = {str(field.alias): str(field.description) for field in Environment.model_fields.values()}
"""Every variable that is read, with what it means."""


def read_environment(environ: Mapping[str, str] = os.environ, *, root: Path | None = None) -> Settings:
    """Settings from the environment. Raises ``ConfigurationError`` naming each variable that is wrong."""
    root = (root or Path.cwd()).resolve()
    environ = with_secret_files(environ, sorted(SECRETS & VARIABLES.keys()), root=root)
    try:
        said = Environment.model_validate({name: environ[name] for name in VARIABLES if environ.get(name)})
    except ValidationError as error:
        # Without the cause: it may hold what is secret.
        raise configuration_error(problems(error)) from None
    var, production = (root / said.var).resolve(), said.kind == "production"
    return Settings(
        config_path=(root / said.config).resolve(),
        database_url=said.database_url or f"sqlite:///{var / 'moderation.sqlite3'}",
        redis_url=said.redis_url,
        trusted_proxies=said.trusted_proxies,
        secret_key=_secret_key(said.secret_key, var, production=production),
        previous_secret_keys=_previous_secret_keys(said.previous_secret_keys, var),
        production=production,
        admin_password=said.admin_password,
        site_key=said.site_key,
        var=var,
        metrics_token=said.metrics_token,
        alert_urls=said.alert_urls,
        oidc=_oidc(said),
        public_url=said.public_url,
        mail=_mail(said),
        log_format=said.log_format or ("json" if production else "text"),
        log_level=said.log_level,
        worker_metrics=said.worker_metrics,
        broker_url=said.broker_url or said.redis_url,
    )


def _oidc(said: Environment) -> OidcClient | None:
    issuer, client_id = said.oidc_issuer, said.oidc_client_id
    if issuer is None or client_id is None:
        lacking = {"MODERATION_OIDC_ISSUER": issuer, "MODERATION_OIDC_CLIENT_ID": client_id}
        if any((issuer, client_id, said.oidc_client_secret)):
            name = next(name for name, value in lacking.items() if value is None)
            raise ConfigurationError(name, "is not set; an OpenID provider needs it beside what is set.")
        return None
    return OidcClient(issuer=issuer, client_id=client_id, client_secret=said.oidc_client_secret)


def _mail(said: Environment) -> MailSettings | None:
    if said.smtp_url is None:
        return None
    for name, value in (("MODERATION_MAIL_FROM", said.mail_from), ("MODERATION_PUBLIC_URL", said.public_url)):
        if value is None:
            raise ConfigurationError(name, "is not set; with MODERATION_SMTP_URL it must be.")
    return MailSettings(server=said.smtp_url, sender=said.mail_from or "", public_url=said.public_url or "")


def _secret_key(value: str | None, var: Path, *, production: bool) -> str:
    if value is not None:
        return value
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
