"""Signing in and out."""

from __future__ import annotations

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from moderation.accounts import SIGN_IN_LASTS, SignInFailed, sign_in, sign_out
from moderation.web.access import COOKIE, services, signed_in
from moderation.web.limits import Limits
from moderation.web.rendering import argument, page, path_within

LONGEST = 200


def install_sign_in_pages(app: Flask, limits: Limits) -> None:
    """Adds ``/login`` and ``/logout`` as the endpoints ``login`` and ``logout``."""

    def login() -> Response:
        if request.method == "POST":
            return _sign_in(limits)
        leads_to = _after_sign_in(argument("next", 500))
        if signed_in() is not None:
            return redirect(leads_to, 303)
        return page("login.html", next=leads_to, name="", problem=None)

    def logout() -> Response:
        cookie = request.cookies.get(COOKIE)
        if cookie:
            sign_out(services(), cookie)
        answer = redirect("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    app.add_url_rule("/login", "login", login, methods=["GET", "POST"])
    app.add_url_rule("/logout", "logout", logout, methods=["POST"])


def _sign_in(limits: Limits) -> Response:
    name = request.form.get("name", "").strip()
    leads_to = _after_sign_in(request.form.get("next", ""))
    limits.count_sign_in(name[:LONGEST])
    try:
        cookie = _checked(name, request.form.get("password", ""))
    except SignInFailed:
        problem = "Name or password is wrong. Please try again."
        return page("login.html", 422, next=leads_to, name=name[:LONGEST], problem=problem)
    answer = redirect(leads_to, 303)
    answer.set_cookie(
        COOKIE, cookie, max_age=SIGN_IN_LASTS, httponly=True, samesite="Lax", secure=request.is_secure, path="/"
    )
    return answer


def _checked(name: str, password: str) -> str:
    if len(name) > LONGEST or not name.isprintable():
        raise SignInFailed("name", "can't be the name of an account.")
    return sign_in(services(), name, password)


def _after_sign_in(asked: str) -> str:
    for start in ("/review", "/audit", "/admin"):
        path = path_within(asked, start, "")
        if path:
            return path
    return "/review"
