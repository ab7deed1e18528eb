"""The API's page: it tells of every call, and every example on it does what it says when it is sent as it stands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from urllib.parse import urlsplit

from lxml import html
from werkzeug.test import TestResponse

from tests.api.described import Document
from tests.coral.asking import connected
from tests.newsroom import Newsroom

REASONS = '[[reasons]]\nid = "personal-attack"\nlabel = "Personal attack"\nreader = "It attacks a person."\n'
KEYS = {
    "secretKey": "a secret key",
    "publishableKey": "a publishable key",
    "readerToken": "a publishable key and a reader’s token",
    "coralSignature": "Coral’s signature",
}
ID = re.compile(r"01k[0-9a-z]{23}")


def _page(newsroom: Newsroom) -> html.HtmlElement:
    answer = newsroom.client.get("/api")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    return html.fromstring(answer.text)


def test_it_tells_of_every_call_every_field_and_every_answer(front_door: Newsroom) -> None:
    page, document = _page(front_door), Document(front_door).content
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            (told,) = page.xpath(f"//article[@id='{call['operationId']}']")
            words = " ".join(told.text_content().split())
            assert f"{method.upper()} {path}" in words
            assert call["summary"] in words
            assert all(status in words for status in call["responses"])
            assert all(parameter["name"] in words for parameter in call["parameters"])
            keys = {name for together in call["security"] for name in together}
            assert all(KEYS[name] in words for name in keys)
            if "requestBody" in call:
                name = call["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                assert all(field in words for field in document["components"]["schemas"][name]["properties"])
            (form,) = told.xpath(".//form")
            assert (form.get("data-method"), form.get("data-url")) == (method.upper(), path)


def test_every_example_can_be_pasted_and_is_answered_as_the_document_says(front_door: Newsroom) -> None:
    front_door.configure(REASONS)
    document, sent = Document(front_door), set()
    for call in _page(front_door).xpath("//article[@class='call']"):
        (curl,) = call.xpath("./pre")
        answer = _pasted(front_door, curl.text_content(), _comment_for(front_door, call.get("id")))
        assert answer.status_code < 400, (call.get("id"), answer.text)
        document.check(answer)
        sent.add(call.get("id"))
    assert sent == {operation for operation, _ in document.told}


def _comment_for(newsroom: Newsroom, operation: str) -> Callable[[str], str]:
    """Fills in an example what only a caller knows: keys, and a comment that is as the call wants it."""
    comment = newsroom.accepted()
    if operation == "post_appeal":
        newsroom.decide(comment["id"], "reject", reason="personal-attack")
    elif operation in ("post_report", "get_replies", "post_notice", "get_notice"):
        newsroom.decide(comment["id"])
    newest = newsroom.client.get(f"/api/v1/section?site={newsroom.publishable}&article=trams").json or {}
    known = {"SECRET_KEY": newsroom.secret, "PUBLISHABLE_KEY": newsroom.publishable, "NEWEST": str(newest["newest"])}
    if operation == "post_coral":
        known["SIGNATURE"] = connected(newsroom).signature(b"")
    subject, receipt = comment["id"], comment["receipt"]
    if operation == "get_notice":
        notice = {"comment_id": subject, "explanation": "It is a lie.", "name": "A", "email": "a@b.example"}
        taken = newsroom.client.post("/api/v1/notices", json=notice | {"good_faith": True}).json or {}
        subject, receipt = taken["id"], taken["receipt"]
    known |= {"RECEIPT": receipt, "https://comments.example": "http://localhost"}

    def filled_in(text: str) -> str:
        for name, value in known.items():
            text = text.replace(name, value)
        return ID.sub(subject, text)

    return filled_in


def _pasted(newsroom: Newsroom, curl: str, filled_in: Callable[[str], str]) -> TestResponse:
    """What a shell would make of it."""
    words = shlex.split(filled_in(curl.replace("\\\n", " ")))
    assert words[:2] == ["curl", "-X"]
    method, url, *options = words[2:]
    headers, data = {}, None
    for option, value in zip(options[::2], options[1::2], strict=True):
        assert option in ("-H", "-d")
        if option == "-d":
            data = value
        else:
            name, _, content = value.partition(": ")
            headers[name] = content
    parts = urlsplit(url)
    assert parts.netloc == "localhost"
    return newsroom.client.open(f"{parts.path}?{parts.query}", method=method, headers=headers, data=data)


def test_nothing_on_it_needs_another_host_or_an_exception_of_the_policy(front_door: Newsroom) -> None:
    answer = front_door.client.get("/api")
    page = html.fromstring(answer.text)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert all(url.startswith("/static/") for url in page.xpath("//script/@src | //link/@href"))
    assert not page.xpath("//@style | //style | //script[not(@src)] | //@onclick")
