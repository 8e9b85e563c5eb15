"""Who asks: an API key in the header, or the session cookie of somebody signed in.

A checked key is believed for two seconds, so that a loan's three requests ask the database once.
What the caller may do is decided by the rooms (`Principal.require`), never here; here it only
gets a name, a rate, and a language.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import Depends, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from martlet.api.buckets import Buckets
from martlet.api.limits import (
    KEY_CACHE_MAX,
    KEY_CACHE_SECONDS,
    MACHINE_REQUESTS_PER_SECOND,
    PERSON_REQUESTS_PER_SECOND,
    STRANGER_REQUESTS_PER_SECOND,
)
from martlet.api.problems import locale_of
from martlet.kernel.errors import (
    Forbidden,
    Invalid,
    MartletError,
    NotFound,
    TooMany,
    Unauthenticated,
)
from martlet.kernel.i18n import Locale
from martlet.kernel.principal import ActorKind, Principal, Scope
from martlet.store import watch_replays

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.bootstrap import Bank

OWN_DOOR = "/v1/participation/own"
"""What a partner's key opens; behind it, to such a key, there is nothing."""

SESSION_COOKIE = "martlet_session"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PARTNER = frozenset({Scope.PARTNER_OWN})
_encoder = msgspec.json.Encoder()


class MalformedKey(Invalid):
    """The Idempotency-Key header is missing or cannot be one."""

    status = 400


@dataclass(slots=True)
class Doorkeeper:
    """Knows who has just been checked, and how much each may still ask."""

    bank: "Bank" = field(repr=False)
    session_cookie: str = SESSION_COOKIE
    buckets: Buckets = field(default_factory=lambda: Buckets(monotonic))
    _known: OrderedDict[str, tuple[float, Principal]] = field(default_factory=OrderedDict)

    async def principal_of(self, request: Request) -> Principal:
        """Return who asks; raises `Unauthenticated`, or `TooMany` with the seconds to wait."""
        secret, check = self._credential(request)
        if check is None:
            self.charge_address(request)
            raise Unauthenticated("api.credentials_missing")
        now, credential = monotonic(), _digest(secret)
        known = self._known.get(credential)
        if known is not None and now - known[0] < KEY_CACHE_SECONDS:
            principal = known[1]
        else:
            try:
                principal = await run_in_threadpool(check, secret)
            except MartletError:
                self._known.pop(credential, None)
                self.charge_address(request)
                raise
            self._remember(credential, now, principal)
        self._charge(principal)
        _show_partners_their_own(request, principal)
        return principal

    def forget(self, token: str) -> None:
        """Forget a session at once: its owner has signed out."""
        self._known.pop(_digest(token), None)

    def _credential(self, request: Request) -> "tuple[str, Callable[[str], Principal] | None]":
        header = request.headers.get("authorization", "")
        if header[:7].lower() == "bearer ":
            return header[7:207].strip(), self.bank.parties.principal_of_api_key
        if token := request.cookies.get(SESSION_COOKIE):
            _refuse_foreign_page(request)
            return token[:200], self.bank.parties.principal_of_session
        return "", None

    def _remember(self, credential: str, now: float, principal: Principal) -> None:
        self._known[credential] = (now, principal)
        self._known.move_to_end(credential)
        if len(self._known) > KEY_CACHE_MAX:
            self._known.popitem(last=False)

    def _charge(self, principal: Principal) -> None:
        machine = principal.kind in {ActorKind.API_KEY, ActorKind.SYSTEM}
        rate = MACHINE_REQUESTS_PER_SECOND if machine else PERSON_REQUESTS_PER_SECOND
        self._take(principal.actor, rate)

    def charge_address(self, request: Request) -> None:
        """Take from the share of an address whose caller has no name yet."""
        address = request.client.host if request.client else "nowhere"
        self._take(f"address:{address}", STRANGER_REQUESTS_PER_SECOND)

    def _take(self, caller: str, per_second: int) -> None:
        if wait := self.buckets.take(caller, per_second):
            raise TooMany("api.too_many_requests", retry_after_seconds=int(wait) + 1)


def _digest(secret: str) -> str:
    """Return what stands for a secret in memory, where a dump or a log might show it."""
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _show_partners_their_own(request: Request, principal: Principal) -> None:
    """Let a partner's key find its own door only, as if there were no other in the house."""
    if principal.scopes == _PARTNER:
        path = request.url.path
        if path != OWN_DOOR and not path.startswith(f"{OWN_DOOR}/"):
            raise NotFound("lending.no_own_partner")


def _refuse_foreign_page(request: Request) -> None:
    """Refuse a change that another site's page sends with our visitor's cookie."""
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        foreign = site not in {"same-origin", "none"}
    else:
        origin = request.headers.get("origin")
        own = f"{request.url.scheme}://{request.headers.get('host', '')}"
        foreign = origin is not None and origin != own
    if foreign:
        raise Forbidden("api.foreign_page")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: who asks which bank, in which language."""

    bank: "Bank"
    principal: Principal
    locale: Locale

    def answer(self, value: Any, status: int = 200) -> Response:  # noqa: ANN401 - JSON
        """Return a JSON value; dates and identifiers become text, amounts stay whole numbers."""
        headers = {"Cache-Control": "no-store"}
        return Response(_encoder.encode(value), status, headers, "application/json")


@dataclass(frozen=True, slots=True)
class Ordered(Asked):
    """A command: a question that changes something, once, under the caller's key."""

    key: str

    def carry_out(
        self,
        command: "Callable[[], Any]",
        status: int = 201,
        measure: "Callable[[Any], None] | None" = None,
    ) -> Response:
        """Carry out a command and return its answer, telling whether it was an earlier one.

        `measure` is shown the answer of a command that was really carried out.
        """
        with watch_replays() as replayed:
            value = command()
        answer = self.answer(value, status)
        if self.key in replayed:
            answer.headers["Idempotency-Replayed"] = "true"
        elif measure is not None:
            measure(value)
        return answer


async def _asked(request: Request) -> Asked:
    keeper: Doorkeeper = request.app.state.doorkeeper
    principal = await keeper.principal_of(request)
    return Asked(keeper.bank, principal, locale_of(request.scope))


async def _ordered(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Of your making, at most 200 printable ASCII characters. The same key"
            " with the same body is done once and answered alike; with another body: 409.",
        ),
    ] = None,
) -> Ordered:
    keeper: Doorkeeper = request.app.state.doorkeeper
    principal = await keeper.principal_of(request)
    key = (idempotency_key or "").strip()
    if not key:
        raise MalformedKey("api.idempotency_key_missing")
    if len(key) > 200 or not (key.isascii() and key.isprintable()):  # noqa: PLR2004 - as the store's bound
        raise MalformedKey("api.idempotency_key_malformed")
    return Ordered(keeper.bank, principal, locale_of(request.scope), key)


Ask = Annotated[Asked, Depends(_asked)]
Order = Annotated[Ordered, Depends(_ordered)]
