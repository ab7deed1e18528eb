"""Errors outside the API are pages: plain, kind, and without a word of what happened inside."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import TooManyRequests

from tests.newsroom import hall_of
from tests.web.pages import Pages


def test_what_is_not_there_is_told_with_a_way_back(pages: Pages) -> None:
    visitor = pages.visitor().open("/nothing/here")
    assert visitor.status == 404
    assert visitor.texts("//h1") == ["There is nothing here"]
    assert visitor.page.xpath("//main//a/@href") == ["/"]


def test_a_wrong_method_is_told(pages: Pages) -> None:
    desk = pages.signed_in().open("/review")
    token = desk.page.xpath("//input[@name='csrf_token']/@value")[0]
    assert desk.post("/review", {"csrf_token": token}).status == 405
    assert "POST is not possible at this address" in desk.text


def test_too_large_a_form_is_told_with_the_limit(pages: Pages) -> None:
    visitor = pages.visitor().open("/")
    visitor.send("/articles/lanes/comments", name="Ravi", body="x" * 1_100_000)
    assert visitor.status == 413
    assert "larger than the 1048576 bytes" in visitor.text


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (RuntimeError("a secret of the service"), 500, "it is not your fault"),
        (OperationalError("SELECT secret", {}, Exception("secret")), 503, "The database can't be reached"),
        (TooManyRequests("6 per 1 minute"), 429, "the limit is 6 per 1 minute"),
    ],
)
def test_what_goes_wrong_inside_stays_inside(pages: Pages, error: Exception, status: int, told: str) -> None:
    def fails() -> str:
        raise error

    failing = Pages(hall=hall_of(pages.services, pages.clock, pages.configuration))
    failing.app.add_url_rule("/fails", "fails", fails)
    visitor = failing.signed_in().open("/fails")
    assert visitor.status == status
    assert told in visitor.text
    assert "secret" not in visitor.text
    assert visitor.texts("//h1")
