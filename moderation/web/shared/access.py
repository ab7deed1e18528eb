"""Who is asking: a site's server by secret key, a reader's browser by publishable key, a script by token, a person by
sign-in.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from flask import Flask, Request, Response, abort, current_app, g, make_response, redirect, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as WerkzeugResponse

from moderation.accounts.sign_in import account_signed_in, account_with_token
from moderation.accounts.sites import key_behind
from moderation.core.actor import Actor
from moderation.core.addresses import taken_apart
from moderation.core.errors import KeyInvalid, KeyMissing, OriginNotAllowed, RightMissing, SignInRequired
from moderation.core.messages import noted
from moderation.core.reach import anywhere, reachable, somewhere_on
from moderation.core.signing import keyed
from moderation.readers.key_sets import KeySets
from moderation.services import Services
from moderation.storage.sites import KeyKind, LiveKey, Right, allowed_origin
from moderation.web.shared.addresses import root

if TYPE_CHECKING:
    from moderation.readers.tokens import Reader

SAFE = ("GET", "HEAD", "OPTIONS")
COOKIE = "moderation_session"
ASKED_BY_PAGES = frozenset({"queue_pages.news", "queue_pages.waits"})
"""What an open page of the desk asks for by itself, over and over, whether or not anybody sits before it."""


def services() -> Services:
    """The services of the application that answers this request."""
    return cast(Services, current_app.extensions["moderation"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A site's key behind a request. ``secret`` keys vouch for what they say of an author. ``reader``: whom the site's
    own login names; ``sign_in``: nobody else may write there from a browser.
    """

    site_id: str
    key_id: str
    secret: bool
    rights: frozenset[str]
    origins: tuple[str, ...] = ()
    """Those from which a publishable key works."""
    sign_in: bool = False
    reader: Reader | None = None

    @property
    def reference(self) -> str:
        return f"key:{self.key_id}"

    @property
    def actor(self) -> Actor:
        return Actor(reference=self.reference, name="the site's own key", rights={self.site_id: self.rights})

    def require(self, right: Right) -> None:
        """Raises ``RightMissing`` unless the key has this right."""
        if not reachable(self.actor, right, somewhere_on(self.site_id)):
            raise RightMissing(right)

    def check_signed_in(self) -> None:
        """Raises ``SignInRequired`` where a browser writes for a guest, and the site takes none."""
        if self.sign_in and self.reader is None and not self.secret:
            raise SignInRequired


def caller() -> Caller:
    """The key behind this request. Raises ``KeyMissing``, ``KeyInvalid`` or ``OriginNotAllowed``, and for what writes
    with a reader's token, ``ReaderTokenExpired`` or ``ReaderTokenRefused``. Such a token stands in for an ``Origin``
    where there is none, as in a native app.
    """
    bearer = bearer_text()
    if bearer is not None:
        return secret_caller(bearer)
    publishable = request.headers.get("X-Site-Key") or (request.args.get("site") if request.method in SAFE else None)
    if publishable is None:
        raise KeyMissing
    key = _key(publishable)
    if key is None or key.kind != KeyKind.PUBLISHABLE:
        raise KeyInvalid
    origin = request.headers.get("Origin")
    if origin is not None and origin in key.origins:
        g.allowed_origin = origin
    if request.method in SAFE:
        return _caller(key)
    token = _reader_token()
    if origin not in key.origins and (origin is not None or token is None):
        raise OriginNotAllowed(origin)
    return _caller(key, _reader(key.site_id, token) if token is not None else None)


def form_caller(text: str, *, writes: bool) -> Caller:
    """The caller behind the publishable key that a page without scripts carries. What ``writes`` must come from one of
    the site's own pages, or from one of ours. Raises ``KeyMissing``, ``KeyInvalid`` or ``OriginNotAllowed``.
    """
    if not text:
        raise KeyMissing
    key = _key(text)
    if key is None or key.kind != KeyKind.PUBLISHABLE:
        raise KeyInvalid
    origin = request.headers.get("Origin")
    if writes and origin not in key.origins and not _from_our_page():
        raise OriginNotAllowed(origin)
    return _caller(key)


