"""Signing in and out, and choosing one's password by invitation."""

from __future__ import annotations

from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from moderation.accounts.accounts import accept_invitation, invited_name
from moderation.accounts.known_browsers import KNOWN_LASTS, known_to, made_known
from moderation.accounts.sign_in import (
    SIGN_IN_LASTS,
    CodeNeeded,
    CodeWrong,
    PasswordNotTaken,
    PasswordTooLongAgo,
    SignedIn,
    SignInFailed,
    account_asked_for,
    passwords_hidden,
    proven_account,
    sign_in,
    sign_in_by_code,
    sign_out,
)
from moderation.core.errors import InvalidField
from moderation.core.messages import Message, noted
from moderation.web.account.attempts import attempts
from moderation.web.account.oidc import agent, install_provider_pages, provider_sign_out
from moderation.web.shared.access import COOKIE, services, signed_in
from moderation.web.shared.addresses import root
from moderation.web.shared.languages import gettext, language
from moderation.web.shared.rendering import argument, page, path_within
from moderation.web.shared.sign_ins import provider_name

LONGEST = 200
KNOWN_COOKIE = "moderation_known"
"""What a browser keeps of the accounts that were signed in to with it."""
OPEN = frozenset({"login", "login_code", "login_provider", "login_provider_callback", "invitation"})
"""The endpoints that ask for no sign-in."""


_WRONG = noted("That code is wrong, or was used before. Wait for the next one and enter that.")
_LATE = noted("That took too long. Please begin again with your name and password.")


def install_sign_in_pages(app: Flask) -> None:
    """Adds ``/login``, ``/login/code``, ``/logout`` and ``/invitation/{token}`` as the endpoints ``login``,
    ``login_code``, ``logout`` and ``invitation``.
    """

    def login() -> Response:
        if request.method == "POST":
            return _sign_in()
        leads_to = _after_sign_in(argument("next", 500))
        if signed_in() is not None:
            return redirect(leads_to, 303)
        return _login_page(leads_to, chosen="chosen" in request.args)

    def login_code() -> Response:
        return _sign_in_by_code()

    def logout() -> Response:
        cookie = request.cookies.get(COOKIE)
        issuer = sign_out(services(), cookie) if cookie else None
        onward = provider_sign_out(issuer, url_for("login", _external=True))
        answer = _signed_out_page(onward) if onward else redirect("/login", 303)
        answer.delete_cookie(COOKIE, path=root() or "/")
        return answer

    def invitation(token: str) -> Response:
        name = invited_name(services(), token[:LONGEST])
        if request.method == "POST":
            return _choose_password(token[:LONGEST], name)
        return _invitation_page(name, token[:LONGEST])

    install_provider_pages(
        app, leads_to=_after_sign_in, signed_in=_signed_in_there, refused=lambda words: _login_page(trouble=words)
    )
    app.add_url_rule("/login", "login", login, methods=["GET", "POST"])
    app.add_url_rule("/login/code", "login_code", login_code, methods=["POST"])
    app.add_url_rule("/logout", "logout", logout, methods=["POST"])
    app.add_url_rule("/invitation/<token>", "invitation", invitation, methods=["GET", "POST"])


def _sign_in() -> Response:
    name = request.form.get("name", "").strip()
    leads_to = _after_sign_in(request.form.get("next", ""))
    try:
        started = _checked(name, request.form.get("password", ""))
    except CodeNeeded as half:
        return page("account/second_factor.html", next=leads_to, proof=half.proof, problem=None)
    except PasswordNotTaken:
        return _login_page(leads_to, trouble=gettext("Please sign in with %(name)s.", name=provider_name() or ""))
    except SignInFailed:
        return _login_page(leads_to, name=name, problem=gettext("Name or password is wrong. Please try again."))
    return _signed_in(started, leads_to)


def _sign_in_by_code() -> Response:
    proof, code = request.form.get("proof", "")[:LONGEST], request.form.get("code", "")[:LONGEST]
    leads_to = _after_sign_in(request.form.get("next", ""))
    try:
        account = proven_account(services(), proof)
        with attempts().of_code(account.id, known_to(services(), _kept(), account)):
            started = sign_in_by_code(services(), proof, code, agent=agent())
    except CodeWrong as error:
        problem = gettext(_LATE if isinstance(error, PasswordTooLongAgo) else _WRONG)
        return page("account/second_factor.html", 422, next=leads_to, proof=proof, problem=problem)
    return _signed_in(started, leads_to)


def _login_page(
    leads_to: str | None = None,
    *,
    name: str = "",
    problem: str | None = None,
    trouble: str | None = None,
    chosen: bool = False,
) -> Response:
    """``problem``: with name or password. ``trouble``: with the provider, or with the way that was taken."""
    return page(
        "account/sign_in.html",
        422 if problem or trouble else 200,
        next=leads_to or _after_sign_in(""),
        name=name[:LONGEST],
        problem=problem,
        trouble=trouble,
        chosen=chosen,
        provider=provider_name(),
        folded=passwords_hidden(services()) and not problem,
    )


def _signed_out_page(onward: str) -> Response:
    """A form's answer may lead to no other host by a redirect, which the policy of our pages holds forms to: so the
    page goes on by itself.
    """
    answer = page("account/signed_out.html", provider=provider_name(), onward=onward)
    answer.headers["Refresh"] = f"0; url={onward}"
    return answer


def _invitation_page(name: str, token: str, problem: str | None = None) -> Response:
    return page(
        "account/invitation.html",
        422 if problem else 200,
        name=name,
        problem=problem,
        provider=provider_name(),
        invitation=token,
        by_password=not passwords_hidden(services()),
    )


def _signed_in_there(started: SignedIn, leads_to: str) -> Response:
    answer = redirect(leads_to, 303)
    keep_signed_in(answer, started.cookie)
    return answer


def keep_signed_in(answer: Response, cookie: str) -> None:
    """Hands a browser what names its sign-in."""
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=SIGN_IN_LASTS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
        path=root() or "/",
    )


def _signed_in(started: SignedIn, leads_to: str) -> Response:
    answer, secure = _signed_in_there(started, leads_to), request.is_secure
    known = made_known(services(), _kept(), started.account)
    answer.set_cookie(
        KNOWN_COOKIE, known, max_age=KNOWN_LASTS, httponly=True, samesite="Lax", secure=secure, path=f"{root()}/login"
    )
    return answer


def _kept() -> str:
    return request.cookies.get(KNOWN_COOKIE, "")


def _choose_password(token: str, name: str) -> Response:
    # Nobody guesses an invitation, and it works once: there is nothing to count.
    password = request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise InvalidField("password", Message("password_differs"))
        accept_invitation(services(), token, password)
    except InvalidField as error:
        return _invitation_page(name, token, error.sentence(language()))
    return redirect("/login?chosen=1", 303)


def _checked(name: str, password: str) -> SignedIn:
    name, account = account_asked_for(services(), name if len(name) <= LONGEST else "")
    browser = known_to(services(), _kept(), account)
    with attempts().of_password(name, browser):
        return sign_in(services(), account, password, agent=agent(), known=browser is not None)


def _after_sign_in(asked: str) -> str:
    for start in ("/review", "/audit", "/admin", "/account", "/legal"):
        path = path_within(asked, start, "")
        if path:
            return path
    return "/review"
