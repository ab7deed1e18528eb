"""One's own account: the password, the second factor, where one is signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import segno
from flask import Blueprint, Response, request, session

from moderation.accounts import second_factor
from moderation.accounts.accounts import change_own_password, choose_own_language
from moderation.accounts.sign_in import end_all_sessions, end_session, idle_since, renewed_session
from moderation.accounts.totp import app_address, new_salt, secret_of
from moderation.core.actor import Actor
from moderation.core.errors import InvalidField
from moderation.core.messages import LANGUAGES, Message
from moderation.mail.digest import ask_for_digest, end_digest
from moderation.storage.accounts import Account, sessions_of
from moderation.storage.mails import find_digest
from moderation.storage.sites import digest_of
from moderation.web.account.attempts import attempts
from moderation.web.account.sign_in import keep_signed_in
from moderation.web.shared.access import COOKIE, exchange_session_cookie, person, services, session_cookie
from moderation.web.shared.form_results import NOTHING_TOLD, Made, Told, field, handled
from moderation.web.shared.frame import desk_page
from moderation.web.shared.languages import gettext, language, speak
from moderation.web.shared.sign_ins import provider_name, session_row
from moderation.web.shared.wording import own_names

HERE = "/account"
SETTING_UP = "second factor salt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A second factor that is being set up: the picture that the app reads, as the path of an SVG that is ``size``
    modules wide, and the same as text.
    """

    path: str
    size: int
    secret: str


def blueprint() -> Blueprint:
    """The routes under ``/account``, for everybody who is signed in. Wrong attempts at the present password, or at a
    code, are limited for each sign-in.
    """
    pages = Blueprint("account_pages", __name__, url_prefix=HERE)

    @pages.get("")
    def own() -> Response:
        return _page()

    for path, use in _FORMS.items():
        pages.add_url_rule(f"/{path}", use.__name__.strip("_"), _form(use), methods=["POST"])
    return pages


def _form(use: Callable[[Actor], Made]) -> Callable[[], Response]:
    def counted(actor: Actor) -> Made:
        if request.form.keys().isdisjoint({"password", "code"}):
            return use(actor)
        with attempts().in_session(digest_of(request.cookies.get(COOKIE, ""))):
            return use(actor)

    def view() -> Response:
        answer = handled(counted, _page)
        if session_cookie() != request.cookies.get(COOKIE):
            keep_signed_in(answer, session_cookie())
        return answer

    return view


def _renew_sign_in() -> None:
    """What opens the account has changed: whoever has a copy of this sign-in's cookie is out."""
    exchange_session_cookie(renewed_session(services(), session_cookie()))


def _page(told: Told = NOTHING_TOLD) -> Response:
    actor, now = person(), services().clock()
    idle = idle_since(services(), now)
    with services().database.reading() as db:
        account = db.get_one(Account, actor.account_id)
        daily = find_digest(db, account.id) is not None
        sessions = sessions_of(db, account.id, now, idle_since=idle)
        rows = [session_row(row, cookie=session_cookie()) for row in sessions]
    salt = _salt_begun(actor) if account.totp_secret is None else None
    return desk_page(
        "account/profile.html",
        422 if told.problem else 200,
        here=HERE,
        made=told.made,
        problem=told.problem,
        second_factor=account.totp_secret is not None,
        password=bool(account.password_hash) or account.oidc_subject is None,
        provider=provider_name(),
        codes_left=len(account.recovery or ()),
        enrolment=_enrolment(actor, salt) if salt else None,
        sessions=rows,
        language_chosen=account.language,
        languages=own_names(LANGUAGES["desk"]),
        may_have_digest=services().settings.mail is not None,
        digest=daily,
    )


def _salt_begun(actor: Actor) -> str | None:
    """The salt of a second factor that this very account has begun to set up here."""
    begun = session.get(SETTING_UP)
    return begun[1] if isinstance(begun, list) and begun[0] == actor.account_id else None


