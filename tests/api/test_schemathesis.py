"""Schemathesis makes calls from our own document, and they meet things that are there: no fault of ours, and nothing
that the document doesn't tell.

The suite makes a few of each kind. ``MODERATION_TEST_EXAMPLES=200`` makes so many for each operation with values that
fit the document, and as many with values that don't.
"""

from __future__ import annotations

import logging
import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as described

from moderation.accounts.accounts import add_account, add_token
from moderation.accounts.sites import add_secret_key
from moderation.storage.accounts import Granted, Role
from moderation.storage.sites import Right
from tests.coral.asking import connected
from tests.newsroom import ORIGIN, Newsroom
from tests.signing import claims_for, signed, take_tokens

log = logging.getLogger(__name__)

EXAMPLES = int(os.environ.get("MODERATION_TEST_EXAMPLES", "8"))
SEED = 20260302
REASONS = '[[reasons]]\nid = "spam"\nlabel = "Spam"\nreader = "It advertises."\n'
POLICY = "[policy.approve]\ntoxicity_at_most = 0.5\n[policy.reject]\nthreat_at_least = 0.9\n"
CHECKS: list[Any] = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_headers_conformance,
    described.response_schema_conformance,
]
_OF_BODIES: list[Any] = [described.negative_data_rejection]
"""In an address everything is a text, so that there what was of another type fits again."""
NAMED = {
    "article_id": "articles",
    "article": "articles",
    "comment": "comments",
    "comment_id": "comments",
    "parent_id": "comments",
    "url": "addresses",
    "site": "sites",
    "since": "moments",
    "cursor": "cursors",
    "reason": "reasons",
    "external_id": "names",
}
"""Which things of ours a parameter, or a field of a body, names."""


@dataclass(slots=True)
class World:
    """A site with something of every kind. ``things`` by their kind, ``receipts`` by their comment or notice."""

    newsroom: Newsroom
    callers: dict[str, dict[str, str]] = field(default_factory=dict)
    things: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    receipts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        newsroom = self.newsroom
        newsroom.configure(REASONS + POLICY)
        self.callers = callers(newsroom)
        for name, mode in (("trams", "pre"), ("a/b c", "post"), ("over", "closed"), ("unseen", "hidden")):
            self.refill(name)
            newsroom.put_article(name, mode=mode)
        self.things["articles"] += ["trams", "trams", "a/b c", "over", "unseen"]
        self.things["addresses"] += [f"{ORIGIN}/t", f"{ORIGIN}/o", f"{ORIGIN}/new"]
        self.things["sites"] += [newsroom.publishable] * 3 + [newsroom.hall.new_site().publishable]
        newsroom.configure(REASONS + POLICY)
        self.things["moments"] += ["0", "ffffffffffff"]
        self.things["reasons"] += ["spam"]
        self.things["names"] += ["cms-1", "cms-2"]
        self.cursors()

    def refill(self, article: str = "trams") -> None:
        """A comment of every status, reports, an appeal and a notice."""
        newsroom = self.newsroom
        newsroom.clock.move(minutes=1)
        newsroom.put_article(article, mode="post", url=f"{ORIGIN}/{article[:1]}")
        made = {
            words: newsroom.accepted(words, article=article) for words in ("", "threat=0.95", "insult=0.9 spam=0.9")
        }
        for verdicts in ((), ("approve",), ("reject",), ("approve", "reject"), ("reject", "reopen")):
            comment = newsroom.accepted("toxicity=0.7", article=article, parent_id=made[""]["id"])
            made[" ".join(verdicts) or "waiting"] = comment
            for verdict in verdicts:
                assert newsroom.decide(comment["id"], verdict).status_code == 200
        for verdict, step in (("reject", "appeal"), ("", "withdraw")):
            comment = made[step] = newsroom.accepted("toxicity=0.7", article=article)
            if verdict:
                newsroom.decide(comment["id"], verdict)
            path = f"/api/v1/comments/{comment['id']}/{step}?receipt={comment['receipt']}"
            assert newsroom.client.post(path, json={"text": "Please."}).status_code in (200, 202)
        newsroom.scorer.fails = 1
        made["unscored"] = newsroom.accepted(article=article)
        newsroom.scorer.fails = 0
        published = str(made[""]["id"])
        if made[""]["status"] != "approved":  # a surge has the article ask first
            assert newsroom.decide(published).status_code == 200
        assert (
            newsroom.server("POST", f"/api/v1/comments/{published}/reports", json={"reason": "spam"}).status_code == 202
        )
        notice = {"comment_id": published, "explanation": f"A lie under {article}.", "name": "Ada", "good_faith": True}
        given = newsroom.client.post("/api/v1/notices", json=notice | {"email": "ada@news.example"})
        assert given.status_code == 201, given.text
        self.things["comments"] = [str(comment["id"]) for comment in made.values()]
        self.things["notices"] = [str((given.json or {})["id"])]
        self.receipts |= {str(one["id"]): str(one["receipt"]) for one in (*made.values(), dict(given.json or {}))}

    def cursors(self) -> None:
        """Real ones, of lists that have a second page."""
        newsroom = self.newsroom
        opening = ""
        for number in range(55):
            comment = newsroom.accepted("toxicity=0.7" if number % 2 else "", article="a/b c", author={"name": "Bo"})
            opening = opening or str(comment["id"])
        query = {"site": newsroom.publishable, "article": "a/b c"}
        pages = [
            newsroom.client.get("/api/v1/section", query_string=query),
            newsroom.server("GET", "/api/v1/comments"),
            newsroom.published("a/b c"),
        ]
        self.things["cursors"] += [page.json["next"] for page in pages if page.json and page.json.get("next")]
        assert self.things["cursors"]


