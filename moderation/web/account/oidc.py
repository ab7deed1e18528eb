"""Signing in by the newsroom's own login, an OpenID provider: the way there and the way back.

What must come back from there is kept in this browser's signed cookie, for as long as a sign-in may take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, current_app, redirect, request, session, url_for
from werkzeug.wrappers import Response

from moderation.accounts.accounts import invited_name
from moderation.accounts.oidc import claims_wanted, note_trouble, sign_in_vouched
from moderation.accounts.oidc_trouble import OidcTrouble, Trouble
from moderation.accounts.sign_in import SignedIn
from moderation.core.messages import noted
from moderation.web.account.attempts import attempts
from moderation.web.shared.access import services
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import argument
from moderation.web.shared.sign_ins import provider_name

if TYPE_CHECKING:
    from moderation.accounts.oidc_provider import Begun, Provider

EXTENSION = "moderation sign-in provider"
UNDER_WAY = "sign-ins under way"
LASTS_SECONDS = 600
"""How long somebody may take at the provider."""
AT_ONCE = 3
"""Sign-ins that one browser may have under way, in as many tabs."""
LONGEST = 200
LONGEST_PATH = 300
"""Of where a sign-in leads to: as many as are under way must fit into a cookie."""

_WORDS = {
    Trouble.AWAY: noted("%(name)s does not answer right now. Please try again in a moment; nothing was changed."),
    Trouble.ANSWER: noted(
        "%(name)s answered in a way that can’t be used here. Please tell an administrator; this service’s log "
        "says what was wrong."
    ),
    Trouble.DENIED: noted("%(name)s did not sign you in. You can try again."),
    Trouble.STALE: noted(
        "That sign-in was begun in another browser, took too long, or is over already. Please begin again."
    ),
    Trouble.UNBELIEVED: noted(
        "What %(name)s said of you could not be verified, so nobody was signed in. Please begin again, and tell an "
        "administrator if it goes on."
    ),
    Trouble.NO_ROLE: noted("%(name)s knows you, but you have no role here. An administrator can give you one there."),
    Trouble.UNKNOWN: noted(
        "%(name)s knows you, but there is no account for you here. An administrator can invite you: open the "
        "invitation and sign in with %(name)s there."
    ),
    Trouble.DISABLED: noted("Your account here is disabled. An administrator can enable it again."),
    Trouble.TAKEN: noted(
        "You have an account here already, so this invitation is not for you. Sign in without it, or ask an "
        "administrator."
    ),
}


def install_provider_pages(
    app: Flask,
    *,
    leads_to: Callable[[str], str],
    signed_in: Callable[[SignedIn, str], Response],
    refused: Callable[[str], Response],
) -> None:
    """Adds ``/login/provider`` and ``/login/provider/callback`` as the endpoints ``login_provider`` and
    ``login_provider_callback``. ``leads_to`` makes a path of ours of what was asked for, ``signed_in`` and ``refused``
    are the answers to what became of it.
    """

    def login_provider() -> Response:
        invitation = argument("invitation", LONGEST)
        if invitation:
            invited_name(services(), invitation)
        try:
            _known()
            url, begun = _provider().begin(_callback(), services().configuration.current().sign_in.oidc.scopes)
        except OidcTrouble as trouble:
            return refused(_words(trouble))
        asked = argument("next", 2 * LONGEST_PATH)
        _keep(begun, leads_to(asked if len(asked) <= LONGEST_PATH else ""), invitation or None)
        answer = redirect(url, 303)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    def login_provider_callback() -> Response:
        try:
            _known()
            begun, path, invitation = _taken_up(request.args.get("state", ""))
            with attempts().at_provider():
                started = _signed_in(begun, invitation)
        except OidcTrouble as trouble:
            return refused(_words(trouble))
        return signed_in(started, path)

    app.add_url_rule("/login/provider", "login_provider", login_provider)
    app.add_url_rule("/login/provider/callback", "login_provider_callback", login_provider_callback)


def provider_sign_out(issuer: str | None, back: str) -> str | None:
    """Where a browser ends its sign-in at the provider too, if it was begun there and the provider answers."""
    client = services().settings.oidc
    if client is None or issuer != client.issuer:
        return None
    try:
        return _provider().sign_out_address(back)
    except OidcTrouble as trouble:
        _log(trouble)
        return None


def agent() -> str | None:
    """What the browser calls itself, as far as it can be stored."""
    return "".join(c for c in request.user_agent.string if c.isprintable()) or None


def _signed_in(begun: Begun, invitation: str | None) -> SignedIn:
    response = {name: value for name, value in request.args.items() if name in ("code", "iss", "error")}
    try:
        vouched = _provider().finish(begun, response, _callback(), wanted=claims_wanted(services()))
    except OidcTrouble as trouble:
        note_trouble(services(), trouble.trouble)
        raise
    return sign_in_vouched(services(), vouched, invitation=invitation, agent=agent())


def _provider() -> Provider:
    provider = current_app.extensions.get(EXTENSION)
    if provider is None:
        from moderation.accounts.oidc_provider import Provider  # noqa: PLC0415 - a start needs no such client

        client = services().settings.oidc
        assert client is not None
        provider = current_app.extensions.setdefault(EXTENSION, Provider(client, services().clock))
    return cast("Provider", provider)


def _known() -> None:
    if services().settings.oidc is None:
        raise OidcTrouble(Trouble.STALE, "no provider is set up")


def _callback() -> str:
    return url_for("login_provider_callback", _external=True)


def _keep(begun: Begun, path: str, invitation: str | None) -> None:
    kept = _kept()
    ends = int(services().clock().timestamp()) + LASTS_SECONDS
    kept[begun.state] = [begun.nonce, begun.verifier, path, invitation, ends]
    session[UNDER_WAY] = dict(list(kept.items())[-AT_ONCE:])


def _kept() -> dict[str, Any]:
    found = session.get(UNDER_WAY)
    return dict(found) if isinstance(found, dict) else {}


def _taken_up(state: str) -> tuple[Begun, str, str | None]:
    """What was kept of the sign-in with this state, which is over with that. Raises ``OidcTrouble``."""
    kept = _kept()
    found = kept.pop(state, None)
    if found is not None:
        session[UNDER_WAY] = kept
    if found is None or found[-1] < services().clock().timestamp():
        raise OidcTrouble(Trouble.STALE, "this browser has no such sign-in under way")
    from moderation.accounts.oidc_provider import Begun  # noqa: PLC0415 - a start needs no such client

    nonce, verifier, path, invitation, _ = found
    return Begun(state=state, nonce=nonce, verifier=verifier), path, invitation


def _words(trouble: OidcTrouble) -> str:
    _log(trouble)
    return gettext(_WORDS[trouble.trouble], name=provider_name() or "")


def _log(trouble: OidcTrouble) -> None:
    current_app.logger.warning("nobody was signed in by the provider: %s %s", trouble.trouble, trouble.detail)
