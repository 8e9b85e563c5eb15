"""Who looks at a page, in which language, and whether a form that arrives was truly ours.

A form is believed only when the browser says that it came from our own page and it carries the
token made for this visitor. The language is the visitor's choice (a cookie), else the browser's.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from hmac import compare_digest
from typing import TYPE_CHECKING, Annotated, Any, Protocol, Self
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from martlet.kernel.errors import Forbidden, Invalid, MartletError, Unauthenticated
from martlet.kernel.i18n import Locale, choose_locale, explain, text
from martlet.kernel.money import parse_fen
from martlet.kernel.principal import ActorKind, Principal
from martlet.web.limits import (
    FIELD_BYTES_MAX,
    FORM_FIELDS_MAX,
    LANGUAGE_COOKIE_SECONDS,
    NUMBER_DIGITS_MAX,
)
from martlet.web.rendering import render

if TYPE_CHECKING:
    from martlet.bootstrap import Bank

LANGUAGE_COOKIE = "martlet_language"
FORM_COOKIE = "martlet_form"


class Doorkeeper(Protocol):
    """Knows who has signed in and bounds how often anybody asks."""

    session_cookie: str

    async def principal_of(self, request: Request) -> Principal:
        """Return who asks, or raise `Unauthenticated`."""
        ...

    def charge_address(self, request: Request) -> None:
        """Take from the share of an address whose caller has no name yet."""
        ...

    def forget(self, token: str) -> None:
        """Forget a session that has ended."""
        ...


class SignInNeeded(Exception):
    """The page is for somebody who has signed in."""


@dataclass(slots=True)
class Visitor:
    """One request for a page."""

    request: Request
    bank: "Bank"
    locale: Locale
    form_secret: str
    someone: Principal | None = None
    form: FormData | None = None

    @property
    def principal(self) -> Principal:
        """Who has signed in."""
        if self.someone is None:
            raise SignInNeeded
        return self.someone

    @property
    def is_staff(self) -> bool:
        """Whether somebody of the bank looks."""
        return self.someone is not None and self.someone.kind is ActorKind.STAFF

    @property
    def form_token(self) -> str:
        """What our own forms carry for this visitor."""
        who = self.someone.actor if self.someone else "nobody"
        return self.bank.keyring.blind_index(f"{self.form_secret}|{who}", "web.form")

    def say(self, message: str, **parameters: object) -> str:
        """Return an English source text in the visitor's language."""
        return text(message, self.locale, **parameters)

    def explain(self, refusal: MartletError) -> str:
        """Return a refusal's sentence in the visitor's language."""
        return explain(refusal.code, refusal.details, self.locale)

    def field(self, name: str, default: str = "") -> str:
        """Return a field of the form, trimmed."""
        value = self.form.get(name, default) if self.form is not None else default
        return value.strip() if isinstance(value, str) else default

    def amount_fen(self, name: str) -> int:
        """Return an amount of the form in fen, as a person wrote it in yuan."""
        return parse_fen(self.field(name))

    def number(self, name: str) -> int:
        """Return a whole number of the form."""
        value = self.field(name)
        if not (value.isascii() and value.isdigit() and len(value) <= NUMBER_DIGITS_MAX):
            raise Invalid("web.number_unreadable", text=value[:20])
        return int(value)

    def day(self, name: str) -> date:
        """Return a day of the form."""
        try:
            return date.fromisoformat(self.field(name))
        except ValueError as error:
            raise Invalid("web.date_unreadable", text=self.field(name)[:20]) from error

    def upload(self, name: str) -> UploadFile:
        """Return a file of the form."""
        value = self.form.get(name) if self.form is not None else None
        if not isinstance(value, UploadFile) or not value.filename:
            raise Invalid("web.file_missing")
        return value

    @property
    def key(self) -> str:
        """The command's key: made with the form, so that a form sent twice is done once."""
        given = self.field("key")
        return given[:64] if given.isascii() and given.isprintable() and given else self.new_key()

    def new_key(self) -> str:
        """Make a key for a form."""
        return str(self.bank.ids.new())

    def page(self, template: str, status: int = 200, **context: Any) -> Response:  # noqa: ANN401
        """Return a page."""
        html = render(template, self.locale, visitor=self, **context)
        return self._kept(HTMLResponse(html, status))

    def go(self, path: str) -> Response:
        """Send the visitor on to another page of ours."""
        assert path.startswith("/"), path
        return self._kept(RedirectResponse(path, 303))

    def _kept(self, response: Response) -> Response:
        if self.request.cookies.get(FORM_COOKIE) != self.form_secret:
            set_cookie(response, self.request, FORM_COOKIE, self.form_secret)
        return response


