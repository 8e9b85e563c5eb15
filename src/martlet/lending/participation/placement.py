"""A loan and its partner's limits: taken with the promise, followed as principal moves.

Three limits bound a loan (the partner's, its affiliation's, all partners'), each taken by one
conditional update inside the drawdown's own transaction, so none is ever exceeded. Where no
partner has room, the bank lends alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, insert, select, update

from martlet.credit.queries import decision
from martlet.kernel.errors import Corrupt
from martlet.kernel.principal import system_principal
from martlet.kernel.rates import PPM
from martlet.ledger import balances
from martlet.lending.loan import LoanStatus
from martlet.lending.participation.model import (
    NO_CAP_FEN,
    Agreement,
    Asked,
    Programme,
    SettingName,
    Sharing,
    in_order,
)
from martlet.lending.participation.programme import AsksFor, programme_for, willing_on
from martlet.lending.participation.split import principal_fen, principal_share_fen
from martlet.lending.participation.tables import limit_used, participation, partner
from martlet.lending.postings import FIGURES, Position, position_of
from martlet.lending.tables import offer
from martlet.parties import business_facts
from martlet.store import Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row

    from martlet.lending.loan import LoanFigures, LoanTerms
    from martlet.store import Transaction

EVERYBODY = "all"
PRINCIPAL_ACCOUNTS = "assets/loans/principal/"

_TAKE = Prepared(
    update(limit_used)
    .where(
        limit_used.c.tenant_id == bindparam("tenant"),
        limit_used.c.place == bindparam("the_place"),
        limit_used.c.used_fen + bindparam("share") <= bindparam("used_max"),
        limit_used.c.own_fen + bindparam("own") <= bindparam("own_max"),
    )
    .values(
        used_fen=limit_used.c.used_fen + bindparam("share"),
        own_fen=limit_used.c.own_fen + bindparam("own"),
    )
)
_MOVE = Prepared(
    update(limit_used)
    .where(
        limit_used.c.tenant_id == bindparam("tenant"), limit_used.c.place == bindparam("the_place")
    )
    .values(
        used_fen=limit_used.c.used_fen + bindparam("share"),
        own_fen=limit_used.c.own_fen + bindparam("own"),
    )
)
_OPEN_LIMIT = Prepared(insert(limit_used))
_LIMIT = Prepared(
    select(limit_used.c.used_fen, limit_used.c.own_fen).where(
        limit_used.c.tenant_id == bindparam("tenant"), limit_used.c.place == bindparam("the_place")
    )
)
_TAKE_PART = Prepared(insert(participation))
_PARTS = Prepared(
    select(participation, partner.c.slug, partner.c.affiliates)
    .join(partner, partner.c.partner_id == participation.c.partner_id)
    .where(
        # all tenants: the loan was found within one, and SQLite, left to choose, would read every
        # participation of a tenant instead of the loan's
        participation.c.loan_id == bindparam("the_loan"),
        participation.c.ended_on.is_(None),
    )
)
_FOLLOW = Prepared(
    update(participation)
    .where(
        participation.c.loan_id == bindparam("the_loan"),
        participation.c.partner_id == bindparam("the_partner"),
    )
    .values(used_fen=bindparam("used"), own_fen=bindparam("own"), open=bindparam("still"))
)
_DECISION_OF_OFFER = Prepared(
    select(offer.c.decision_id).where(
        offer.c.tenant_id == bindparam("tenant"), offer.c.offer_id == bindparam("the_offer")
    )
)


class Room(NamedTuple):
    """One limit: where it is counted, and the most that may stand in it, theirs and ours."""

    place: str
    used_max_fen: int
    own_max_fen: int


def place_of(partner_slug: str) -> str:
    """Return where a partner's own limit is counted."""
    return f"partner:{partner_slug}"