def _enrolment(actor: Actor, salt: str) -> Enrolment | None:
    secret = secret_of(services().keys.second_factor, salt)
    if secret is None:
        return None
    picture = segno.make(app_address(secret, actor.name), error="m", micro=False)
    rows = [[bool(module) for module in row] for row in picture.matrix_iter(scale=1, border=4)]
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    shown = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return Enrolment(path=path, size=len(rows), secret=shown)


def _choose_language(actor: Actor) -> Made:
    chosen = field("language") or None
    choose_own_language(services(), actor, chosen)
    speak(chosen)
    return Made(words=gettext("Your pages are in this language from now on."))


def _ask_for_digest(actor: Actor) -> Made:
    ask_for_digest(services(), actor, field("email", 254), language())
    return Made(words=gettext("A letter comes every morning from now on, when something waits."))


def _end_digest(actor: Actor) -> Made:
    end_digest(services(), actor.account_id or "")
    return Made(words=gettext("No more letters come, and your address is erased."))


def _change_password(actor: Actor) -> Made:
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        raise InvalidField("new password", Message("new_password_differs"))
    cookie = request.cookies.get(COOKIE, "")
    change_own_password(services(), actor, request.form.get("password", ""), new, cookie=cookie)
    _renew_sign_in()
    return Made(words=gettext("Your password is changed. Every other sign-in of yours has ended."))


def _begin_second_factor(actor: Actor) -> Made:
    second_factor.check_own_password(services(), actor, request.form.get("password", ""))
    session[SETTING_UP] = [actor.account_id, new_salt(services().keys.second_factor)]
    return Made(
        words=gettext("Now show the picture below to your authenticator app, and enter the code that it answers with.")
    )


def _confirm_second_factor(actor: Actor) -> Made:
    salt = _salt_begun(actor)
    if salt is None:
        raise InvalidField("second factor", Message("second_factor_not_begun"))
    codes = second_factor.set_up(services(), actor, salt, "".join(field("code").split()))
    session.pop(SETTING_UP, None)
    _renew_sign_in()
    return _shown(gettext("From now on signing in asks for a code too."), codes)


def _renew_codes(actor: Actor) -> Made:
    second_factor.check_own_password(services(), actor, request.form.get("password", ""))
    codes = second_factor.renew_recovery_codes(services(), actor)
    return _shown(gettext("Here are new recovery codes; the old ones stopped working."), codes)


def _shown(words: str, codes: list[str]) -> Made:
    hint = gettext(
        "Each of these works once in place of the app. They are shown this once: print them, or keep them where you "
        "keep passwords."
    )
    return Made(words=words, codes=tuple(codes), hint=hint)


def _remove_second_factor(actor: Actor) -> Made:
    second_factor.check_own_password(services(), actor, request.form.get("password", ""))
    second_factor.take_away(services(), actor.reference, actor.account_id or "")
    session.pop(SETTING_UP, None)
    _renew_sign_in()
    return Made(words=gettext("You sign in by password alone now."))


def _end_one_session(actor: Actor) -> Made:
    end_session(services(), actor.reference, actor.account_id or "", field("session"))
    return Made(words=gettext("That sign-in has ended."))


def _end_other_sessions(actor: Actor) -> Made:
    cookie = request.cookies.get(COOKIE, "")
    end_all_sessions(services(), actor.reference, actor.account_id or "", exclude=cookie)
    return Made(words=gettext("You are signed out everywhere but here."))


_FORMS: Mapping[str, Callable[[Actor], Made]] = {
    "language": _choose_language,
    "digest": _ask_for_digest,
    "digest/end": _end_digest,
    "password": _change_password,
    "second-factor/begin": _begin_second_factor,
    "second-factor": _confirm_second_factor,
    "second-factor/codes": _renew_codes,
    "second-factor/remove": _remove_second_factor,
    "end-session": _end_one_session,
    "end-sessions": _end_other_sessions,
}
"""What each form of the page does, by the end of the address that it is sent to."""