def set_cookie(
    response: Response, request: Request, name: str, value: str, seconds: int | None = None
) -> None:
    """Set a cookie that no script reads and no other site sends."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def local_path(path: str, default: str = "/") -> str:
    """Return a path of our own site; anything that leads elsewhere becomes `default`."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain and len(path) <= 500 and "\\" not in path else default  # noqa: PLR2004


async def _visit(request: Request) -> AsyncIterator[Visitor]:
    keeper: Doorkeeper = request.app.state.doorkeeper
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    locale = (
        Locale(chosen)
        if chosen in set(Locale)
        else choose_locale(request.headers.get("accept-language"))
    )
    bank: Bank = request.app.state.bank
    secret = request.cookies.get(FORM_COOKIE, "")
    visitor = Visitor(
        request,
        bank,
        locale,
        secret if len(secret) == 32 and secret.isalnum() else bank.ids.secret(16).hex(),  # noqa: PLR2004
    )
    request.state.visitor = visitor
    if request.cookies.get(keeper.session_cookie):
        try:
            visitor.someone = await keeper.principal_of(request)
        except Unauthenticated:
            visitor.someone = None
    if request.method == "POST":
        if visitor.someone is None:
            keeper.charge_address(request)
        visitor.form = await request.form(
            max_files=1, max_fields=FORM_FIELDS_MAX, max_part_size=FIELD_BYTES_MAX
        )
        _believe_form(visitor, secret)
    try:
        yield visitor
    finally:
        await request.close()


def _believe_form(visitor: Visitor, secret: str) -> None:
    request = visitor.request
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    ours = site in {"same-origin", "none"} and origin in {None, own}
    if not ours or not secret or not compare_digest(visitor.field("token"), visitor.form_token):
        raise Forbidden("web.form_not_ours")


def _owner(visitor: Annotated[Visitor, Depends(_visit)]) -> Visitor:
    if visitor.principal.kind is not ActorKind.OWNER:
        raise Forbidden("web.owners_only")
    return visitor


def _staff(visitor: Annotated[Visitor, Depends(_visit)]) -> Visitor:
    if visitor.principal.kind is not ActorKind.STAFF:
        raise Forbidden("web.staff_only")
    return visitor


Anyone = Annotated[Visitor, Depends(_visit)]
Owner = Annotated[Visitor, Depends(_owner)]
Staff = Annotated[Visitor, Depends(_staff)]


def answer_sign_in(request: Request, _error: Exception) -> Response:
    """Send somebody unknown to the sign-in page, and back afterwards."""
    path = request.url.path if request.method == "GET" else "/"
    return RedirectResponse(f"/login?next={quote(path)}", 303)


class shown:  # noqa: N801 - used as a statement: `with shown(refusals, visitor):`
    """Collects a refusal as a sentence, to be shown on the page where it arose."""

    def __init__(self, refusals: list[str], visitor: Visitor) -> None:
        self._refusals = refusals
        self._visitor = visitor

    def __enter__(self) -> Self:
        """Begin what may be refused."""
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Keep a refusal's sentence; what is no refusal of a form goes on."""
        if not isinstance(error, MartletError) or error.status in {401, 404, 500}:
            return False
        self._refusals.append(self._visitor.explain(error))
        return True


def remember_language(response: Response, request: Request, locale: Locale) -> None:
    """Keep the visitor's choice of language for a year."""
    set_cookie(response, request, LANGUAGE_COOKIE, locale.value, LANGUAGE_COOKIE_SECONDS)
