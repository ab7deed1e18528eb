"""How a site signs its readers' tokens in tests: the keys, the claims, and sets of keys that really are served."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from moderation.readers.keys import Algorithm
from moderation.readers.site_keys import set_key
from tests.newsroom import Newsroom
from tests.served import serving

SECRET = "a secret that a site and this service share"
RSA = RSAKey.generate_key(2048, auto_kid=False)
EC = ECKey.generate_key("P-256", auto_kid=False)
ED = OKPKey.generate_key("Ed25519", auto_kid=False)
AnyKey = OctKey | RSAKey | ECKey | OKPKey
KEYS: Mapping[Algorithm, AnyKey] = {
    Algorithm.HS256: OctKey.import_key(SECRET),
    Algorithm.RS256: RSA,
    Algorithm.ES256: EC,
    Algorithm.EDDSA: ED,
}
"""A site's key for each algorithm."""


def pem_of(key: RSAKey | ECKey | OKPKey, *, private: bool = False) -> str:
    return key.as_pem(private=private).decode()


def claims_for(newsroom: Newsroom, **changes: Any) -> dict[str, Any]:
    """What a site says of a reader; what is changed to None isn't said."""
    now = int(newsroom.clock.now.timestamp())
    claims = {"sub": "reader-17", "name": "Ada", "aud": newsroom.site, "iat": now, "exp": now + 600} | changes
    return {name: value for name, value in claims.items() if value is not None}


def signed(
    claims: Mapping[str, Any] | bytes, algorithm: str = "HS256", key: AnyKey | None = None, **header: Any
) -> str:
    """A token with these claims, as they are."""
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    found = jws.JWSRegistry.algorithms[algorithm]
    head = encoded(json.dumps({"alg": algorithm, "typ": "JWT", **header}).encode())
    input_ = f"{head}.{encoded(payload)}"
    signature = found.sign(input_.encode(), key or KEYS[Algorithm(algorithm)])
    return f"{input_}.{encoded(signature)}"


def encoded(value: bytes) -> str:
    """As the parts of a token are: base64url, with nothing to fill it up."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def take_tokens(newsroom: Newsroom, algorithm: Algorithm = Algorithm.HS256) -> None:
    """Has the site's tokens count when they are signed by its key for this algorithm."""
    key = KEYS[algorithm]
    set_key(newsroom.services, "test", newsroom.site, algorithm, SECRET if isinstance(key, OctKey) else pem_of(key))


@dataclass
class Login:
    """A site's login that publishes a set of keys; ``status`` and ``body`` may be changed, ``asked`` counts."""

    url: str = ""
    status: int = 200
    body: bytes = b""
    asked: int = 0
    hangs: threading.Event | None = None

    def publish(self, *keys: AnyKey, names: tuple[str | None, ...] = ()) -> None:
        listed = []
        for number, key in enumerate(keys):
            public = dict(key.as_dict(private=False))
            public.pop("kid", None)
            name = names[number] if number < len(names) else None
            listed.append(public | ({"kid": name} if name else {}))
        self.body = json.dumps({"keys": listed}).encode()


@contextmanager
def login() -> Iterator[Login]:
    """A login at an address of this machine."""
    opened = Login()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            opened.asked += 1
            if opened.hangs is not None:
                opened.hangs.wait(20)
            self.send_response(opened.status)
            self.send_header("Content-Length", str(len(opened.body)))
            if 300 <= opened.status < 400:
                self.send_header("Location", opened.url)
            self.end_headers()
            self.wfile.write(opened.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    opened.url = f"http://127.0.0.1:{server.server_address[1]}/keys"
    with serving(server):
        try:
            yield opened
        finally:
            if opened.hangs is not None:
                opened.hangs.set()