def callers(newsroom: Newsroom) -> dict[str, dict[str, str]]:
    """The headers of whoever may call: with each kind of key, with a token, of another site, and with nothing."""
    take_tokens(newsroom)
    role = Granted(role=Role.MODERATOR)
    add_account(newsroom.services, "test", f"Mo of {newsroom.site}", "a good long password", {newsroom.site: role})
    token = add_token(newsroom.services, "test", f"Mo of {newsroom.site}", Right.MODERATE)
    few = add_secret_key(newsroom.services, "test", newsroom.site, [Right.SUBMIT])
    elsewhere = add_secret_key(newsroom.services, "test", newsroom.hall.new_site().site, list(Right))
    coral = connected(newsroom)
    plain = {"Accept-Encoding": "identity"}  # a WSGI application's answer is read as it is
    browser = {"X-Site-Key": newsroom.publishable, "Origin": ORIGIN}
    headers: dict[str, dict[str, str]] = {
        "server": {"Authorization": f"Bearer {newsroom.secret}"},
        "browser": browser,
        "reader": browser | {"Authorization": f"Reader {signed(claims_for(newsroom))}"},
        "moderator": {"Authorization": f"Bearer {token}"},
        "few rights": {"Authorization": f"Bearer {few}"},
        "elsewhere": {"Authorization": f"Bearer {elsewhere}"},
        "coral": {"X-Coral-Signature": coral.signature(b"")},
        "nobody": {},
    }
    return {name: plain | own for name, own in headers.items()}


@st.composite
def calls(draw: st.DrawFn, world: World, operation: Any, mode: GenerationMode) -> tuple[Any, str]:
    """A call that is made from the document, by somebody, mostly about something that is there."""
    case = draw(operation.as_strategy(generation_mode=mode))
    usual = [name for name in world.callers if _meant_for(name, operation)]
    caller = draw(st.sampled_from([usual[0], *usual] if draw(st.integers(0, 3)) else sorted(world.callers)))
    about = ""
    kind = "notices" if "/notices/" in operation.path else "comments"
    if "id" in case.path_parameters and draw(st.integers(0, 7)):
        about = draw(st.sampled_from(world.things[kind]))
        case.path_parameters["id"] = about
    # What doesn't fit the document must go on not fitting it.
    fits = mode is GenerationMode.POSITIVE
    if fits and isinstance(case.body, dict) and draw(st.booleans()):
        case.body = _example(operation) | case.body
    for holder in (case.path_parameters, case.query, case.body) if fits else (case.path_parameters,):
        if not isinstance(holder, dict):
            continue
        for name in sorted(set(holder) & set(NAMED)):
            if draw(st.integers(0, 4)):
                thing = draw(st.sampled_from(world.things[NAMED[name]]))
                holder[name] = [thing] if isinstance(holder[name], list) else thing
        if holder is case.body and "body" in holder and draw(st.integers(0, 3)):
            holder["body"] = world.newsroom.text(draw(st.sampled_from(("", "threat=0.95", "toxicity=0.7"))))
    if about and isinstance((case.query or {}).get("receipt"), str) and draw(st.integers(0, 7)):
        case.query["receipt"] = world.receipts[about]
    return case, caller


