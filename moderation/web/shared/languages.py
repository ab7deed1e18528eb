"""The language of an answer: what its address asks for (``lang=``), else what the browser prefers, else English."""

from __future__ import annotations

from typing import Any, cast

from babel import Locale
from flask import Flask, Response, g, has_request_context, request
from markupsafe import Markup

from moderation.core.messages import ENGLISH, LANGUAGES, direction, told, translated, translations

DESK = frozenset(
    {
        *("queue_pages", "comment_pages", "flag_pages", "desk_work_pages", "author_pages", "article_pages"),
        *("rules_pages", "legal_pages", "map_pages", "bulk_pages", "alike_pages", "section_desk_pages", "audit_pages"),
    }
)
"""Blueprints whose pages are for moderators, in fewer languages than those for readers."""
ENGLISH_ONLY = frozenset(
    {
        *("admin_pages", "policy_pages", "figures_pages", "sites_pages", "accounts_pages", "account_pages"),
        "perspective_api",
    }
)
"""Blueprints that speak English alone, until their pages are translated."""
ENGLISH_ENDPOINTS = frozenset({"invitation"})
DESK_ENDPOINTS = frozenset({"login", "login_code"})


def language() -> str:
    """The language of this answer."""
    if not has_request_context():
        return ENGLISH
    if "language" not in g:
        g.language = _language_asked()
    return cast(str, g.language)


def _language_asked() -> str:
    blueprint = request.blueprint or ""
    if blueprint in ENGLISH_ONLY or request.endpoint in ENGLISH_ENDPOINTS:
        return ENGLISH
    offered = LANGUAGES["desk" if blueprint in DESK or request.endpoint in DESK_ENDPOINTS else "reader"]
    asked = request.args.get("lang", "")
    wanted = [asked, *(tag for tag, quality in request.accept_languages if quality > 0)]
    return next((found for tag in wanted if (found := _primary(tag)) in offered), ENGLISH)


def _primary(tag: str) -> str:
    """The language of a tag, without country or script: ``de`` of ``de-AT``."""
    return tag.partition("-")[0].lower()


def gettext(text: str, /, **filled_in: Any) -> str:
    """A text of a page in the language of this answer."""
    words = translations("desk", language()).gettext(text)
    return words % filled_in if filled_in else words


def ngettext(one: str, many: str, num: int, /, **filled_in: Any) -> str:
    """The same for a text that differs with a number, which it can fill in as ``num``."""
    return translations("desk", language()).ngettext(one, many, num) % {"num": num, **filled_in}


def pgettext(context: str, text: str, /, **filled_in: Any) -> str:
    """The same for a text that means something else elsewhere."""
    words = translations("desk", language()).pgettext(context, text)
    return words % filled_in if filled_in else words


def npgettext(context: str, one: str, many: str, num: int, /, **filled_in: Any) -> str:
    """The same for a text that differs with a number."""
    return translations("desk", language()).npgettext(context, one, many, num) % {"num": num, **filled_in}


def plural_words(one: str, many: str) -> dict[str, str]:
    """Each form that a text has, by its name among plurals (CLDR), for a script that fills in the number itself."""
    said, plural = translations("desk", language()), Locale(language()).plural_form
    examples = {plural(number): number for number in range(110, -1, -1)}
    return {name: said.ngettext(one, many, number) for name, number in examples.items()}


def bdi(text: str) -> Markup:
    """Somebody's own words within a sentence, whichever way they are written."""
    return Markup("<bdi>{}</bdi>").format(text)


def keys(*names: str) -> Markup:
    """Keys to be pressed, within a sentence."""
    return Markup(" ").join(Markup("<kbd>{}</kbd>").format(name) for name in names)


def said(value: Any) -> Any:
    """A message of the core in the language of this answer, or a sentence of ours that is kept in English."""
    return translated(value, language()) if isinstance(value, str) else told(value, language())


def install_languages(app: Flask) -> None:
    """Lets the templates translate (``{% trans %}``, ``gettext``), and every page say in which language it is."""
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.policies["ext.i18n.trimmed"] = True
    # Templates fill in themselves, with what isn't markup escaped.
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: translations("desk", language()).gettext(text),
        lambda one, many, num: translations("desk", language()).ngettext(one, many, num),
        newstyle=True,
        pgettext=lambda context, text: translations("desk", language()).pgettext(context, text),
        npgettext=lambda context, one, many, num: translations("desk", language()).npgettext(context, one, many, num),
    )
    env.filters["said"] = said
    env.globals.update(bdi=bdi, keys=keys)
    env.globals["language"] = language
    env.globals["direction"] = lambda: direction(language())


def in_its_language(answer: Response) -> Response:
    """The answer with the headers that say in which language it is, and that this was asked for."""
    answer.headers["Content-Language"] = language()
    answer.vary.add("Accept-Language")
    return answer
