"""The rights matrix of programs: every route of the API, and who gets what with a key or a token.

A route of the API that somebody adds fails ``test_every_route_of_the_api_is_in_the_table`` until it has a row here.
Pages open to no program, whatever it holds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from moderation.accounts.accounts import add_token, disable_account, revoke_token
from moderation.accounts.sites import add_publishable_key, add_secret_key, add_site
from moderation.storage.accounts import Role, Token
from moderation.storage.comments import Comment
from moderation.storage.sites import Right, digest_of
from tests.web.pages import CALM, Pages, open_pages
from tests.web.test_rights import ROWS, WITH_A_RECEIPT, Who

OPEN = {endpoint for endpoint, row in ROWS.items() if row.who is Who.ALL}
API = ("articles_api.", "comments_api.", "queue_api.", "perspective_api.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A route of the API: the right that it needs, and whether a moderator's token opens it too. ``comment``: it is
    about the comment in the section ``city`` of the site ``demo``; ``known``: about that site's article.
    """

    path: str
    right: str
    method: str = "GET"
    tokens: bool = False
    comment: bool = False
    known: bool = False
    json: Mapping[str, Any] | None = None


_TEXT = {"author": {"name": "Ann"}, "body": CALM}
_CALM: dict[str, Any] = {"comment": {"text": CALM}}
_SAYS = {"TOXICITY": {"summaryScore": {"value": 1}}}
CALLS: dict[str, Call] = {
    "articles_api.put_article": Call(
        path="/api/v1/articles/new", method="PUT", right="articles", json={"title": "The lanes stay", "text": "Voted."}
    ),
    "articles_api.post_comment": Call(
        path="/api/v1/articles/lanes/comments", method="POST", right="submit", known=True, json=_TEXT
    ),
    "articles_api.post_announcement": Call(
        path="/api/v1/articles/lanes/announcement",
        method="POST",
        right="moderate",
        known=True,
        json={"kind": "question", "text": "Which lane?"},
    ),
    "articles_api.delete_announcement": Call(
        path="/api/v1/articles/lanes/announcement", method="DELETE", right="moderate", known=True
    ),
    "articles_api.get_comments": Call(path="/api/v1/articles/lanes/comments", right="read", known=True),
    "comments_api.get_comment": Call(path="/api/v1/comments/{comment}", right="read", tokens=True, comment=True),
    "comments_api.get_audit": Call(path="/api/v1/comments/{comment}/audit", right="read", tokens=True, comment=True),
    "comments_api.post_decision": Call(
        path="/api/v1/comments/{comment}/decisions",
        method="POST",
        right="moderate",
        tokens=True,
        comment=True,
        json={"outcome": "approve"},
    ),
    "queue_api.get_queue": Call(path="/api/v1/comments", right="moderate", tokens=True),
    "queue_api.get_queue of an article": Call(
        path="/api/v1/comments?article=lanes", right="moderate", tokens=True, known=True
    ),
    "perspective_api.analyze_comment": Call(
        path="/v1alpha1/comments:analyze",
        method="POST",
        right="analyze",
        json=_CALM | {"requestedAttributes": {"TOXICITY": {}}},
    ),
    "perspective_api.suggest_score": Call(
        path="/v1alpha1/comments:suggestscore", method="POST", right="analyze", json=_CALM | {"attributeScores": _SAYS}
    ),
}
_BY_RECEIPT = {f"comments_api.{step}" for step in ("post_withdraw", "patch_comment", "post_appeal")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who calls: a secret ``key`` of a site with these rights, or a ``token`` for an account. ``reaches``: the site
    ``demo``, and of that the section ``city``. ``ended``: disabled, revoked, or no secret key at all.
    """

    rights: frozenset[str]
    key: bool = False
    site: str = "demo"
    reaches: bool = True
    ended: bool = False
    role: Role = Role.MODERATOR
    sections: tuple[str, ...] | None = None
    token: Right = Right.MODERATE


_EVERY = frozenset(right.value for right in Right)
_DECIDES = frozenset({"read", "moderate"})
HOLDERS: dict[str, Holder] = {
    **{f"a key for {right}": Holder(key=True, rights=frozenset({right})) for right in sorted(_EVERY)},
    "a key with every right": Holder(key=True, rights=_EVERY),
    "a key of another site": Holder(key=True, rights=_EVERY, site="second", reaches=False),
    "a key without moderate": Holder(key=True, rights=_EVERY - {"moderate"}),
    "a publishable key as a secret one": Holder(key=True, rights=frozenset(), ended=True),
    "a moderator's token": Holder(rights=_DECIDES),
    "a chief's token": Holder(rights=_DECIDES, site="*", role=Role.ADMIN),
    "a token for the section": Holder(rights=_DECIDES, sections=("city", "opinion")),
    "a token for another section": Holder(rights=_DECIDES, sections=("sport",), reaches=False),
    "a senior's token for another section": Holder(
        rights=_DECIDES, role=Role.SENIOR, sections=("sport",), reaches=False
    ),
    "a token of another site": Holder(rights=_DECIDES, site="second", reaches=False),
    "a token to analyze": Holder(rights=frozenset({"analyze"}), role=Role.ADMIN, token=Right.ANALYZE),
    "a token to read": Holder(rights=frozenset({"read"}), token=Right.READ),
    "a disabled account's token": Holder(rights=_DECIDES, ended=True),
    "a revoked token": Holder(rights=_DECIDES, ended=True),
}


def answer_to(call: Call, holder: Holder) -> set[int]:
    """What the table says: the codes that are possible."""
    google = call.path.startswith("/v1alpha1/")
    if holder.ended or (not holder.key and not call.tokens):
        return {400} if google else {401}
    decides_unread = call.right == "moderate" and holder.rights >= {"moderate"}
    if call.right not in holder.rights and not decides_unread:
        return {403}
    if (call.comment or call.known) and not holder.reaches:
        return {404}
    return {200, 201, 202, 204, 409}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    pages: Pages
    secrets: dict[str, str]
    named: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def stage(furnished_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("programs")
    with open_pages(f"sqlite:///{shutil.copy(furnished_template, folder / 'pages.sqlite3')}", folder) as pages:
        pages.article()
        add_site(pages.services, "test", "second", "The Second")
        secrets = {name: _secret_of(pages, name, holder) for name, holder in HOLDERS.items()}
        comment = pages.say()
        with pages.services.database.reading() as db:
            stored = db.get_one(Comment, comment)
        named = {"comment": comment, "article": stored.article_id, "author": stored.author_id}
        yield Stage(pages=pages, secrets=secrets, named=named)


def _secret_of(pages: Pages, name: str, holder: Holder) -> str:
    if holder.key and holder.ended:
        return add_publishable_key(pages.services, "test", holder.site, ["https://paper.example"])
    if holder.key:
        return add_secret_key(pages.services, "test", holder.site, [Right(right) for right in sorted(holder.rights)])
    pages.account(name, {holder.site: holder.role}, sections=holder.sections)
    token = add_token(pages.services, "test", name, holder.token)
    if name == "a disabled account's token":
        disable_account(pages.services, "test", name)
    if name == "a revoked token":
        with pages.services.database.reading() as db:
            row = db.query(Token).where(Token.digest == digest_of(token)).one()
        revoke_token(pages.services, "test", row.id)
    return token


def test_every_route_of_the_api_is_in_the_table(pages: Pages) -> None:
    routes = {rule.endpoint for rule in pages.app.url_map.iter_rules() if rule.endpoint.startswith(API)}
    assert routes - OPEN == {name.partition(" of ")[0] for name in CALLS} | _BY_RECEIPT


@pytest.mark.parametrize("name", HOLDERS)
def test_every_route_of_the_api_answers_a_program_as_the_table_says(stage: Stage, name: str) -> None:
    holder, secret, wrong = HOLDERS[name], stage.secrets[name], []
    for endpoint, call in CALLS.items():
        answer = _asked(stage, call, secret)
        if answer.status_code not in answer_to(call, holder):
            wrong.append(f"{endpoint}: {answer.status_code} instead of {answer_to(call, holder)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", HOLDERS)
def test_a_comment_that_is_not_reached_answers_as_one_that_is_not_there(stage: Stage, name: str) -> None:
    for call in CALLS.values():
        if call.comment and not HOLDERS[name].reaches:
            hidden = _asked(stage, call, stage.secrets[name])
            missing = _asked(stage, call, stage.secrets[name], comment="0" * 26)
            assert (hidden.status_code, hidden.data) == (missing.status_code, missing.data)


@pytest.mark.parametrize("name", ["a key with every right", "a chief's token", "a token for another section"])
def test_no_page_opens_to_a_program(stage: Stage, name: str) -> None:
    client = stage.pages.app.test_client()
    headers = {"Authorization": f"Bearer {stage.secrets[name]}"}
    unnamed = {name: "0" * 26 for row in ROWS.values() for _, name, _, _ in Formatter().parse(row.path) if name}
    for endpoint, row in ROWS.items():
        if row.who in (Who.ALL, Who.KEY) or endpoint in WITH_A_RECEIPT:
            continue
        path = row.path.format(**(unnamed | stage.named))
        answer = client.open(path, method="POST" if row.post else "GET", headers=headers, data=row.data or None)
        refused = answer.status_code in (400, 401, 403) or "/login" in answer.headers.get("Location", "")
        assert refused, (endpoint, answer.status_code)


def _asked(stage: Stage, call: Call, secret: str, **other: str) -> Any:
    path = call.path.format(**(stage.named | other))
    path = f"{path}?key={secret}" if path.startswith("/v1alpha1/") else path
    headers = {"Authorization": f"Bearer {secret}"}
    client = stage.pages.app.test_client()
    return client.open(path, method=call.method, headers=headers, json=call.json)
