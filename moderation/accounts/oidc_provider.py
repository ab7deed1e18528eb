"""An OpenID provider as this service speaks to it: discovery, the authorization code with PKCE, the identity token.

Loaded when somebody signs in that way. Authlib forms and reads what goes back and forth and checks the token's claims,
joserfc its signature; here stand the time limits, and which addresses and algorithms are taken.
"""

from __future__ import annotations

import json
import queue
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import certifi
from authlib.common.security import generate_token
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import JWKRegistry, Key, KeySet
from joserfc.jws import JWSRegistry
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from moderation.accounts.oidc_trouble import LONGEST_SUBJECT, OidcTrouble, Trouble
from moderation.config.settings import OidcClient
from moderation.core.addresses import taken_apart
from moderation.services import Clock

SECONDS = 6.0
"""A provider that hasn't answered a request after so long is away, however lively it is meanwhile."""
CONNECT_SECONDS = 3.0
LARGEST = 512 * 1024
"""Bytes of an answer."""
AT_ONCE = 4
"""So many threads wait for a provider at most: one that hangs takes up no more of the service."""
TURN_SECONDS = 0.5
"""For which others wait for their turn."""
REST_SECONDS = 5.0
"""A provider that was away isn't asked again for so long: its silence keeps nobody else waiting."""
KEPT_SECONDS = 3600
"""How long a discovery document and its keys are taken as they were."""
KEYS_AGAIN_SECONDS = 30
"""A token signed with a key that isn't known has the keys fetched anew, once in so long."""
LEEWAY_SECONDS = 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""By which a token may be signed, where the provider's discovery document names it too: with a key of the provider's,
never with a secret that this service knows itself.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in under way: what the browser must bring back, and what only this service and the provider compare."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom a provider vouches for: ``subject`` of ``issuer`` is a person for good; the claims are of this moment."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metadata:
    """What a provider says of itself."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    algorithms: tuple[str, ...]
    token_endpoint_auth_methods: tuple[str, ...]
    names_itself: bool
    """In every response, as RFC 9207 has it."""


class Provider:
    """One provider; threads share it."""

    def __init__(self, client: OidcClient, clock: Clock, *, seconds: float = SECONDS) -> None:
        self._client = client
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._metadata: _Metadata | None = None
        self._metadata_ends = 0.0
        self._rests_until = 0.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0

    def begin(self, redirect_uri: str, scopes: tuple[str, ...]) -> tuple[str, Begun]:
        """Where to send the browser, and what to keep of it meanwhile. Raises ``OidcTrouble``."""
        metadata = self._discovered()
        begun = Begun(state=generate_token(32), nonce=generate_token(32), verifier=generate_token(64))
        url, _ = self._oauth(metadata, redirect_uri, scopes).create_authorization_url(
            metadata.authorization_endpoint, state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier
        )
        return str(url), begun

    def finish(
        self, begun: Begun, response: Mapping[str, str], redirect_uri: str, *, wanted: tuple[str, ...]
    ) -> Identity:
        """Whom the provider's response is about, after the code in it was exchanged. Claims that are ``wanted`` and not
        in the token are asked for. Raises ``OidcTrouble``.
        """
        metadata = self._discovered()
        if response.get("iss", self._client.issuer if not metadata.names_itself else "") != self._client.issuer:
            raise OidcTrouble(Trouble.UNBELIEVED, "the response names another issuer")
        if "error" in response:
            raise OidcTrouble(Trouble.DENIED, "the provider answered with an error")
        code = response.get("code", "")
        if not 0 < len(code) <= 4096:
            raise OidcTrouble(Trouble.ANSWER, "the response holds no code")
        try:
            tokens = self._oauth(metadata, redirect_uri, ()).fetch_token(
                metadata.token_endpoint, code=code, grant_type="authorization_code", code_verifier=begun.verifier
            )
        except OidcTrouble:
            raise
        except Exception as error:  # whatever the library makes of an answer that isn't one
            raise OidcTrouble(Trouble.ANSWER, f"the code was not exchanged: {type(error).__name__}") from None
        claims = self._checked(metadata, dict(tokens), begun.nonce)
        if metadata.userinfo_endpoint and not all(name.split(".")[0] in claims or name in claims for name in wanted):
            claims = {**self._asked_for(metadata.userinfo_endpoint, dict(tokens), claims["sub"]), **claims}
        return Identity(issuer=self._client.issuer, subject=claims["sub"], claims=claims)

    def sign_out_address(self, back: str) -> str | None:
        """Where a browser ends its sign-in at the provider, and is sent ``back`` from; None where there is no such
        place. Raises ``OidcTrouble``.
        """
        endpoint = self._discovered().end_session_endpoint
        if endpoint is None:
            return None
        asked = urlencode({"client_id": self._client.client_id, "post_logout_redirect_uri": back})
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{asked}"

    # --- tokens -----------------------------------------------------------------------------------------------------

    def _checked(self, metadata: _Metadata, tokens: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """The claims of an identity token: signed by the provider, for this service, in answer to this very request."""
        text = tokens.get("id_token")
        if not isinstance(text, str):
            raise OidcTrouble(Trouble.ANSWER, "there is no identity token")
        registry = JWSRegistry(algorithms=list(metadata.algorithms), strict_check_header=False)
        try:
            try:
                token = jwt.decode(text, key=self._key_set(metadata), registry=registry)
            except InvalidKeyIdError:
                token = jwt.decode(text, key=self._key_set(metadata, anew=True), registry=registry)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self._client.issuer},
                    "aud": {"essential": True, "value": self._client.client_id},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": self._client.client_id, "access_token": tokens.get("access_token")},
            )
            claims.validate(now=int(self._clock().timestamp()), leeway=LEEWAY_SECONDS)
            subject = claims["sub"]
        except OidcTrouble:
            raise
        except Exception as error:  # whatever the libraries make of it, it signs nobody in
            raise OidcTrouble(Trouble.UNBELIEVED, f"the identity token is refused: {_short(error)}") from None
        if not (isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()):
            raise OidcTrouble(Trouble.UNBELIEVED, "the identity token names nobody")
        return dict(claims)

    def _asked_for(self, endpoint: str, tokens: Mapping[str, Any], subject: str) -> dict[str, Any]:
        bearer = tokens.get("access_token")
        if not (isinstance(bearer, str) and bearer.isascii() and bearer.isprintable()):
            raise OidcTrouble(Trouble.ANSWER, "there is no access token")
        claims = self._answer("GET", endpoint, {"Authorization": f"Bearer {bearer}"})
        if claims.get("sub") != subject:
            raise OidcTrouble(Trouble.UNBELIEVED, "the claims asked for are another person's")
        return claims

    def _key_set(self, metadata: _Metadata, *, anew: bool = False) -> KeySet:
        with self._lock:
            kept, age = self._keys, time.monotonic() - self._keys_at
        if kept is not None and age < (KEYS_AGAIN_SECONDS if anew else KEPT_SECONDS):
            return kept
        listed = self._answer("GET", metadata.jwks_uri).get("keys")
        usable = [key for one in (listed if isinstance(listed, list) else ()) if (key := _key(one)) is not None]
        if not usable:
            raise OidcTrouble(Trouble.ANSWER, "the provider shows no keys")
        found = KeySet(usable)
        with self._lock:
            self._keys, self._keys_at = found, time.monotonic()
        return found

    def _oauth(self, metadata: _Metadata, redirect_uri: str, scopes: tuple[str, ...]) -> OAuth2Client:
        offered = metadata.token_endpoint_auth_methods
        secret = self._client.client_secret
        way = "client_secret_basic" if not offered or "client_secret_basic" in offered else "client_secret_post"
        client = OAuth2Client(
            session=self,
            client_id=self._client.client_id,
            client_secret=secret,
            token_endpoint_auth_method=way if secret else "none",
            scope=" ".join(("openid", *scopes)),
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )
        client.register_client_auth_method(("client_secret_basic", _basic))
        return client

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth) -> _Answer:
        """What Authlib's client sends to the token endpoint."""
        url, own, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        status, content = self._sent("POST", url, own, body.encode())
        return _Answer(status, content)

    # --- requests ---------------------------------------------------------------------------------------------------

    def _discovered(self) -> _Metadata:
        with self._lock:
            if self._metadata is not None and time.monotonic() < self._metadata_ends:
                return self._metadata
            if time.monotonic() < self._rests_until:
                raise OidcTrouble(Trouble.AWAY, "it was away a moment ago")
        issuer = self._client.issuer
        try:
            found = self._answer("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
        except OidcTrouble as trouble:
            if trouble.trouble is Trouble.AWAY:
                self._rests_until = time.monotonic() + REST_SECONDS
            raise
        if found.get("issuer") != issuer:
            raise OidcTrouble(Trouble.ANSWER, "the discovery document is another issuer's")
        metadata = _read(found, issuer)
        with self._lock:
            self._metadata, self._metadata_ends = metadata, time.monotonic() + KEPT_SECONDS
        return metadata

    def _answer(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        status, content = self._sent(method, url, {"Accept": "application/json", **(headers or {})}, None)
        return _Answer(status, content).json()

    def _sent(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        """An answer's status and content. It is waited for elsewhere, so that a name that resolves slowly and a byte
        now and then keep nobody for longer than one that doesn't answer.
        """
        if not self._turns.acquire(timeout=TURN_SECONDS):
            raise OidcTrouble(Trouble.AWAY, "others wait for the provider already")
        answer = queue.SimpleQueue[tuple[int, bytes] | Exception]()
        ends = time.monotonic() + self._seconds

        def ask() -> None:
            try:
                answer.put(_fetched(method, url, headers, body, ends))
            except Exception as error:
                answer.put(error)
            finally:
                self._turns.release()

        threading.Thread(target=ask, name="sign-in provider", daemon=True).start()
        try:
            found = answer.get(timeout=self._seconds)
        except queue.Empty:
            raise OidcTrouble(Trouble.AWAY, f"no answer within {self._seconds:g} seconds") from None
        if isinstance(found, OidcTrouble):
            raise found
        if isinstance(found, Exception):
            raise OidcTrouble(Trouble.AWAY, f"no answer: {type(found).__name__}") from None
        return found


class _Answer:
    """An answer as Authlib's client reads it."""

    def __init__(self, status: int, content: bytes) -> None:
        self.status_code = status
        self._content = content

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            trouble = Trouble.AWAY if self.status_code >= 500 or self.status_code == 429 else Trouble.ANSWER
            raise OidcTrouble(trouble, f"the provider answered with {self.status_code}")

    def json(self) -> dict[str, Any]:
        self.raise_for_status()
        try:
            found = json.loads(self._content)
        except (ValueError, RecursionError):
            found = None
        if self.status_code != 200 or not isinstance(found, dict):
            raise OidcTrouble(Trouble.ANSWER, "the provider's answer is no JSON object")
        return found


def _fetched(method: str, url: str, headers: Mapping[str, str], body: bytes | None, ends: float) -> tuple[int, bytes]:
    with PoolManager(ssl_context=_trusted(), retries=False) as pool:
        response = pool.request(
            method,
            url,
            headers=dict(headers),
            body=body,
            redirect=False,  # an endpoint is where the discovery document says
            preload_content=False,
            timeout=Timeout(connect=CONNECT_SECONDS, read=SECONDS),
        )
        content = b""
        while piece := response.read1(16 * 1024):
            content += piece
            if len(content) > LARGEST or time.monotonic() > ends:
                raise HTTPError("too much, or too slow")
        return response.status, content


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts, a house's own among them, and those of Mozilla."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _read(found: Mapping[str, Any], issuer: str) -> _Metadata:
    """A discovery document. Raises ``OidcTrouble``."""

    def address(name: str) -> str:
        url = optional_address(name)
        if url is None:
            raise OidcTrouble(Trouble.ANSWER, f"the discovery document has no usable {name}")
        return url

    def optional_address(name: str) -> str | None:
        url = found.get(name)
        if not isinstance(url, str) or len(url) > 2000 or not url.isprintable() or not taken_apart(url).netloc:
            return None
        # Never less guarded than the issuer itself.
        safe = url.startswith("https://") or (issuer.startswith("http://") and url.startswith("http://"))
        return url if safe else None

    def texts(name: str) -> tuple[str, ...]:
        listed = found.get(name)
        return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()

    named = texts("id_token_signing_alg_values_supported")
    algorithms = tuple(one for one in ALGORITHMS if one in named)
    if not algorithms:
        raise OidcTrouble(Trouble.ANSWER, f"the provider signs by none of {', '.join(ALGORITHMS)}")
    return _Metadata(
        authorization_endpoint=address("authorization_endpoint"),
        token_endpoint=address("token_endpoint"),
        jwks_uri=address("jwks_uri"),
        userinfo_endpoint=optional_address("userinfo_endpoint"),
        end_session_endpoint=optional_address("end_session_endpoint"),
        algorithms=algorithms,
        token_endpoint_auth_methods=texts("token_endpoint_auth_methods_supported"),
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _key(one: Any) -> Key | None:
    """A key of a provider's set; None for one that signs nothing, or is of a kind that isn't known here, as RFC 7517
    has it: the others go on counting.
    """
    if not isinstance(one, dict) or one.get("kty") not in ("RSA", "EC", "OKP") or one.get("use") == "enc":
        return None
    try:
        return JWKRegistry.import_key(one)
    except Exception:  # whatever the library makes of it
        return None


def _basic(
    client: ClientAuth, _method: str, uri: str, headers: dict[str, str], body: str
) -> tuple[str, dict[str, str], str]:
    """RFC 6749, 2.3.1: both parts are form-encoded first, which Authlib leaves out."""
    parts = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = "Basic " + b64encode(parts.encode()).decode()
    return uri, headers, body


def _short(error: Exception) -> str:
    """What kind of error, and of which claim; never what the token says."""
    claim = getattr(error, "claim", None)
    return f"{type(error).__name__}{f' ({claim})' if isinstance(claim, str) and len(claim) < 40 else ''}"
