"""What the comment section asks for, in an address (see ``requests``)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, FailFast, Field

from moderation.core.addresses import LONGEST
from moderation.web.api.requests import Chosen, Filled, Sent, without_endless_query

_Site = Annotated[str, Field(max_length=200)]
_Name = Annotated[str, Field(max_length=800)]
_Address = Annotated[str, BeforeValidator(without_endless_query), Field(max_length=LONGEST)]
_AnyAddress = Annotated[str, BeforeValidator(without_endless_query)]
_Cursor = Annotated[str, Field(max_length=500)]
_LANG = "Keeps the answers of pages in different languages apart; changes nothing else."

MOST_COUNTED = 100
"""Articles whose counts are told at once."""


class SectionQuery(Sent):
    """Which section is asked for."""

    site: _Site | None = Field(None, description="The site's publishable key.")
    article: _Name | None = Field(None, description="The site's own name for the article.")
    url: _Address | None = Field(None, description="The article's address, beside its name or instead of it.")
    canonical: _Address | None = Field(None, description="What the page calls its canonical address.")
    sort: Annotated[Literal["newest", "oldest", "featured"], Chosen] = Field(
        "newest", description="The newest threads first unless said otherwise."
    )
    cursor: _Cursor | None = Field(None, description="From `next` of the page before.")
    lang: Annotated[str, Field(max_length=50)] | None = Field(None, description=_LANG)


class RepliesQuery(Sent):
    """Which replies are asked for."""

    site: _Site | None = Field(None, description="The site's publishable key.")
    comment: Annotated[str, Field(max_length=64)] = Field(description="The thread's first comment.")
    cursor: _Cursor | None = Field(None, description="From `next` of the replies before.")
    lang: Annotated[str, Field(max_length=50)] | None = Field(None, description=_LANG)


class NewsQuery(Sent):
    """Since when news are asked for."""

    site: _Site | None = Field(None, description="The site's publishable key.")
    article: _Name = Field(description="The site's own name for the article.")
    since: Annotated[str, Field(max_length=40)] = Field(description="From `newest` of an answer before.")
    lang: Annotated[str, Field(max_length=50)] | None = Field(None, description=_LANG)


class CountsQuery(Sent):
    """Whose counts are asked for."""

    site: _Site | None = Field(None, description="The site's publishable key.")
    article: Annotated[tuple[str, ...], FailFast(), Field(max_length=MOST_COUNTED), Filled] = Field(
        (), description="The site's own name for an article; may be given several times."
    )
    url: Annotated[tuple[_AnyAddress, ...], FailFast(), Field(max_length=MOST_COUNTED), Filled] = Field(
        (), description="An article's address; may be given several times, 100 names and addresses in all."
    )
