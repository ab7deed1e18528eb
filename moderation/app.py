"""The web application, made from its services."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, redirect, request
from werkzeug.middleware.proxy_fix import ProxyFix

from moderation.readers.key_sets import KeySets
from moderation.services import Services
from moderation.web.account.attempts import Attempts
from moderation.web.api import articles as articles_api
from moderation.web.api import comments as comments_api
from moderation.web.api import coral as coral_api
from moderation.web.api import operations as operations_api
from moderation.web.api import queue as queue_api
from moderation.web.api import reports as reports_api
from moderation.web.api import section as section_api
from moderation.web.embed import scripts as embed_scripts
from moderation.web.pages import install_pages
from moderation.web.perspective import analyze as perspective_api
from moderation.web.shared import access, errors, metrics, watched
from moderation.web.shared.addresses import root, rooted
from moderation.web.shared.article_id import ArticleId
from moderation.web.shared.door import Door
from moderation.web.shared.late_rules import LateRule
from moderation.web.shared.limits import Limits
from moderation.web.shared.rendering import error_page
from moderation.web.shared.standing import STANDING, Standing

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

ALWAYS_SERVED = ("operations_api.healthz", "operations_api.metrics", "static")
"""What answers whatever else hangs."""
PATHS_ALWAYS_SERVED = ("/healthz", "/metrics", "/static/")
OPERATIONS = ("/healthz", "/readyz", "/metrics")
"""What is asked for on the machine itself."""

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""With every answer, unless it says otherwise."""


def create_app(services: Services) -> Flask:
    """The whole web application over these services. It runs nothing in the background."""
    app = Flask("moderation.web", root_path=str(Path(__file__).parent / "web"))
    app.url_rule_class = LateRule
    app.url_map.merge_slashes = False  # an article's id may be an address: https://news.example/trams
    app.url_map.converters["article"] = ArticleId
    app.extensions["moderation"] = services
    app.extensions[access.KEY_SETS] = KeySets()
    app.extensions[STANDING] = Standing(lambda: app.extensions["moderation"])
    app.config.update(
        SESSION_COOKIE_NAME="moderation_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.wsgi_app = Door(  # type: ignore[method-assign]
        app.wsgi_app, SECURITY_HEADERS, public_url=services.settings.public_url, operations=OPERATIONS
    )
    proxies = services.settings.trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    app.wsgi_app = watched.Watched(app.wsgi_app, trusted=proxies > 0)  # type: ignore[method-assign]
    watched.install(app)
    metrics.install(app, asking=(*perspective_api.PATHS, coral_api.PATH))
    app.after_request(_guard)  # before the limits: what was asked for first has the last word on an answer
    app.before_request(_limit_body)
    access.install_cors(app)
    limits = Limits(app, services)
    Attempts(app, services.settings.redis_url)
    google = dict.fromkeys(perspective_api.PATHS, perspective_api.google_error)
    errors.install(
        app,
        styles={"/api/": errors.problem, "/oembed": errors.problem, **google},
        page=error_page,
        english=perspective_api.PATHS,
    )
    app.register_blueprint(articles_api.blueprint(limits))
    app.register_blueprint(comments_api.blueprint(limits))
    app.register_blueprint(queue_api.blueprint())
    app.register_blueprint(reports_api.blueprint(limits))
    app.register_blueprint(section_api.blueprint())
    app.register_blueprint(coral_api.blueprint(limits))
    app.register_blueprint(operations_api.blueprint())
    app.register_blueprint(perspective_api.blueprint(limits))
    app.register_blueprint(embed_scripts.blueprint())
    install_pages(app, limits)
    return app


def _limit_body() -> None:
    if request.endpoint in ALWAYS_SERVED:
        return  # a changed configuration is stored by whoever asks for it first, and these wait for no database
    request.max_content_length = access.services().configuration.current().comments.maximum_body


def _guard(answer: Response) -> Response:
    headers = answer.headers
    if root() and headers.get("Location", "").startswith("/"):
        moved = redirect(rooted(headers["Location"]))
        headers["Location"] = moved.location
        answer.set_data(moved.get_data())
    if answer.status_code not in (429, 503):
        headers.pop("Retry-After", None)  # Flask-Limiter adds it to every answer
    elif headers.get("Retry-After") == "0":
        headers["Retry-After"] = "1"  # less than a second is left
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return answer