def secret_caller(text: str) -> Caller:
    """The caller behind a secret key's text. Raises ``KeyInvalid``."""
    key = _key(text)
    if key is None or key.kind != KeyKind.SECRET:
        raise KeyInvalid
    return _caller(key)


def moderator(right: str | None = None) -> Actor:
    """Whoever may decide by API: a secret key with its rights, or an account's token. Without this right anywhere they
    are told so whatever they ask for, before it is looked for. Raises ``KeyMissing``, ``KeyInvalid``, ``RightMissing``.
    """
    bearer = bearer_text()
    if bearer is None:
        raise KeyMissing
    key = _key(bearer)
    if key is not None and key.kind == KeyKind.SECRET:
        actor: Actor | None = _caller(key).actor
    else:
        actor = account_with_token(services(), bearer)
    if actor is None:
        raise KeyInvalid
    if right is not None and not anywhere(actor, right):
        raise RightMissing(right)
    return actor


READER_SCHEME = "reader"
KEY_SETS = "reader key sets"


def _reader_token() -> str | None:
    """What stands behind ``Authorization: Reader``; None where there is no such header."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == READER_SCHEME else None


def _reader(site_id: str, token: str) -> Reader:
    from moderation.readers.tokens import reader_named  # noqa: PLC0415 - a start needs no signatures

    return reader_named(services(), cast(KeySets, current_app.extensions[KEY_SETS]), site_id, token)


def bearer_text() -> str | None:
    """What stands behind ``Authorization: Bearer``; None where there is no such header."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, text = header.partition(" ")
    if scheme.lower() == READER_SCHEME:
        return None  # a reader's token vouches for a reader, and gives no right of a key
    if scheme.lower() != "bearer" or not text.strip():
        raise KeyInvalid
    return text.strip()


def _key(text: str) -> LiveKey | None:
    with services().database.asking() as connection:
        return key_behind(connection, text)


def _caller(key: LiveKey, reader: Reader | None = None) -> Caller:
    secret = key.kind == KeyKind.SECRET
    g.site_id = key.site_id  # for the log
    rights = frozenset(key.rights) if secret else frozenset({Right.SUBMIT.value})
    return Caller(
        site_id=key.site_id,
        key_id=key.id,
        secret=secret,
        rights=rights,
        origins=tuple(key.origins),
        sign_in=key.sign_in,
        reader=reader,
    )


# --- browsers from other origins --------------------------------------------------------------------------------------

_CORS_PREFIX = "/api/v1/"
_FOR_EVERY_ORIGIN = ("/api/v1/section", "/api/v1/counts", "/oembed")
"""What any page may read, refusals too: a section must be able to say what is wrong with its key."""
_EXPOSED = "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID"


def install_cors(app: Flask) -> None:
    """Answers preflights, which carry no key, and lets a page of an allowed origin read the answers."""

    @app.before_request
    def preflight() -> Response | None:
        asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        if not (asked and request.path.startswith(_CORS_PREFIX)):
            return None
        answer = make_response("", 204)
        answer.headers["Access-Control-Allow-Methods"] = "GET, POST"
        answer.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, X-Site-Key, Idempotency-Key"
        answer.headers["Access-Control-Max-Age"] = "600"
        return answer

    @app.after_request
    def readable(answer: Response) -> Response:
        origin = request.headers.get("Origin")
        if request.path.startswith(_FOR_EVERY_ORIGIN):
            answer.headers["Access-Control-Allow-Origin"] = "*"
            return answer
        if origin is None or not request.path.startswith(_CORS_PREFIX):
            return answer
        answer.vary.add("Origin")
        if "Access-Control-Allow-Origin" not in answer.headers and _is_allowed(origin):
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Expose-Headers"] = _EXPOSED
        return answer


def _is_allowed(origin: str) -> bool:
    if g.get("allowed_origin") == origin:
        return True
    try:
        with services().database.reading() as db:
            return allowed_origin(db, origin)
    except SQLAlchemyError:  # the answer that is under way says so already
        return False


# --- people who sign in -----------------------------------------------------------------------------------------------