def _example(operation: Any) -> dict[str, Any]:
    """The document's own example of a body."""
    (content,) = operation.definition.raw["requestBody"]["content"].values()
    name = content["schema"]["$ref"].rpartition("/")[2]
    (example,) = operation.schema.raw_schema["components"]["schemas"][name]["examples"]
    # A notice names its comment by one of two ways, and that of the example isn't here.
    return {"comment_id": "", **example, "url": None} if name == "NewNotice" else dict(example)


def _meant_for(caller: str, operation: Any) -> bool:
    schemes = {name for way in operation.definition.raw.get("security", ()) for name in way or ("",)}
    known = {"coral": "coralSignature", "browser": "publishableKey", "reader": "readerToken", "nobody": ""}
    return known.get(caller, "secretKey") in schemes


def refusal_told(answer: Any) -> str | None:
    """What is missing of a problem (RFC 9457) that says what is wrong."""
    if answer.status_code < 400:
        return None
    problem: Mapping[str, Any] = answer.json()
    if answer.headers["content-type"] != ["application/problem+json"]:
        return f"is told as {answer.headers['content-type']}"
    told = problem["status"] == answer.status_code and problem["title"] and problem["type"]
    if not told or len(problem["detail"]) < 10 or "Traceback" in problem["detail"]:
        return f"is told as {problem}"
    return None


def test_calls_made_from_the_document_meet_nothing_that_it_does_not_tell(newsroom: Newsroom) -> None:
    api = schemathesis.openapi.from_wsgi("/openapi.json", newsroom.hall.app)
    world, seen, wrong = World(newsroom), Counter[tuple[str, int]](), dict[str, str]()

    changed = True
    for result in api.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        if changed:
            world.refill()
        changed = operation.method != "get"  # what only reads leaves everything as it is
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _try(world, operation, name, mode, seen, wrong)
    log.info(f"{seen.total()} calls: {dict(sorted(seen.items()))}")
    assert not wrong, "\n\n".join(f"{key}\n{text}" for key, text in wrong.items())
    told = {
        call["operationId"]: call["responses"] for calls in api.raw_schema["paths"].values() for call in calls.values()
    }
    met = {name: {status for other, status in seen if other == name} for name in told}
    nothing = [name for name in told if met[name] <= {401, 403, 404}]
    assert not nothing, f"never met anything: {nothing}"
    assert sum(any(status < 300 for status in statuses) for statuses in met.values()) > len(told) * 2 / 3, met


def _try(
    world: World, operation: Any, name: str, mode: GenerationMode, seen: Counter[tuple[str, int]], wrong: dict[str, str]
) -> None:
    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(calls(world, operation, mode))
    def attempt(call: tuple[Any, str]) -> None:
        case, caller = call
        answer = case.call(headers=world.callers[caller])
        seen[name, answer.status_code] += 1
        about = f"{caller}: {case.as_curl_command(headers=world.callers[caller])}"
        try:
            taken = operation.body and answer.status_code < 400
            case.validate_response(answer, checks=[*CHECKS, *_OF_BODIES] if taken else CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                if "`format`" in str(failure) or "' format" in str(failure):
                    continue  # an empty text is one that wasn't sent, whatever format it would have
                kind = f"{name} {type(failure).__name__} {answer.status_code}"
                wrong.setdefault(kind, f"{about}\n{failure}")
        if problem := refusal_told(answer):
            wrong.setdefault(f"{name} {answer.status_code} {problem}", about)

    try:
        attempt()
    except hypothesis.errors.Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, name  # nothing that it asks for could be wrong
