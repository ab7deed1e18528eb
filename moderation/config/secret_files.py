"""Secrets that stand in files, as containers and systemd hand them over: ``NAME_FILE`` says where ``NAME`` is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from moderation.core.errors import ConfigurationError

SECRETS = frozenset(
    {
        "MODERATION_ADMIN_PASSWORD",
        "MODERATION_ALERT_URLS",
        "MODERATION_BROKER_URL",
        "MODERATION_DATABASE_URL",
        "MODERATION_METRICS_TOKEN",
        "MODERATION_OIDC_CLIENT_SECRET",
        "MODERATION_REDIS_URL",
        "MODERATION_SECRET_KEY",
        "MODERATION_SECRET_KEY_PREVIOUS",
        "MODERATION_SITE_KEY",
        "MODERATION_SMTP_URL",
    }
)
"""Variables that are secret, or may hold a password."""
SUFFIX = "_FILE"
LARGEST = 64 * 1024
"""Bytes of such a file: no secret of ours is longer, and a wrong name may lead to something endless."""


def with_secret_files(environ: Mapping[str, str], names: Iterable[str], *, root: Path) -> dict[str, str]:
    """The environment, with each of ``names`` that a file holds read from it, less white space around it. A relative
    path counts from ``root``. Raises ``ConfigurationError`` that names the variable, and never what a file says.
    """
    filled = dict(environ)
    for name in names:
        said = environ.get(name + SUFFIX)
        if not said:
            continue
        if environ.get(name):
            raise ConfigurationError(name + SUFFIX, f"is set beside {name}; one of the two must go.")
        filled[name] = _content(name + SUFFIX, root / said)
    return filled


def _content(variable: str, file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "that is no path"
        raise ConfigurationError(variable, f"names a file that can't be read: {str(file)[:400]} ({why}).") from None
    if len(content) > LARGEST:
        raise ConfigurationError(variable, f"names a file of more than {LARGEST // 1024} KiB: {str(file)[:400]}.")
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        raise ConfigurationError(variable, f"names a file that is not UTF-8 text: {str(file)[:400]}.") from None
    if not text or "\0" in text:
        raise ConfigurationError(variable, f"names a file that holds no secret: {str(file)[:400]}.")
    return text