def session_cookie() -> str:
    """What names the sign-in of this browser; after ``exchange_session_cookie`` what names it from now on."""
    return str(g.get("session_cookie") or request.cookies.get(COOKIE, ""))


def exchange_session_cookie(cookie: str) -> None:
    """From now on this names the sign-in; whoever answers the request hands it to the browser."""
    g.session_cookie = cookie


def signed_in() -> Actor | None:
    """Whoever is signed in on the pages; asked once per request."""
    if "signed_in" not in g:
        cookie = request.cookies.get(COOKIE)
        at_work = request.endpoint not in ASKED_BY_PAGES
        g.signed_in = account_signed_in(services(), cookie, at_work=at_work) if cookie else None
    return cast("Actor | None", g.signed_in)


def person() -> Actor:
    """The person signed in; behind ``install_sign_in`` there always is one."""
    actor = signed_in()
    if actor is None:
        abort(403)
    return actor


def install_sign_in(app: Flask, *, open_endpoints: frozenset[str]) -> None:
    """Every page asks for a sign-in but those named here: a new page is closed until somebody opens it."""

    @app.before_request
    def ask() -> WerkzeugResponse | None:
        if request.endpoint is None or request.endpoint in open_endpoints or signed_in() is not None:
            return None
        if request.method not in SAFE:
            abort(403, noted("You were signed out meanwhile. Sign in again; nothing was changed."))
        return redirect(f"/login?{urlencode({'next': request.full_path.rstrip('?')})}")


def csrf_token() -> str:
    """The token that every form of this browser carries."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    secret = services().keys.sessions.newest.secret
    drawn, made_from = g.get("form_token"), (secret, session["csrf"], session_cookie())
    if drawn is None or drawn[0] != made_from:  # a page has a form for everything that can be done
        drawn = g.form_token = made_from, _form_token(secret)
    token: str = drawn[1]
    return token


def _form_token(secret: str) -> str:
    return keyed(secret, "csrf", session["csrf"], session_cookie())[:40]


def check_csrf() -> None:
    """Refuses a form that this browser didn't get from us. Raises 400."""
    sent = request.form.get("csrf_token", "") or request.headers.get("X-CSRF-Token", "")
    tokens = map(_form_token, services().keys.sessions.secrets) if "csrf" in session else ()
    if not any(hmac.compare_digest(token.encode(), sent.encode("utf-8", "replace")) for token in tokens):
        abort(
            400,
            "This form was open too long, or cookies are switched off. Go back, reload the page, and send it again.",
        )


def check_readers_form() -> None:
    """Refuses a form that didn't come from a page of ours. It acts for nobody who is signed in, so what the browser
    itself says of where it comes from is enough, and cookies may be off. Raises 400.
    """
    if not _from_our_page():
        check_csrf()


def _from_our_page() -> bool:
    """What no other page can make a browser say; False where it says nothing."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    host = taken_apart(request.headers.get("Origin", "")).netloc
    return bool(host) and host == request.host


class _FormCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, here of the form's token; under https it is sent over https alone. It is signed with the
    key ring, which is asked for with the first form: an application is there, and says what it waits for, before its
    database is.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if not request.cookies.get(self.get_cookie_name(app)):
            return self.session_class()
        return super().open_session(app, request)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:  # noqa: ARG002 - as Flask calls it
        return URLSafeTimedSerializer(
            list(reversed(services().keys.sessions.secrets)),  # the newest, which signs, comes last
            salt=self.salt,
            serializer=self.serializer,
            signer_kwargs={"key_derivation": self.key_derivation, "digest_method": self.digest_method},
        )

    def get_cookie_path(self, app: Flask) -> str:  # noqa: ARG002 - as Flask calls it
        return root() or "/"

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - as Flask calls it
        return request.is_secure


def install_csrf(app: Flask, *, exempt: frozenset[str]) -> None:
    """Every unsafe request outside the named blueprints needs the form's token."""
    app.session_interface = _FormCookie()

    @app.before_request
    def check() -> None:
        if request.method not in SAFE and request.blueprint not in exempt and request.endpoint is not None:
            check_csrf()

    app.jinja_env.globals["csrf_token"] = csrf_token
