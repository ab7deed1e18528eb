"""The language of an answer: what its address asks for (``lang=``), on the desk what the account has chosen, else the
site or the installation; else what the browser prefers, else English.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from babel import Locale
from flask import Flask, Response, current_app, g, has_request_context, request
from markupsafe import Markup

from moderation.core.messages import ENGLISH, LANGUAGES, direction, told, translated, translations
from moderation.core.reach import sites_of
from moderation.web.shared.escaping import escaped, filled

DESK = frozenset({"review", "legal", "audit", "admin", "account", "login", "logout", "invitation"})
"""How addresses of pages for moderators begin: those are in fewer languages than the pages for readers."""
GOOGLES = frozenset({"perspective_api"})
"""Blueprints that answer as Google's service does, in English."""


_this_answer: Callable[[], Any] = g._get_current_object


def language() -> str:
    """The language of this answer."""
    try:  # asked hundreds of times a page: past the proxy
        known: str = _this_answer().language
    except (AttributeError, RuntimeError):
        if not has_request_context():
            return ENGLISH
        known = g.language = _language_asked()
    return known


def speak(chosen: str | None) -> None:
    """Has this answer speak the language that somebody has just chosen; None: as it would anyway."""
    signed_in = g.get("signed_in")
    if signed_in is not None:
        g.signed_in = replace(signed_in, language=chosen)
    g.pop("language", None)


def _language_asked() -> str:
    if request.blueprint in GOOGLES:
        return ENGLISH
    desk = request.path.split("/", 2)[1] in DESK
    offered = LANGUAGES["desk" if desk else "reader"]
    asked = request.args.get("lang", "")
    preferred = [tag for tag, quality in request.accept_languages if quality > 0]
    wanted = [asked, *(_desk_language() if desk else ()), *preferred]
    return next((found for tag in wanted if (found := _primary(tag)) in offered), ENGLISH)


def _desk_language() -> Iterator[str]:
    """What the account has chosen, and what its sites or the installation have."""
    actor = g.get("signed_in")
    if actor is not None and actor.language:
        yield actor.language
    display = current_app.extensions["moderation"].configuration.current().display
    usual = display.language_of(*(sites_of(actor) if actor is not None else ()))
    if usual:
        yield usual


def _primary(tag: str) -> str:
    """The language of a tag, without country or script: ``de`` of ``de-AT``."""
    return tag.partition("-")[0].lower()


@lru_cache(maxsize=8192)
def _words(language: str, text: str) -> str:
    """A text of a page in a language: a page has hundreds, mostly the same ones."""
    return translations("desk", language).gettext(text)


@lru_cache(maxsize=8192)
def _finished(language: str, text: str) -> Markup:
    """The same for templates, where a sentence may hold markup and nothing is filled in."""
    return filled(_words(language, text), {})


def gettext(text: str, /, **filled_in: Any) -> str:
    """A text of a page in the language of this answer."""
    words = _words(language(), text)
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
    return Markup(f"<bdi>{escaped(text)}</bdi>")  # noqa: S704 - escaped


@cache
def keys(*names: str) -> Markup:
    """Keys to be pressed, within a sentence."""
    return Markup(" ").join(Markup("<kbd>{}</kbd>").format(name) for name in names)


def said(value: Any) -> Any:
    """A message of the core in the language of this answer, or a sentence of ours that is kept in English."""
    return translated(value, language()) if isinstance(value, str) else told(value, language())


# --- for templates ----------------------------------------------------------------------------------------------------


def _in_template(text: str, /, **filled_in: Any) -> Markup:
    return filled(_words(language(), text), filled_in) if filled_in else _finished(language(), text)


def _counted(one: str, many: str, num: int, /, **filled_in: Any) -> Markup:
    return filled(translations("desk", language()).ngettext(one, many, num), {"num": num, **filled_in})


def _within(context: str, text: str, /, **filled_in: Any) -> Markup:
    return filled(translations("desk", language()).pgettext(context, text), filled_in)


def _counted_within(context: str, one: str, many: str, num: int, /, **filled_in: Any) -> Markup:
    words = translations("desk", language()).npgettext(context, one, many, num)
    return filled(words, {"num": num, **filled_in})


def install_languages(app: Flask) -> None:
    """Lets the templates translate (``{% trans %}``, ``gettext``), and every page say in which language it is."""
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.policies["ext.i18n.trimmed"] = True
    # Sentences fill in themselves, with what isn't markup escaped (``newstyle``); not wrapped by Jinja, as a page has
    # hundreds. Every template is HTML.
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.globals.update(
        _=_in_template, gettext=_in_template, ngettext=_counted, pgettext=_within, npgettext=_counted_within
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
