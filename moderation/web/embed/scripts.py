"""What pages of other sites load: the comment section's script, its words, and the counter."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from moderation.web.embed.bundle import Asset, counts_script, embed_script, word_file

NAME = "embed_scripts"
SCRIPT_SECONDS = 600
WORDS_SECONDS = 31_536_000


def blueprint() -> Blueprint:
    """The routes, open to every page."""
    scripts = Blueprint(NAME, __name__)

    @scripts.get("/embed.js")
    def embed() -> Response:
        return _served(embed_script(), f"public, max-age={SCRIPT_SECONDS}")

    @scripts.get("/counts.js")
    def counts() -> Response:
        return _served(counts_script(), f"public, max-age={SCRIPT_SECONDS}")

    @scripts.get("/embed.<language>.json")
    def words(language: str) -> Response:
        try:
            found = word_file(language)
        except KeyError:
            abort(404, "The comment section doesn't speak this language.")
        # The script asks by version: the same address never holds other words.
        current = request.query_string.decode("ascii", "replace") == found.version
        kept = f"public, max-age={WORDS_SECONDS}, immutable" if current else f"public, max-age={SCRIPT_SECONDS}"
        answer = _served(found, kept)
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    return scripts


def _served(asset: Asset, kept: str) -> Response:
    small = bool(request.accept_encodings.quality("gzip"))
    answer = Response(asset.compressed if small else asset.body, content_type=asset.kind)
    if small:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["Cache-Control"] = kept
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.set_etag(asset.version, weak=True)
    answer.make_conditional(request)
    return answer