def place(
    tx: Transaction, line: Row[Any], terms: LoanTerms, loan_id: UUID, today: date
) -> dict[str, Any] | None:
    """Let the first partner with room take part in a loan; None where the bank lends alone."""
    known = programme_for(tx)
    if known is None:
        return None
    willing, asks_for = willing_on(known, today)
    if not willing:
        return None
    asked = _asked(tx, line, terms, asks_for)
    willing = tuple(one for one in willing if one.terms.eligibility.takes(asked))
    if not willing:
        return None
    joint = _joint_limits(tx, known, terms.principal_fen, today)
    for one in in_order(willing, _used(tx, willing)):
        share_fen = terms.principal_fen * one.terms.share_ppm // PPM
        own_fen = terms.principal_fen - share_fen
        if share_fen and _take(tx, _rooms(one, joint, share_fen), share_fen, own_fen):
            _write(tx, one, loan_id, (share_fen, own_fen), today)
            return {"partner": one.partner, "share_ppm": one.terms.share_ppm, "fen": share_fen}
    return None


def _asked(tx: Transaction, line: Row[Any], terms: LoanTerms, asks_for: AsksFor) -> Asked:
    """Return the loan as partners choose by it; what none of them asks for is not looked up."""
    bank = system_principal(tx.tenant_id)
    region = trade = ""
    if asks_for.place:
        facts = business_facts(tx.connection, bank, line.party_id)
        region, trade = facts.region, facts.trade
    pd_ppm = None
    if asks_for.pd:
        keys = {"tenant": tx.tenant_id, "the_offer": line.offer_id}
        decision_id = _DECISION_OF_OFFER.on(tx.connection, keys).scalar_one()
        pd_ppm = decision(tx.connection, bank, decision_id).decision.pd_ppm
    return Asked(line.product, terms.principal_fen, terms.rate_ppm_per_day, region, trade, pd_ppm)


class _Joint(NamedTuple):
    """What bounds every partner on a day."""

    partners_cap_fen: int
    own_with_partner_max_fen: int
    own_joint_max_ppm: int
    own_loans_fen: int
    """The bank's own part of all its loans, with the whole of the one that is asked for."""


def _joint_limits(tx: Transaction, known: Programme, amount_fen: int, today: date) -> _Joint:
    def setting(name: SettingName, otherwise: int) -> int:
        found = known.setting(name, today)
        return otherwise if found is None else found

    capital_fen = setting(SettingName.TIER1_CAPITAL_FEN, 0)
    own_joint_max_ppm = setting(SettingName.OWN_JOINT_MAX_PPM, PPM)
    return _Joint(
        setting(SettingName.PARTNERS_CAP_FEN, NO_CAP_FEN),
        capital_fen * setting(SettingName.OWN_WITH_PARTNER_MAX_PPM, PPM) // PPM,
        own_joint_max_ppm,
        _own_loans_fen(tx) + amount_fen if own_joint_max_ppm < PPM else 0,
    )


def _own_loans_fen(tx: Transaction) -> int:
    """Return the bank's own part of all principal lent and promised."""
    bank = system_principal(tx.tenant_id)
    lent = sum(
        one.balance_fen + one.debits_pending_fen
        for one in balances(tx.connection, bank, PRINCIPAL_ACCOUNTS)
    )
    keys = {"tenant": tx.tenant_id, "the_place": EVERYBODY}
    shared = _LIMIT.on(tx.connection, keys).first()
    return lent - (shared.used_fen if shared is not None else 0)


def _rooms(one: Agreement, joint: _Joint, share_fen: int) -> tuple[Room, ...]:
    own_joint_max_fen = NO_CAP_FEN
    if joint.own_joint_max_ppm < PPM:
        own_joint_max_fen = (joint.own_loans_fen - share_fen) * joint.own_joint_max_ppm // PPM
    return (
        Room(place_of(one.partner), one.terms.cap_fen, NO_CAP_FEN),
        Room(f"group:{one.affiliates}", NO_CAP_FEN, joint.own_with_partner_max_fen),
        Room(EVERYBODY, joint.partners_cap_fen, own_joint_max_fen),
    )


def _used(tx: Transaction, willing: Sequence[Agreement]) -> dict[str, int]:
    """Return what each partner holds, where the order depends on it."""
    if all(one.terms.sharing is Sharing.PRIORITY for one in willing):
        return {}
    rows = tx.driver.fetch(
        "SELECT substr(place, 9), used_fen FROM lending_partner_limit WHERE tenant_id = ?"
        " AND substr(place, 1, 8) = 'partner:'",
        (tx.driver.id(tx.tenant_id),),
    )
    return dict(rows)


