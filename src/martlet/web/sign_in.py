"""Signing in by phone and code or by a one-time link, signing out, choosing the language."""

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import Unauthenticated
from martlet.kernel.i18n import Locale
from martlet.web.visitors import Anyone, Visitor, local_path, remember_language, set_cookie, shown

router = APIRouter()


@router.get("/login")
def ask_phone(visitor: Anyone, next: str = "/") -> Response:  # noqa: A002 - the address says so
    """Ask for the phone number."""
    return visitor.page("sign_in.html", step="phone", phone="", next=local_path(next), refusals=[])


@router.post("/login")
def send_code(visitor: Anyone) -> Response:
    """Send a code to the phone; the same page for a known and an unknown one."""
    phone, then = visitor.field("phone"), local_path(visitor.field("next", "/"))
    refusals: list[str] = []
    with shown(refusals, visitor):
        visitor.bank.parties.request_login_code(phone)
    step, status = ("phone", 422) if refusals else ("code", 200)
    return visitor.page(
        "sign_in.html", status, step=step, phone=phone, next=then, refusals=refusals
    )


@router.post("/login/code")
def enter(visitor: Anyone) -> Response:
    """Open a session with the code."""
    phone, then = visitor.field("phone"), local_path(visitor.field("next", "/"))
    old = visitor.request.cookies.get(_cookie(visitor))
    try:
        session = visitor.bank.parties.log_in(phone, visitor.field("code"), replacing=old)
    except Unauthenticated as refusal:
        return visitor.page(
            "sign_in.html",
            401,
            step="code",
            phone=phone,
            next=then,
            refusals=[visitor.explain(refusal)],
        )
    return _let_in(visitor, session.token, then)


@router.get("/link")
def show_link(visitor: Anyone) -> Response:
    """Ask for a one-time link's secret; it stands behind the # and so never reaches a log."""
    return visitor.page("sign_in_link.html", refusals=[])


@router.post("/link")
def use_link(visitor: Anyone) -> Response:
    """Open a session with a one-time link."""
    old = visitor.request.cookies.get(_cookie(visitor))
    try:
        session = visitor.bank.parties.log_in_by_link(visitor.field("link")[:200], replacing=old)
    except Unauthenticated as refusal:
        refusals = [visitor.explain(refusal)]
        return visitor.page("sign_in_link.html", 401, refusals=refusals)
    return _let_in(visitor, session.token, "/")


@router.post("/logout")
def leave(visitor: Anyone) -> Response:
    """End the session, here and at the bank."""
    token = visitor.request.cookies.get(_cookie(visitor), "")
    visitor.bank.parties.log_out(token)
    visitor.request.app.state.doorkeeper.forget(token)
    gone = visitor.go("/login")
    gone.delete_cookie(_cookie(visitor))
    return gone


@router.post("/language")
def choose_language(visitor: Anyone) -> Response:
    """Keep the language chosen, and go back to the page."""
    chosen = visitor.field("language")
    back = visitor.go(local_path(visitor.field("back", "/")))
    if chosen in set(Locale):
        remember_language(back, visitor.request, Locale(chosen))
    return back


def _cookie(visitor: Visitor) -> str:
    name: str = visitor.request.app.state.doorkeeper.session_cookie
    return name


def _let_in(visitor: Visitor, token: str, then: str) -> Response:
    entered = visitor.go(then)
    set_cookie(entered, visitor.request, _cookie(visitor), token)
    return entered
