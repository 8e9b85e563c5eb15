"""Who bears the cost of relief on shared loans: the lead, its partners, or whoever pays for it.

A partner bears its share of a loan's cost, rounded down, because its income follows the position;
the lead books the rest. Where another pays for the programme, it owes the partners' parts as well,
and the lead claims them for the partners. The invariant: lead and partners together bear the cost.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from martlet.lending.participation.relief_parts import Part, Share, part_fen
from martlet.lending.participation.tables import partner, relief_part
from martlet.lending.postings import Movement
from martlet.lending.relief.model import Payer
from martlet.lending.relief.reading import parse_programme
from martlet.lending.relief.tables import programme as programme_table
from martlet.lending.relief.tables import total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.lending.relief.model import Programme


def claims_for(programme: Programme, partner_slug: str) -> bool:
    """Tell whether a partner's part is claimed: never of the bank itself, nor of the partner."""
    if programme.payer is Payer.OWN:
        return False
    return programme.payer is not Payer.PARTNER or programme.payer_name != partner_slug


def parts_of(programme: Programme, shares: Sequence[Share], cost_fen: int) -> list[Part]:
    """Return the partners' parts of what one loan's relief costs."""
    found = []
    for share in shares:
        theirs_fen = part_fen(cost_fen, share.share_ppm)
        claimed_fen = theirs_fen if claims_for(programme, share.partner) else 0
        if theirs_fen:
            found.append(Part(share, theirs_fen, claimed_fen))
    return found


def parts_given_back(programme: Programme, granted: Sequence[Part], left_fen: int) -> list[Part]:
    """Return by how much partners' parts of a loan change where so much of its cost is left."""
    found = []
    for share, forgone_fen, _ in granted:
        change_fen = part_fen(left_fen, share.share_ppm) - forgone_fen
        claimed_fen = change_fen if claims_for(programme, share.partner) else 0
        if change_fen:
            found.append(Part(share, change_fen, claimed_fen))
    return found


@dataclass(slots=True)
class Bearing:
    """The cost of some loans by who bears it."""

    waived: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """The lead's part of what was given up at once, by product."""
    promised: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """The lead's part of the rest, by product."""
    claimed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What whoever pays owes for a partner, by partner."""
    partners_fen: int = 0

    def add(self, product: str, cost_fen: int, waived_fen: int, parts: Sequence[Part]) -> None:
        """Count one loan's cost."""
        lead_fen, lead_waived_fen = cost_fen, waived_fen
        for part in parts:
            self.partners_fen += part.forgone_fen
            self.claimed[part.share.partner] += part.claimed_fen
            lead_fen -= part.forgone_fen
            lead_waived_fen -= part_fen(waived_fen, part.share.share_ppm)
        self.waived[product] += lead_waived_fen
        self.promised[product] += lead_fen - lead_waived_fen


def subsidies_account(partner_slug: str) -> str:
    """Return where what is claimed for a partner stands until it is passed on."""
    return f"liabilities/subsidies/{partner_slug}"


def cost_movements(programme: Programme, bearing: Bearing) -> list[Movement]:
    """Return the entry by which who pays takes over the cost.

    What was waived at once stands as waived; this takes the lead's part of it back. The rest is
    promised until the interest is forgone. A partner's part is no cost of the lead: it is claimed
    for the partner, or the partner's own.
    """
    account = programme.cost_account
    promised_fen = sum(bearing.promised.values())
    to = [
        *(
            (f"expenses/waived/{product}", amount_fen, "lending.relief_waived")
            for product, amount_fen in sorted(bearing.waived.items())
        ),
        (programme.promised_account, promised_fen, "lending.relief_granted"),
        *(
            (subsidies_account(slug), amount_fen, "lending.relief_granted")
            for slug, amount_fen in sorted(bearing.claimed.items())
        ),
    ]
    return [Movement(account, other, amount, kind) for other, amount, kind in to if amount]


def back_movements(
    programme: Programme, lead_fen: int, claimed: Mapping[str, int]
) -> list[Movement]:
    """Return the entry by which a reversal gives the lead's and the claimed cost back."""
    given = [
        (programme.promised_account, lead_fen),
        *((subsidies_account(slug), amount_fen) for slug, amount_fen in sorted(claimed.items())),
    ]
    return [
        Movement(account, programme.cost_account, amount_fen, "lending.relief_reversed")
        for account, amount_fen in given
        if amount_fen
    ]


def borne_by(connection: Connection, tenant_id: UUID, programme_id: UUID) -> list[dict[str, Any]]:
    """Return what each partner bears of a programme's cost, and what is claimed for it."""
    query = (
        select(
            partner.c.slug,
            func.count(relief_part.c.loan_id.distinct()).label("loans"),
            func.sum(relief_part.c.forgone_fen).label("forgone"),
            func.sum(relief_part.c.claimed_fen).label("claimed"),
        )
        .join(partner, partner.c.partner_id == relief_part.c.partner_id)
        .where(relief_part.c.tenant_id == tenant_id, relief_part.c.programme_id == programme_id)
        .group_by(partner.c.slug)
        .order_by(partner.c.slug)
    )
    return [
        {
            "partner": row.slug,
            "loans": row.loans,
            "forgone_fen": int(row.forgone),
            "claimed_fen": int(row.claimed),
        }
        for row in connection.execute(query)
    ]


def owed_by_partners(connection: Connection, tenant_id: UUID) -> dict[str, int]:
    """Return what partners owe the bank because they pay for relief, by partner."""
    query = (
        select(programme_table.c.programme_id, programme_table.c.text, total.c.cost_fen)
        .join(total, total.c.programme_id == programme_table.c.programme_id)
        .where(programme_table.c.tenant_id == tenant_id)
    )
    owed: dict[str, int] = defaultdict(int)
    for row in connection.execute(query):
        read = parse_programme(row.text)
        if read.payer is Payer.PARTNER:
            borne = borne_by(connection, tenant_id, row.programme_id)
            own_fen = sum(one["forgone_fen"] - one["claimed_fen"] for one in borne)
            owed[read.payer_name] += row.cost_fen - own_fen
    return owed
