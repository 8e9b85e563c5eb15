"""The arrears board, the cases behind it, and one case with its history and what may be done."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import MartletError, NotFound
from martlet.kernel.ids import parse_id
from martlet.kernel.principal import Scope
from martlet.kernel.rates import percent_text
from martlet.web.console.case_words import told
from martlet.web.limits import LIST_ROWS, ROLL_MONTHS_SHOWN
from martlet.web.visitors import Staff, Visitor, shown

router = APIRouter(prefix="/console/arrears")
HERE = "/console/arrears"
_WHICH: dict[str, dict[str, Any]] = {
    "": {},
    "promised": {"promised": True},
    "agency": {"handler_kind": "agency"},
    "closed": {"closed": True},
}


@router.get("")
def show_board(visitor: Staff, bucket: str = "", which: str = "", after: str = "") -> Response:
    """Show arrears by bucket, where they have gone month by month, and a page of cases."""
    return _board(visitor, [], bucket=bucket, which=which, after=after)


@router.post("/remind")
def remind(visitor: Staff) -> Response:
    """Send the reminders that may go out now."""
    refusals: list[str] = []
    done = None
    with shown(refusals, visitor):
        done = visitor.bank.collections.remind(visitor.principal, visitor.key)
    return _board(visitor, refusals, done=done)


def _board(
    visitor: Visitor,
    refusals: list[str],
    *,
    bucket: str = "",
    which: str = "",
    after: str = "",
    done: dict[str, Any] | None = None,
) -> Response:
    collections, who = visitor.bank.collections, visitor.principal
    board = collections.board(who)
    chosen = which if which in _WHICH else ""
    rows = collections.cases(
        who,
        bucket=bucket or None,
        after=_id_of(after) if after else None,
        limit=LIST_ROWS + 1,
        **_WHICH[chosen],
    )
    return visitor.page(
        "console/arrears.html",
        422 if refusals else 200,
        here=HERE,
        note="",
        refusals=refusals,
        board=board,
        labels={row["bucket"]: _label(visitor, row) for row in board["borrowers"]},
        loan_labels={row["bucket"]: _label(visitor, row) for row in board["loans"]},
        rolls=_rolls(visitor),
        cases=[{**row, "business": _business(visitor, row)} for row in rows[:LIST_ROWS]],
        bucket=bucket,
        which=chosen,
        choices=list(_WHICH),
        first=not after,
        next_after=rows[LIST_ROWS - 1]["case_id"] if len(rows) > LIST_ROWS else "",
        done=done,
        may_work=_may_work(visitor),
    )


def _label(visitor: Visitor, row: dict[str, Any]) -> str:
    return str(row["name"][visitor.locale.value])


def _may_work(visitor: Visitor) -> bool:
    return Scope.COLLECTIONS_WRITE in visitor.principal.scopes


def _id_of(written: str) -> UUID:
    try:
        return parse_id(written.strip())
    except MartletError as error:
        raise NotFound("lending.case_not_found", case_id=written[:40]) from error


def _business(visitor: Visitor, row: dict[str, Any]) -> str:
    """Return a business's masked name, to who may read it."""
    try:
        party_id = UUID(row["party_id"])
        return str(visitor.bank.parties.business(visitor.principal, party_id).name)
    except MartletError:
        return str(row["party_id"])[-8:]


def _rolls(visitor: Visitor) -> list[dict[str, Any]]:
    """Return the months' roll rates, the latest first, each move with its words."""
    found = visitor.bank.collections.roll_rates(visitor.principal, ROLL_MONTHS_SHOWN)
    names = {one["bucket"]: _label(visitor, one) for one in found["buckets"]}
    names |= {
        "none": visitor.say("not in arrears"),
        "cured": visitor.say("Paid up"),
        "written_off": visitor.say("Written off"),
    }
    return [
        {
            "month": month["month"],
            "begun": names[roll["from"]],
            "ended": names[roll["to"]],
            "count": roll["count"],
            "share": "—" if roll["share_ppm"] is None else f"{percent_text(roll['share_ppm'], 1)}%",
        }
        for month in reversed(found["months"])
        for roll in month["rolls"]
    ]


@router.get("/{case_id}")
def show_case(visitor: Staff, case_id: UUID, note: str = "") -> Response:
    """Show a case: where it stands, what may be done, and all that happened."""
    return _case(visitor, case_id, [], note)


def _case(visitor: Visitor, case_id: UUID, refusals: list[str], note: str = "") -> Response:
    collections, who = visitor.bank.collections, visitor.principal
    case = collections.case(who, case_id)
    handlers = [one for one in collections.handlers(who) if one["active"]]
    titles = {f"{one['kind']}:{one['name']}": one["title"] for one in handlers}
    board = collections.board(who)
    return visitor.page(
        "console/case.html",
        422 if refusals else 200,
        here=HERE,
        note=visitor.say("Done.") if note == "done" else "",
        refusals=refusals,
        case=case,
        business=_business(visitor, case),
        labels={row["bucket"]: _label(visitor, row) for row in board["borrowers"]},
        timeline=[
            {**event, "told": told(visitor, event, titles)} for event in reversed(case["timeline"])
        ],
        handlers=titles,
        myself=f"person:{who.actor_id}",
        handler=titles.get(f"{case['handler_kind']}:{case['handler']}", ""),
        given={name: visitor.field(name) if refusals else "" for name in ("amount", "by", "text")},
        may_work=_may_work(visitor) and case["closed_on"] is None,
    )


@router.post("/{case_id}/promise")
def promise(visitor: Staff, case_id: UUID) -> Response:
    """Record what the borrower has promised."""

    def act() -> None:
        case = visitor.bank.collections.case(visitor.principal, case_id)
        visitor.bank.collections.promise(
            visitor.principal,
            visitor.key,
            amount_fen=visitor.amount_fen("amount"),
            pay_by=visitor.day("by"),
            party_id=UUID(case["party_id"]),
        )

    return _act(visitor, case_id, act)


@router.post("/{case_id}/hand-over")
def hand_over(visitor: Staff, case_id: UUID) -> Response:
    """Hand the case over, or take it back."""

    def act() -> None:
        collections, to = visitor.bank.collections, visitor.field("to")
        if not to:
            collections.take_back(visitor.principal, visitor.key, case_id)
            return
        kind, _, name = to.partition(":")
        collections.hand_over(visitor.principal, visitor.key, case_id, kind, name)

    return _act(visitor, case_id, act)


@router.post("/{case_id}/note")
def add_note(visitor: Staff, case_id: UUID) -> Response:
    """Write a note into the case."""
    text = visitor.field("text")
    return _act(
        visitor,
        case_id,
        lambda: visitor.bank.collections.note(visitor.principal, visitor.key, case_id, text),
    )


@router.post("/{case_id}/close")
def close(visitor: Staff, case_id: UUID) -> Response:
    """Close the case, if nothing is overdue any more."""
    return _act(
        visitor,
        case_id,
        lambda: visitor.bank.collections.close(visitor.principal, visitor.key, case_id),
    )


def _act(visitor: Visitor, case_id: UUID, act: Any) -> Response:  # noqa: ANN401 - a command
    refusals: list[str] = []
    with shown(refusals, visitor):
        act()
    if refusals:
        return _case(visitor, case_id, refusals)
    return visitor.go(f"{HERE}/{case_id}?note=done")
