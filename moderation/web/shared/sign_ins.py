"""Sign-ins as pages list them: when, and with which browser; and what the newsroom's own login is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from moderation.core.messages import noted
from moderation.storage.accounts import WebSession
from moderation.storage.sites import digest_of
from moderation.web.shared.access import services
from moderation.web.shared.languages import gettext


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A sign-in. ``here`` is the one that asks."""

    told_as: str
    browser: str
    created_at: datetime
    expires_at: datetime
    here: bool


def session_row(session: WebSession, *, cookie: str = "") -> SessionRow:
    """A sign-in; ``cookie`` is that of whoever asks."""
    return SessionRow(
        told_as=session.told_as,
        browser=browser_words(session.agent),
        created_at=session.created_at,
        expires_at=session.expires_at,
        here=bool(cookie) and digest_of(cookie) == session.digest,
    )


def provider_name() -> str | None:
    """What the button calls the provider; None where there is none."""
    client = services().settings.oidc
    if client is None:
        return None
    return services().configuration.current().sign_in.oidc.name or urlsplit(client.issuer).netloc


# What each browser calls itself holds the names of others too; the first that fits is right.
_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = {
    "iPhone": noted("an iPhone"),
    "iPad": noted("an iPad"),
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": noted("a Mac"),
    "Linux": "Linux",
}


def browser_words(agent: str | None) -> str:
    """Such as ``Firefox on Linux``."""
    if not agent:
        return gettext("an unknown browser")
    browser = next((words for token, words in _BROWSERS.items() if token in agent), gettext("another program"))
    system = next((words for token, words in _SYSTEMS.items() if token in agent), None)
    return gettext("%(browser)s on %(system)s", browser=browser, system=gettext(system)) if system else browser
