"""WordPress: the XML of Tools, Export (WXR 1.0 to 1.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from moderation.core.comment import Status
from moderation.imports.reading import Broken, moment, moment_or_none, reference, text_of_html
from moderation.imports.records import Article, Comment, Decided, Options, Person, Record, Untaken
from moderation.imports.xml import Element, children, elements, text_of

_STATUS = {
    "1": Decided(status=Status.APPROVED),
    "approve": Decided(status=Status.APPROVED),
    "0": Decided(status=Status.PENDING),
    "hold": Decided(status=Status.PENDING),
    "spam": Decided(status=Status.REJECTED, reason="spam"),
    "trash": Decided(status=Status.REJECTED, person=True),
    "post-trashed": Decided(status=Status.REJECTED),
}
_NO_TIME = "0000-00-00 00:00:00"


def read(file: Path, options: Options) -> Iterator[Record]:
    """Posts and the comments inside them."""
    found = elements(
        file, options, root="rss", what="WordPress export", tags=("comment", "item"), inside=("item", "channel")
    )
    for element in found:
        if isinstance(element, Untaken):
            yield element
            continue
        where = f"{file.name}, line {element.sourceline}"
        is_comment = element.tag.endswith("comment")
        parts = children(element)
        ref = text_of(parts.get("comment_id" if is_comment else "post_id"))
        try:
            yield _comment(element, parts, ref, where, options) if is_comment else _post(element, parts, ref, options)
        except Broken as broken:
            yield broken.untaken(where, ref or None)


def _post(element: Element, parts: Mapping[str, Element], ref: str, options: Options) -> Article:
    text = element.find("{http://purl.org/rss/1.0/modules/content/}encoded")
    return Article(
        ref=reference(ref, "wp:post_id"),
        title=text_of(parts.get("title")),
        url=text_of(parts.get("link")) or None,
        html=None if text is None else text.text,
        published_at=_time(parts, "post_date_gmt", "post_date", options),
        closed=text_of(parts.get("comment_status")) == "closed",
    )


def _comment(element: Element, parts: Mapping[str, Element], ref: str, where: str, options: Options) -> Comment:
    ref = reference(ref, "wp:comment_id")
    kind = text_of(parts.get("comment_type"))
    if kind not in ("", "comment"):
        raise Broken("no_comment", f"It is a {kind[:40]}, not a reader’s comment.")
    approved = text_of(parts.get("comment_approved"))
    if approved not in _STATUS:
        raise Broken("unknown_status", f"Its status {approved[:40]!r} is none that WordPress has.")
    user, parent = text_of(parts.get("comment_user_id")), text_of(parts.get("comment_parent"))
    created_at = _time(parts, "comment_date_gmt", "comment_date", options)
    return Comment(
        ref=ref,
        where=where,
        article=reference(text_of(element.getparent().find("{*}post_id")), "post"),
        parent=parent if parent not in ("", "0") else None,
        author=Person(
            name=text_of(parts.get("comment_author")),
            id=user if user not in ("", "0") else None,
            email=text_of(parts.get("comment_author_email")) or None,
            address=text_of(parts.get("comment_author_IP")) or None,
        ),
        # WordPress shows line ends as they are typed, beside the little HTML that it lets through.
        body=text_of_html(text_of(parts.get("comment_content")).replace("\r\n", "\n").replace("\n", "<br>")),
        created_at=created_at or moment(text_of(parts.get("comment_date_gmt")), now=options.now),
        decided=_STATUS[approved],
    )


def _time(parts: Mapping[str, Element], gmt: str, local: str, options: Options) -> datetime | None:
    for name in (gmt, local):
        text = text_of(parts.get(name))
        if text and text != _NO_TIME:
            return moment_or_none(text, now=options.now)
    return None
