"""WordPress: the XML of Tools, Export (WXR 1.0 to 1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from moderation.core.comment import Status
from moderation.imports.reading import Broken, moment, moment_or_none, reference, text_of_html
from moderation.imports.records import Article, Comment, Decided, Options, Person, Record, Untaken
from moderation.imports.xml import Element, child_text, elements

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
        ref = child_text(element, "comment_id" if is_comment else "post_id")
        try:
            yield _comment(element, ref, where, options) if is_comment else _post(element, ref, options)
        except Broken as broken:
            yield broken.untaken(where, ref or None)


def _post(element: Element, ref: str, options: Options) -> Article:
    text = element.find("{http://purl.org/rss/1.0/modules/content/}encoded")
    return Article(
        ref=reference(ref, "wp:post_id"),
        title=child_text(element, "title"),
        url=child_text(element, "link") or None,
        html=None if text is None else text.text,
        published_at=_time(element, "post_date_gmt", "post_date", options),
        closed=child_text(element, "comment_status") == "closed",
    )


def _comment(element: Element, ref: str, where: str, options: Options) -> Comment:
    ref = reference(ref, "wp:comment_id")
    kind = child_text(element, "comment_type")
    if kind not in ("", "comment"):
        raise Broken("no_comment", f"It is a {kind[:40]}, not a reader’s comment.")
    post = element.getparent()
    approved = child_text(element, "comment_approved")
    if approved not in _STATUS:
        raise Broken("unknown_status", f"Its status {approved[:40]!r} is none that WordPress has.")
    user, parent = child_text(element, "comment_user_id"), child_text(element, "comment_parent")
    created_at = _time(element, "comment_date_gmt", "comment_date", options)
    return Comment(
        ref=ref,
        where=where,
        article=reference("" if post is None else child_text(post, "post_id"), "post"),
        parent=parent if parent not in ("", "0") else None,
        author=Person(
            name=child_text(element, "comment_author"),
            id=user if user not in ("", "0") else None,
            email=child_text(element, "comment_author_email") or None,
            address=child_text(element, "comment_author_IP") or None,
        ),
        # WordPress shows line ends as they are typed, beside the little HTML that it lets through.
        body=text_of_html(child_text(element, "comment_content").replace("\r\n", "\n").replace("\n", "<br>")),
        created_at=created_at or moment(child_text(element, "comment_date_gmt"), now=options.now),
        decided=_STATUS[approved],
    )


def _time(element: Element, gmt: str, local: str, options: Options) -> datetime | None:
    for name in (gmt, local):
        text = child_text(element, name)
        if text and text != _NO_TIME:
            return moment_or_none(text, now=options.now)
    return None
