"""Answers that anybody may read and that shared caches may keep for a few seconds."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from hashlib import sha256

from flask import Response, request

SHARED_SECONDS = 10
"""How long a shared cache may give out what was true when it asked. A browser asks each time."""
WORTH_COMPRESSING = 1024
"""Bytes: a smaller answer fits into one packet as it is."""


@dataclass(frozen=True, slots=True)
class Body:
    """An answer's content, as it is and compressed, with what tells it from another."""

    tag: str
    plain: bytes
    compressed: bytes | None

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return len(self.plain) + len(self.compressed or b"")

    @classmethod
    def of(cls, plain: bytes) -> Body:
        compressed = gzip.compress(plain, 6, mtime=0) if len(plain) > WORTH_COMPRESSING else None
        return cls(sha256(plain).hexdigest()[:32], plain, compressed)


def public_answer(body: Body, content_type: str = "application/json", *, private: bool = False) -> Response:
    """An answer for everybody; ``private``: for who holds a secret key, kept by nobody."""
    zipped = body.compressed is not None and request.accept_encodings["gzip"] > 0
    answer = Response(body.compressed if zipped else body.plain, content_type=content_type)
    if zipped:
        answer.headers["Content-Encoding"] = "gzip"
    if private:
        answer.headers["Cache-Control"] = "private, no-store"
        return answer
    # The address alone doesn't tell the sites apart where the key came in a header.
    answer.headers["Vary"] = "Accept-Encoding, X-Site-Key"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = f"public, max-age=0, s-maxage={SHARED_SECONDS}"
    answer.set_etag(body.tag, weak=True)  # the same content, however it is encoded
    answer.make_conditional(request)
    return answer
