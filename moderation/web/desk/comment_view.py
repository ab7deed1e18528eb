"""The pane of one comment: everything that a decision needs, gathered for its template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from moderation.accounts.reachable import sites_reached
from moderation.comments.discussion_state import standing
from moderation.comments.evaluation import wordlist_hits_in
from moderation.core.actor import Actor
from moderation.core.comment import WAITING
from moderation.core.reach import DECIDE, MODERATE, READ, reachable, scopes, whole
from moderation.core.text.search_words import Sought
from moderation.desk.bulk import BATCH_RIGHT
from moderation.desk.decide import Verdict
from moderation.desk.saved_views import DeskPreferences, desk_preferences
from moderation.storage.authors_desk import stands_of, until_of
from moderation.storage.comments import DecisionRow
from moderation.storage.desk import DeskComment, Line, ThreadComment, account_names, desk_comment, latest_by, thread_of
from moderation.storage.edits import edits_of, mends
from moderation.storage.holds import holds_over_comments
from moderation.storage.moderator_workspace import NoteAbout, flags_on, live_locks, notes_around
from moderation.storage.near_duplicates import NEARLY, similar_waiting
from moderation.storage.queue_index import location_in
from moderation.storage.site_rules_cache import Rules
from moderation.web.desk.blur import blurs_over
from moderation.web.desk.cards import Card, Entry, Quoted, card, entry, in_thread, quoted, verdict_words
from moderation.web.desk.forms import SPANS
from moderation.web.desk.reporters import reports_view
from moderation.web.desk.severity_view import Urgency, urgency_of
from moderation.web.shared.access import services
from moderation.web.shared.languages import gettext

ALIKE_SHOWN = 5


class Reading:
    """What one answer about comments needs to know about who asks: read once."""

    def __init__(self, db: Session, actor: Actor) -> None:
        self.db, self.actor = db, actor
        self.sites = sites_reached(db, actor, READ)
        self.scopes = scopes(actor, READ, [site.id for site in self.sites])
        self.preferences: DeskPreferences = desk_preferences(db, actor)
        self.now = services().clock()
        self.locks = live_locks(db, self.now, exclude=actor.account_id)
        self.configuration = services().configuration.current()
        self.labels = {reason.id: reason.label for reason in self.configuration.reasons}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Every account's name by its id: asked for only where one is told, and while the session is open."""
        return account_names(self.db)

    def taken(self, comment_id: str) -> str | None:
        """Who else has this comment open."""
        account = self.locks.get(comment_id)
        return self.names.get(account) or gettext("a colleague") if account else None

    def open_with(self, comment_ids: Iterable[str]) -> str | None:
        """Which colleagues have these comments open, such as "berta" or "berta and carl"; None: nobody."""
        names = sorted({by for comment in comment_ids if (by := self.taken(comment)) is not None})
        return gettext(" and ").join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or None

    def verdict(self, decided: DecisionRow | None) -> str | None:
        """Who made what of a comment, in words."""
        if decided is None or decided.status in WAITING:
            return None
        return verdict_words(decided, self.names, self.labels)

    def entry(self, line: Line, href: str, *, find: tuple[Sought, ...] = (), flags: Sequence[str] = ()) -> Entry:
        return entry(
            line,
            urgency=self.urgency(line),
            preferences=self.preferences,
            verdict=self.verdict(line.decided),
            taken=self.taken(line.id),
            now=self.now,
            href=href,
            find=find,
            flags=flags,
        )

    def urgency(self, line: Line) -> Urgency:
        rules = self.configuration.policy.rules_for(line.site_id, line.judged_section)
        return urgency_of(line.signals, rules, sorted_by=line.severity if line.status in WAITING else None)

    def pane(self, comment_id: str, *, back: str, here: str, find: tuple[Sought, ...] = ()) -> dict[str, Any] | None:
        """What the pane of a comment shows; None where there is no such comment here. A decision leads ``back``, one in
        its thread ``here``. ``find`` is what was searched for.
        """
        item = desk_comment(self.db, comment_id, self.scopes)
        if item is None:
            return None
        comment, alike = item.comment, self._alike(item)
        rules = services().site_rules.rules(self.db, item.article)
        thread = [self._in_thread(said) for said in thread_of(self.db, item)]
        return {
            "item": self._card(item, rules, back, find),
            "decisions": item.decisions,
            "parent": next((said for said in thread if said.id == comment.parent_id), None),
            "thread": thread,
            "earlier": self._earlier(item),
            "reasons": self.configuration.reasons,
            "several_sites": len(self.sites) > 1,
            "here_path": here,
            "alike": alike,
            "may_reject_alike": self._may_reject(item) and any(other["percent"] >= 100 * NEARLY for other in alike),
            "author": self._author(item),
            "reports": reports_view(self.db, item.comment.id, self.configuration.reasons),
            "edits": edits_of(self.db, comment.id),
            "mends": mends(self.db, comment.id),
            "spans": {value: words for value, words in SPANS.items() if value != "date"},
            **self._left_on(item, rules),
        }

    def _in_thread(self, said: ThreadComment) -> Quoted:
        return in_thread(said, preferences=self.preferences, may_decide=reachable(self.actor, DECIDE, said.at))

    def _may_reject(self, item: DeskComment) -> bool:
        """Whether what is like this comment may be refused with it."""
        here, rights = location_in(item.queue_index), (DECIDE, BATCH_RIGHT[Verdict.REJECT])
        return item.comment.status in WAITING and all(reachable(self.actor, right, here) for right in rights)

    def _author(self, item: DeskComment) -> dict[str, Any]:
        """The author's card: their record, what holds for them, and whether this person may decide about them."""
        author = item.author
        return {
            "id": author.id,
            "name": author.name,
            "known": author.known,
            "approved": author.approved,
            "rejected": author.rejected,
            "created_at": author.created_at,
            "stands": stands_of(author, self.now),
            "until": until_of(author, self.now),
            "may_decide": reachable(self.actor, MODERATE, whole(author.site_id)),
        }

    def _earlier(self, item: DeskComment) -> list[Quoted]:
        """The author's latest others, as far as this person reaches."""
        latest = latest_by(self.db, item.author.id, self.scopes, exclude=item.comment.id)
        blurs = blurs_over(self.db, self.preferences, [other.id for other in latest])
        return [quoted(other, blur=blurs.get(other.id)) for other in latest]

    def _alike(self, item: DeskComment) -> list[dict[str, Any]]:
        """Other waiting comments that say much the same."""
        found = similar_waiting(self.db, item.comment, self.scopes, ALIKE_SHOWN)
        blurs = blurs_over(self.db, self.preferences, [other.comment.id for other in found])
        return [
            {
                "id": other.comment.id,
                "name": other.comment.author_name,
                "body": other.comment.body,
                "percent": round(other.likeness * 100),
                "blur": blurs.get(other.comment.id),
            }
            for other in found
        ]

    def _left_on(self, item: DeskComment, rules: Rules) -> dict[str, Any]:
        """Flags and notes that colleagues have left, and what they have put on wordlists and decided."""
        flags = flags_on(self.db, [item.comment.id]).get(item.comment.id, [])
        notes = notes_around(self.db, comment_id=item.comment.id, author_id=item.author.id, article_id=item.article.id)
        return {
            "flags": {flag.kind.value: flag for flag in flags},
            "notes": notes[NoteAbout.COMMENT],
            "holds": holds_over_comments(self.db, [item.comment.id]),
            "author_notes": notes[NoteAbout.AUTHOR],
            "wordlist": wordlist_hits_in(rules, item.comment.body, item.comment.author_name),
            "pinned": notes[NoteAbout.ARTICLE],
            "me_id": self.actor.account_id,
        }

    def _card(self, item: DeskComment, rules: Rules, back: str, find: tuple[Sought, ...]) -> Card:
        site, reply = item.comment.site_id, item.comment.parent_id is not None
        stands = standing(self.configuration.comments, item.article, rules.settings, reply=reply, now=self.now)
        return card(
            item,
            rules=self.configuration.policy.rules_for(site, item.article.section),
            preferences=self.preferences,
            verdict=self.verdict(item.decided),
            taken=self.taken(item.comment.id),
            now=self.now,
            may_decide=reachable(self.actor, DECIDE, location_in(item.queue_index)),
            back=back,
            mode=stands.rules.mode,
            private=self.configuration.private_data.places(item.comment.body),
            find=find,
        )
