"""What readers are written, made when it is sent: of what was taken back or erased meanwhile nobody is told any more.
Neither a comment's words nor the name that its writer gave stand in it.
"""

from __future__ import annotations

from moderation.comments.appeals import OUTCOME_WORDS
from moderation.comments.writers_mail import stop_signature
from moderation.core.comment import WAITING, Status, standing_told
from moderation.core.messages import Message, translated
from moderation.mail.writing import Letter, Writing
from moderation.storage.appeals import AppealOutcome, appeal_about
from moderation.storage.articles import Article
from moderation.storage.comments import Comment, find_comment, newest_decision
from moderation.storage.mails import Mail
from moderation.storage.sites import Site

LONGEST_TITLE = 200


def outcome(writing: Writing, mail: Mail, needed: dict[str, str]) -> Letter | None:
    """How a comment ended, and what came of another look; None where it waits again, or is gone."""
    comment = find_comment(writing.session, mail.subject)
    if comment is None or comment.status in WAITING or comment.status in (Status.WITHDRAWN, Status.ERASED):
        return None
    decision = newest_decision(writing.session, comment.id)
    why = decision.reader_sentence if decision and comment.status == Status.REJECTED else None
    appeal = appeal_about(writing.session, comment.id)
    again = OUTCOME_WORDS[AppealOutcome(appeal.outcome)] if appeal is not None and appeal.outcome else None
    stop = _stop_url(writing, comment)
    return Letter(
        to=needed["to"],
        subject=writing.says(Message("mail_outcome_subject", {"site": _site(writing, comment)})),
        paragraphs=(
            _about(writing, comment),
            *([translated(again, writing.language)] if again else []),
            standing_told(Status(comment.status), why, writing.language),
            writing.leads(Message("mail_outcome_more"), _receipt_url(writing, comment)),
            writing.leads(Message("mail_why_and_stop"), stop),
        ),
        stop=stop,
    )


def reply(writing: Writing, mail: Mail, needed: dict[str, str]) -> Letter | None:
    """That somebody has answered; None where one of the two isn't published any more, or both are by the same."""
    comment, answer = find_comment(writing.session, mail.subject), find_comment(writing.session, mail.about or "")
    if comment is None or answer is None or answer.author_id == comment.author_id:
        return None
    if comment.status != Status.APPROVED or answer.status != Status.APPROVED:
        return None
    stop = _stop_url(writing, comment)
    return Letter(
        to=needed["to"],
        subject=writing.says(Message("mail_reply_subject", {"site": _site(writing, comment)})),
        paragraphs=(
            _about(writing, comment),
            writing.leads(Message("mail_reply_there"), f"{writing.settings.public_url}/comments/{answer.id}"),
            writing.leads(Message("mail_why_and_stop"), stop),
        ),
        stop=stop,
    )


def _about(writing: Writing, comment: Comment) -> str:
    """Which comment it is. An article's title is the site's own word only where the site has sent the article."""
    article = writing.session.get_one(Article, comment.article_id)
    site = _site(writing, comment)
    if not article.verified or not article.title:
        return writing.says(Message("mail_about_site", {"site": site}))
    title = " ".join(article.title.split())[:LONGEST_TITLE]
    return writing.says(Message("mail_about_article", {"title": title, "site": site}))


def _site(writing: Writing, comment: Comment) -> str:
    return writing.session.get_one(Site, comment.site_id).name


def _stop_url(writing: Writing, comment: Comment) -> str:
    signature = stop_signature(writing.services.keys, comment.id)
    return f"{writing.settings.public_url}/mail/stop/{comment.id}/{signature}?lang={writing.language}"


def _receipt_url(writing: Writing, comment: Comment) -> str:
    receipt = writing.services.keys.receipt(comment.id)
    return f"{writing.settings.public_url}/comments/{comment.id}?receipt={receipt}&lang={writing.language}"
