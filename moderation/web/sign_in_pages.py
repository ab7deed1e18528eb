"""Signing in and out, and choosing one's password by invitation."""

from __future__ import annotations

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from moderation.accounts import accept_invitation, invited_name
from moderation.core.errors import InvalidField
from moderation.signing_in import (
    SIGN_IN_LASTS,
    CodeNeeded,
    CodeWrong,
    SignInFailed,
    account_of_proof,
    sign_in,
    sign_in_by_code,
    sign_out,
)
from moderation.web.access import COOKIE, services, signed_in
from moderation.web.limits import Limits
from moderation.web.rendering import argument, page, path_within

LONGEST = 200
OPEN = frozenset({"login", "login_code", "invitation"})
"""The endpoints that ask for no sign-in."""


def install_sign_in_pages(app: Flask, limits: Limits) -> None:
    """Adds ``/login``, ``/login/code``, ``/logout`` and ``/invitation/{token}`` as the endpoints ``login``,
    ``login_code``, ``logout`` and ``invitation``.
    """

    def login() -> Response:
        if request.method == "POST":
            return _sign_in(limits)
        leads_to = _after_sign_in(argument("next", 500))
        if signed_in() is not None:
            return redirect(leads_to, 303)
        return page("login.html", next=leads_to, name="", problem=None, chosen="chosen" in request.args)

    def login_code() -> Response:
        return _sign_in_by_code(limits)

    def logout() -> Response:
        cookie = request.cookies.get(COOKIE)
        if cookie:
            sign_out(services(), cookie)
        answer = redirect("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    def invitation(token: str) -> Response:
        name = invited_name(services(), token[:LONGEST])
        if request.method == "POST":
            return _choose_password(limits, token[:LONGEST], name)
        return page("invitation.html", name=name, problem=None)

    app.add_url_rule("/login", "login", login, methods=["GET", "POST"])
    app.add_url_rule("/login/code", "login_code", login_code, methods=["POST"])
    app.add_url_rule("/logout", "logout", logout, methods=["POST"])
    app.add_url_rule("/invitation/<token>", "invitation", invitation, methods=["GET", "POST"])


def _sign_in(limits: Limits) -> Response:
    name = request.form.get("name", "").strip()
    leads_to = _after_sign_in(request.form.get("next", ""))
    limits.count_sign_in(name[:LONGEST])
    try:
        cookie = _checked(name, request.form.get("password", ""))
    except CodeNeeded as half:
        return page("login_code.html", next=leads_to, proof=half.proof, problem=None)
    except SignInFailed:
        problem = "Name or password is wrong. Please try again."
        return page("login.html", 422, next=leads_to, name=name[:LONGEST], problem=problem, chosen=False)
    return _signed_in(cookie, leads_to)


def _sign_in_by_code(limits: Limits) -> Response:
    proof, code = request.form.get("proof", "")[:LONGEST], request.form.get("code", "")[:LONGEST]
    leads_to = _after_sign_in(request.form.get("next", ""))
    limits.count_code(account_of_proof(proof))
    try:
        cookie = sign_in_by_code(services(), proof, code, agent=_agent())
    except CodeWrong:
        problem = "That code is wrong, or was used before. Wait for the next one and enter that."
        return page("login_code.html", 422, next=leads_to, proof=proof, problem=problem)
    return _signed_in(cookie, leads_to)


def _signed_in(cookie: str, leads_to: str) -> Response:
    answer = redirect(leads_to, 303)
    answer.set_cookie(
        COOKIE, cookie, max_age=SIGN_IN_LASTS, httponly=True, samesite="Lax", secure=request.is_secure, path="/"
    )
    return answer


def _choose_password(limits: Limits, token: str, name: str) -> Response:
    limits.count_sign_in(name)
    password = request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise InvalidField("password", "was not the same both times.")
        accept_invitation(services(), token, password)
    except InvalidField as error:
        return page("invitation.html", 422, name=name, problem=f"The {error.field} {error.message}")
    return redirect("/login?chosen=1", 303)


def _checked(name: str, password: str) -> str:
    if len(name) > LONGEST or not name.isprintable():
        raise SignInFailed("name", "can't be the name of an account.")
    return sign_in(services(), name, password, agent=_agent())


def _agent() -> str | None:
    """What the browser calls itself, as far as it can be stored."""
    return "".join(c for c in request.user_agent.string if c.isprintable()) or None


def _after_sign_in(asked: str) -> str:
    for start in ("/review", "/audit", "/admin", "/account", "/legal"):
        path = path_within(asked, start, "")
        if path:
            return path
    return "/review"
