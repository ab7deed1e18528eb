"""No template says anything that isn't in a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

import moderation.web

TEMPLATES = Path(moderation.web.__file__).parent / "templates"
ENGLISH = {"api/reference.html"}
"""Around a document that is in English alone: in two languages at once it would read worse."""
EVERY = sorted({path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")} - ENGLISH)
SAID_ALOUD = ("aria-label", "title", "placeholder", "alt")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LABEL = re.compile(r"[A-Z][a-z]+")
_CLASS = re.compile(r"{% block main_class %}.*?{% endblock %}")
_ENTITY = re.compile(r"&#?\w+;")


class _Words(HTMLParser):
    """What of a page a person is told, where it stands bare in the markup."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self.within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("kbd", "code", "style", "script"):
            self.within.append(tag)
        self.found += [value for name, value in attrs if name in SAID_ALOUD and value and _WORD.search(value)]

    def handle_endtag(self, tag: str) -> None:
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if not self.within and _WORD.search(data):
            self.found.append(data.strip())


def environment() -> Environment:
    return Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


def markup_of(source: str) -> str:
    """The template's own markup: what it fills in, and what it has translated, stands as nothing."""
    kept: list[str] = []
    translated = False
    source = _CLASS.sub("", source)
    tokens = [(kind, value) for _, kind, value in environment().lex(source)]
    for place, (kind, value) in enumerate(tokens):
        if kind == "block_begin":
            name = next(value for kind, value in tokens[place + 1 :] if kind == "name")
            translated = name == "trans" or (translated and name != "endtrans")
        elif kind == "data" and not translated:
            kept.append(value)
    return "".join(kept)


def labels_in(node: nodes.Node) -> Iterator[str]:
    """Texts that a template writes out by itself: ``{{ "Approve" if … }}``."""
    if isinstance(node, nodes.Call | nodes.Compare | nodes.Getitem):
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and _LABEL.match(node.value):
        yield node.value
    for child in node.iter_child_nodes():
        yield from labels_in(child)


def bare_in(template: str) -> list[str]:
    source = (TEMPLATES / template).read_text(encoding="utf-8")
    words = _Words()
    words.feed(_ENTITY.sub(" ", markup_of(source)))
    written = [label for output in environment().parse(source).find_all(nodes.Output) for label in labels_in(output)]
    return words.found + written


@pytest.mark.parametrize("template", EVERY)
def test_a_template_says_nothing_that_no_catalogue_knows(template: str) -> None:
    assert bare_in(template) == []


def test_bare_words_are_seen_wherever_they_stand() -> None:
    found = _Words()
    found.feed(markup_of('<p title="Bare">{{ x }} and more</p>{% trans %}Said well{% endtrans %}<kbd>Enter</kbd>'))
    assert found.found == ["Bare", "and more"]
    (output,) = environment().parse('{{ "Approve" if x else _("Reject") }}').find_all(nodes.Output)
    assert list(labels_in(output)) == ["Approve"]
