"""The seeds: what a first start shows, through the real intake and the real review."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from moderation.config.configuration import Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.config.settings import read_environment
from moderation.core.actor import Actor
from moderation.core.audit_chain import verify
from moderation.core.comment import Status
from moderation.core.errors import ConfigurationError, ScoringFailed
from moderation.core.reach import Scope
from moderation.core.scores import LABELS, ArticleText, PackStamp, PreparedArticle, Scale, ScoreRequest, Scores
from moderation.core.text.written import visible_length
from moderation.desk.decide import Ruling, Verdict, decide_comment
from moderation.services import Services
from moderation.setup.demo import load_seeds, read_seeds
from moderation.setup.first_start import first_start
from moderation.storage.accounts import account_named
from moderation.storage.actions import newest_action
from moderation.storage.articles import articles_of, find_article
from moderation.storage.audit import chains, events_of
from moderation.storage.comments import Comment, with_external_id
from moderation.storage.database import Database
from moderation.storage.desk import lines_of
from moderation.storage.desk_lists import Wanted, how_many, page_of
from moderation.storage.discussion import discussion

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"
CONFIGURATION = parse_configuration((ROOT / "config" / "moderation.toml").read_text())
ADMIN = Actor(reference="account:test", name="test", rights={"*": frozenset({"read", "moderate"})})
READERS = ["Priya S", "Rohit P", "Sarah B", "Vikram M", "Karthik V", "Nisha Z"]


class NoScorer:
    """A pack that never answers: seeds arrive all the same."""

    stamp = PackStamp(name="none", version="0", runtime="none", precision="none")
    prepares_as = "none"
    labels = LABELS
    ready = False

    def prepare(self, article: ArticleText) -> PreparedArticle:
        raise ScoringFailed

    def score_one(
        self, request: ScoreRequest, *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> Scores:
        raise ScoringFailed

    def score_each(
        self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> list[ScoringFailed]:
        return [ScoringFailed() for _ in requests]


class FixedConfiguration:
    def current(self) -> Configuration:
        return CONFIGURATION


@pytest.fixture
def services(sqlite_url: str, tmp_path: Path) -> Services:
    environment = {"MODERATION_DATABASE_URL": sqlite_url, "MODERATION_VAR": str(tmp_path / "var")}
    database = Database(sqlite_url)
    made = Services(
        settings=read_environment(environment, root=tmp_path),
        configuration=FixedConfiguration(),
        database=database,
        scorer=NoScorer(),
    )
    first_start(made)
    return made


def test_there_are_three_articles_with_all_that_the_page_shows() -> None:
    articles = read_seeds(SEEDS).articles
    assert len(articles) >= 3
    for article in articles:
        assert article.title
        assert article.summary
        assert len(article.key_points) >= 4
        assert len(article.paragraphs) >= 4
        assert article.section
        assert article.source
        assert article.byline
        assert article.published_at is not None
        assert article.url is not None
    assert sum("critical" in " ".join(article.paragraphs) for article in articles) == 2


def test_the_ministerial_is_told_with_the_facts_of_both_reports() -> None:
    told = {article.external_id: " ".join(article.paragraphs) for article in read_seeds(SEEDS).articles}
    countries = [
        "Australia",
        "Canada",
        "France",
        "Germany",
        "Italy",
        "Japan",
        "Mexico",
        "South Korea",
        "United Kingdom",
    ]
    for article in ("critical-minerals-ministerial", "derisking-over-decoupling"):
        for fact in (
            *countries,
            "European Union",
            "Ashwini Vaishnaw",
            "Scott Bessent",
            "prudent derisking",
            "Railways",
        ):
            assert fact in told[article], (article, fact)
    for speaker in ("Jamieson Greer", "John Jovanovic", "Jay Horine"):
        assert speaker in told["critical-minerals-ministerial"]


def test_every_seed_could_have_been_written_by_a_reader() -> None:
    seeds = read_seeds(SEEDS)
    refs = {comment.ref: comment for comment in seeds.comments}
    assert len(refs) == len(seeds.comments) >= 36
    articles = {article.external_id for article in seeds.articles}
    for comment in seeds.comments:
        assert visible_length(comment.body) >= 50, comment.ref
        assert comment.article in articles, comment.ref
        if comment.parent is not None:
            assert refs[comment.parent].article == comment.article
            assert refs[comment.parent].minutes_ago > comment.minutes_ago
        if comment.reason is not None:
            assert CONFIGURATION.reason(comment.reason) is not None, comment.ref


def test_the_six_readers_are_published_and_the_queue_and_the_refusals_live(services: Services) -> None:
    seeds = read_seeds(SEEDS)
    loaded = load_seeds(services, seeds, site_id="demo", moderator=ADMIN)
    assert loaded.comments == len(seeds.comments)
    with services.database.reading() as db:
        article = find_article(db, "demo", "critical-minerals-ministerial")
        assert article is not None
        openings = discussion(db, article.id, limit=100)
        demo = (Scope(site_id="demo"),)
        counts = {
            status: how_many(db, Wanted(scopes=demo, statuses=statuses))
            for status, statuses in (
                (Status.PENDING, None),
                (Status.APPROVED, (Status.APPROVED,)),
                (Status.REJECTED, (Status.REJECTED,)),
            )
        }
        waiting = lines_of(db, page_of(db, Wanted(scopes=demo), limit=1))
        assert articles_of(db, "demo")[0].external_id == "critical-minerals-ministerial"
    assert [opening.entry.comment.author_name for opening in openings][:6] == READERS
    assert any(opening.replies for opening in openings)
    assert counts == Counter(
        {None: Status.PENDING, Verdict.APPROVE: Status.APPROVED, Verdict.REJECT: Status.REJECTED}[comment.verdict]
        for comment in seeds.comments
    )
    assert min(counts.values()) >= 5
    assert (services.clock() - waiting[0].received_at).total_seconds() > 3600


def test_loading_them_again_adds_nothing_and_overrides_nobody(services: Services) -> None:
    seeds = read_seeds(SEEDS)
    load_seeds(services, seeds, site_id="demo", moderator=ADMIN)
    with services.database.reading() as db:
        comment_id = with_external_id(db, "demo", "seed:priya")
    assert comment_id is not None
    decide_comment(services, ADMIN, comment_id, Ruling(verdict=Verdict.REJECT, reason_id="other"))
    again = load_seeds(services, seeds, site_id="demo", moderator=ADMIN)
    assert (again.articles, again.comments, again.decisions) == (0, 0, 0)
    with services.database.reading() as db:
        comment = db.get(Comment, comment_id)
        assert comment is not None
        assert comment.status == Status.REJECTED


def test_undo_on_a_fresh_desk_takes_no_seed_back(services: Services) -> None:
    with services.database.reading() as db:
        account = account_named(db, "admin")
    assert account is not None
    admin = replace(ADMIN, reference=f"account:{account.id}", account_id=account.id)
    loaded = load_seeds(services, read_seeds(SEEDS), site_id="demo", moderator=admin)
    assert loaded.decisions > 0
    with services.database.reading() as db:
        assert newest_action(db, account.id) is None


def test_the_chains_verify_afterwards(services: Services) -> None:
    load_seeds(services, read_seeds(SEEDS), site_id="demo", moderator=ADMIN)
    with services.database.reading() as db:
        heads = {chain: verify(chain, events_of(db, chain)) for chain in chains(db)}
    assert heads["demo"].sequence > 100


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("comments.json", "[{"),
        ("comments.json", json.dumps([{"ref": "x"}])),
        ("comments.json", json.dumps({"ref": "x"})),
        ("articles/broken.json", "{}"),
        ("articles/broken.json", "[]"),
    ],
)
def test_a_broken_seed_is_named(tmp_path: Path, file: str, content: str) -> None:
    folder = tmp_path / "seeds"
    shutil.copytree(SEEDS, folder)
    (folder / file).write_text(content)
    with pytest.raises(ConfigurationError, match=Path(file).name):
        read_seeds(folder)