def _take(tx: Transaction, rooms: Sequence[Room], share_fen: int, own_fen: int) -> bool:
    """Take from every limit, or from none of them."""
    for taken, room in enumerate(rooms):
        if not _take_one(tx, room, share_fen, own_fen):
            for before in rooms[:taken]:
                move(tx, before.place, -share_fen, -own_fen)
            return False
    return True


def _take_one(tx: Transaction, room: Room, share_fen: int, own_fen: int) -> bool:
    if share_fen > room.used_max_fen or own_fen > room.own_max_fen:
        return False
    keys = {"tenant": tx.tenant_id, "the_place": room.place}
    values = {
        **keys,
        "share": share_fen,
        "own": own_fen,
        "used_max": room.used_max_fen,
        "own_max": room.own_max_fen,
    }
    if _TAKE.on(tx.connection, values).rowcount == 1:
        return True
    if _LIMIT.on(tx.connection, keys).first() is not None:
        return False
    _open_limit(tx, room.place, share_fen, own_fen)
    return True


def _open_limit(tx: Transaction, at: str, share_fen: int, own_fen: int) -> None:
    values = {
        "tenant_id": tx.tenant_id, "place": at, "used_fen": share_fen, "own_fen": own_fen
    }  # fmt: skip
    _OPEN_LIMIT.on(tx.connection, values)


def move(tx: Transaction, at: str, share_fen: int, own_fen: int) -> None:
    """Move what stands in a limit as principal moves: back when repaid, and never refused."""
    keys = {"tenant": tx.tenant_id, "the_place": at, "share": share_fen, "own": own_fen}
    if _MOVE.on(tx.connection, keys).rowcount != 1:
        raise Corrupt("lending.partner_limit_missing", place=at)


def _write(
    tx: Transaction, one: Agreement, loan_id: UUID, stands_fen: tuple[int, int], today: date
) -> None:
    _TAKE_PART.on(
        tx.connection,
        {
            "loan_id": loan_id,
            "partner_id": one.partner_id,
            "tenant_id": tx.tenant_id,
            "agreement_id": one.agreement_id,
            "share_ppm": one.terms.share_ppm,
            "taken_on": today,
            "open": 1,
            "used_fen": stands_fen[0],
            "own_fen": stands_fen[1],
            "settled": {},
        },
    )


def parts_of(tx: Transaction, loan_id: UUID) -> list[Any]:
    """Return a loan's participations that have not ended, with their partners."""
    return _PARTS.on(tx.connection, {"the_loan": loan_id}).all()


def cancel(tx: Transaction, loan_id: UUID) -> None:
    """Give all limits back: the loan never was."""
    for part in parts_of(tx, loan_id):
        stand(tx, part, 0, 0, still_open=False)


def follow(tx: Transaction, row: Row[Any], state: LoanFigures) -> None:
    """Let the limits follow a shared loan's principal; one that had ended is settled again."""
    after = position_of(state)
    begins_or_runs = row.live or row.status == LoanStatus.PENDING.value
    if begins_or_runs and principal_fen(after) == _principal_before(row):
        return
    for part in parts_of(tx, row.loan_id):
        share_fen = principal_share_fen(after, part.share_ppm)
        stand(tx, part, share_fen, principal_fen(after) - share_fen, still_open=True)


def _principal_before(row: Row[Any]) -> int:
    if row.status == LoanStatus.PENDING.value:
        return int(row.principal_agreed_fen)
    return principal_fen(Position(**{name: getattr(row, name) for name in FIGURES}))


def stand(
    tx: Transaction,
    part: Any,  # noqa: ANN401 - a prepared row of `parts_of`
    used_fen: int,
    own_fen: int,
    *,
    still_open: bool,
) -> None:
    """Make a participation stand with other amounts in its three limits."""
    share_fen, ours_fen = used_fen - part.used_fen, own_fen - part.own_fen
    if share_fen or ours_fen:
        for at in (place_of(part.slug), f"group:{part.affiliates}", EVERYBODY):
            move(tx, at, share_fen, ours_fen)
    keys = {"the_loan": part.loan_id, "the_partner": part.partner_id}
    _FOLLOW.on(tx.connection, {**keys, "used": used_fen, "own": own_fen, "still": int(still_open)})
