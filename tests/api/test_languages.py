"""Refusals name themselves by a code, whatever the language; the sentence is in the language that is asked for."""

from __future__ import annotations

import time
from typing import Any

import pytest

from moderation.core.messages import LANGUAGES
from tests.newsroom import Newsroom

COMMENTS = "/api/v1/articles/trams/comments"
SHORT = {"author": {"name": "Ada"}, "body": "Zu kurz"}


def refused(newsroom: Newsroom, sent: dict[str, Any] = SHORT, *, lang: str = "", accept: str = "") -> dict[str, Any]:
    headers = {"Accept-Language": accept} if accept else {}
    answer = newsroom.server("POST", COMMENTS + (f"?lang={lang}" if lang else ""), json=sent, headers=headers)
    assert answer.status_code == 422
    return dict(answer.json or {})


def test_a_refusal_says_its_code_and_what_its_sentence_is_filled_in_with(front_door: Newsroom) -> None:
    said = refused(front_door)
    assert said["code"] == "comment_too_short"
    assert said["params"] == {"count": 7, "minimum": 50}
    assert said["detail"].startswith("The comment has 7 characters; at least 50 are needed here.")


@pytest.mark.parametrize(
    ("accept", "begins"),
    [
        ("de", "Der Kommentar hat 7 Zeichen; nötig sind hier mindestens 50."),
        ("de-AT,en;q=0.5", "Der Kommentar hat 7 Zeichen"),
        ("da, fr;q=0.9, de;q=0.1", "Le commentaire compte 7 caractères"),
        ("ar", "يضم التعليق 7 أحرف؛ والمطلوب هنا 50 على الأقل."),
        ("tlh", "The comment has 7 characters"),
        ("*", "The comment has 7 characters"),
    ],
)
def test_its_sentence_is_in_the_language_that_the_reader_prefers(
    front_door: Newsroom, accept: str, begins: str
) -> None:
    assert refused(front_door, accept=accept)["detail"].startswith(begins)


def test_the_address_says_more_than_the_browser(front_door: Newsroom) -> None:
    said = refused(front_door, lang="es", accept="de")
    assert said["detail"].startswith("El comentario tiene 7 caracteres")
    assert said["code"] == "comment_too_short"
    assert refused(front_door, lang="klingon", accept="de")["detail"].startswith("Der Kommentar hat")


def test_one_character_is_told_as_one(front_door: Newsroom) -> None:
    one = SHORT | {"body": "x"}
    assert refused(front_door, one)["detail"].startswith("The comment has 1 character;")
    assert refused(front_door, one, accept="ar")["detail"].startswith("يضم التعليق حرفًا واحدًا؛")


@pytest.mark.parametrize("language", LANGUAGES["reader"])
def test_every_language_has_a_sentence_of_its_own(front_door: Newsroom, language: str) -> None:
    said = refused(front_door, accept=language)
    english = refused(front_door)
    assert said["code"] == english["code"]
    assert (said["detail"] == english["detail"]) == (language == "en")


def test_a_field_says_its_code_and_in_english_goes_on_from_its_name(front_door: Newsroom) -> None:
    nameless = SHORT | {"author": {"name": " "}}
    (problem,) = refused(front_door, nameless)["errors"]
    assert problem == {
        "field": "author.name",
        "message": "is empty. A comment needs its author's name.",
        "code": "name_empty",
        "params": {},
    }
    told = refused(front_door, nameless, accept="de")
    assert told["errors"][0]["message"].startswith("Der Name fehlt.")
    assert told["detail"].startswith("author.name: Der Name fehlt.")


def test_what_no_handler_of_ours_raised_has_a_code_too(front_door: Newsroom) -> None:
    answer = front_door.server("GET", "/api/v1/nothing", headers={"Accept-Language": "pt-BR"})
    assert (answer.status_code, (answer.json or {})["code"]) == (404, "nothing_at_address")
    assert (answer.json or {})["detail"] == "Não há nada neste endereço."


def test_an_answer_says_in_which_language_it_is(front_door: Newsroom) -> None:
    answer = front_door.server("GET", "/api/v1/nothing", headers={"Accept-Language": "hi"})
    assert answer.headers["Content-Language"] == "hi"
    assert "Accept-Language" in answer.headers["Vary"]


def test_where_a_comment_stands_is_told_in_the_readers_language(newsroom: Newsroom) -> None:
    sent = {"author": {"name": "Ada"}, "body": newsroom.text()}
    answer = newsroom.server("POST", COMMENTS, json=sent, headers={"Accept-Language": "fr"})
    said = answer.json or {}
    assert said["message"] == "Merci. Votre commentaire est arrivé et attend d’être lu par la modération."
    address = f"/api/v1/comments/{said['id']}?receipt={said['receipt']}"
    told = newsroom.client.get(address, headers={"Accept-Language": "es"}).json or {}
    assert told["message"] == "Gracias. Su comentario ha llegado y espera al equipo de moderación."


def test_why_the_policy_refused_is_told_in_the_readers_language(newsroom: Newsroom) -> None:
    newsroom.configure("[policy.reject]\nthreat_at_least = 0.9\n")
    sent = {"author": {"name": "Ada"}, "body": newsroom.text("threat=0.95")}
    answer = newsroom.server("POST", COMMENTS, json=sent, headers={"Accept-Language": "de"})
    assert (answer.json or {})["message"] == "Ihr Kommentar wurde nicht veröffentlicht. Er liest sich wie eine Drohung."


def test_a_hostile_wish_for_a_language_is_english_and_costs_nothing(front_door: Newsroom) -> None:
    began = time.perf_counter()
    for wish in ("de" * 20_000, ",".join(["x-" * 8] * 4_000), "\u00e4;q=x,;;,,q", "../../de"):
        said = refused(front_door, accept=wish.encode("latin-1", "replace").decode("latin-1"))
        assert said["detail"].startswith("The comment has 7 characters")
    assert refused(front_door, lang="../reader")["detail"].startswith("The comment has 7 characters")
    assert time.perf_counter() - began < 20
