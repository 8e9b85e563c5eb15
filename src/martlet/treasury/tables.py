"""The tables of the treasury room. Private: read through `queries`, written through `service`.

Truth is what is append-only: the events of positions and the yields that became known. A
position's row is a copy of the fold of both; a quota's row counts what a day has used of a cap.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Table, text

from martlet.store.schema import (
    STRICT,
    Amount,
    Day,
    Flag,
    Id,
    Json,
    Moment,
    String,
    append_only,
    metadata,
)
from martlet.treasury.consent import Limits
from martlet.treasury.model import Position
from martlet.treasury.product import Terms

position = Table(
    "treasury_position",
    metadata,
    Column("position_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("product", String, nullable=False),
    Column("single", Flag, nullable=False),
    Column("opened_on", Day, nullable=False),
    Column("terms", Json(Terms), nullable=False),
    Column("state", Json(Position), nullable=False),
    Column("events", Amount, nullable=False),
    Column("live", Flag, nullable=False),
    Column("through", Day, nullable=False),
    Column("next_on", Day, nullable=True),
    Column("pending_fen", Amount, nullable=False),
    Column("standing_fen", Amount, nullable=False),
    Column("accrued_fen", Amount, nullable=False),
    Column("waiting_fen", Amount, nullable=False),
    CheckConstraint("pending_fen >= 0 AND standing_fen >= 0", name="stands"),
    CheckConstraint("accrued_fen >= 0 AND waiting_fen >= 0", name="owed"),
    Index(
        "ix_treasury_position_single",
        "tenant_id",
        "party_id",
        "product",
        unique=True,
        sqlite_where=text("single = 1"),
        postgresql_where=text("single = 1"),
    ),
    Index("ix_treasury_position_party", "tenant_id", "party_id", "position_id"),
    Index(
        "ix_treasury_position_through",
        "tenant_id",
        "through",
        "position_id",
        sqlite_where=text("live = 1"),
        postgresql_where=text("live = 1"),
    ),
    Index(
        "ix_treasury_position_next",
        "tenant_id",
        "next_on",
        "position_id",
        sqlite_where=text("next_on IS NOT NULL"),
        postgresql_where=text("next_on IS NOT NULL"),
    ),
    **STRICT,
)
"""A product without terms has one position of each business (`single`)."""

event = append_only(
    Table(
        "treasury_event",
        metadata,
        Column("position_id", Id, primary_key=True),
        Column("sequence", Amount, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("kind", String, nullable=False),
        Column("day", Day, nullable=False),
        Column("amount_fen", Amount, nullable=False),
        Column("of_sequence", Amount, nullable=False),
        Column("due_on", Day, nullable=True),
        Column("ppm_per_year", Amount, nullable=True),
        Column("at_once", Flag, nullable=False),
        Column("business_date", Day, nullable=False),
        Column("actor", String, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        Index("ix_treasury_event_day", "tenant_id", "day"),
        **STRICT,
    )
)

day_yield = append_only(
    Table(
        "treasury_yield",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("product", String, primary_key=True),
        Column("day", Day, primary_key=True),
        Column("ppm_per_year", Amount, nullable=False),
        Column("known_on", Day, nullable=False),
        Column("source", String, nullable=False),
        Column("actor", String, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        **STRICT,
    )
)
"""A day's yield is said once; what was paid by it is never taken back."""

day_figures = append_only(
    Table(
        "treasury_day",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("product", String, primary_key=True),
        Column("day", Day, primary_key=True),
        Column("positions", Amount, nullable=False),
        Column("standing_fen", Amount, nullable=False),
        Column("fee_ticks", Amount, nullable=False),
        Column("fee_fen", Amount, nullable=False),
        **STRICT,
    )
)
"""What stood of a product at the end of a day, and the partner's fee on it."""

quota = Table(
    "treasury_quota",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("product", String, primary_key=True),
    Column("day", Day, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("whose", Id, primary_key=True),
    Column("used_fen", Amount, nullable=False),
    CheckConstraint("used_fen >= 0", name="used"),
    **STRICT,
)
"""What a day has used of a cap: a business's, or (under the tenant's own id) everybody's."""

payout = Table(
    "treasury_payout",
    metadata,
    Column("order_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("position_id", Id, nullable=False),
    Column("sequence", Amount, nullable=False),
    Column("product", String, nullable=False),
    Column("at_once", Flag, nullable=False),
    Column("to_balance", Flag, nullable=False, server_default=text("0")),
    Column("amount_fen", Amount, nullable=False),
    Column("asked_on", Day, nullable=False),
    Column("pays_on", Day, nullable=False),
    Column("state", String, nullable=False),
    Column("hold_id", Id, nullable=True),
    Column("ordered_at", Moment, nullable=True),
    CheckConstraint("state IN ('waiting', 'ordered', 'posted', 'voided')", name="state"),
    CheckConstraint("(state = 'waiting') = (hold_id IS NULL)", name="held"),
    Index(
        "ix_treasury_payout_one",
        "position_id",
        "sequence",
        unique=True,
        sqlite_where=text("state <> 'voided'"),
        postgresql_where=text("state <> 'voided'"),
    ),
    Index("ix_treasury_payout_queue", "tenant_id", "state", "pays_on", "order_id"),
    Index("ix_treasury_payout_asked", "tenant_id", "asked_on"),
    **STRICT,
)
"""Redeemed money on its way out: it waits for its day, is held and ordered, and has gone or not."""

withdrawal = Table(
    "treasury_withdrawal",
    metadata,
    Column("order_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("amount_fen", Amount, nullable=False),
    Column("reference", String, nullable=False),
    Column("asked_on", Day, nullable=False),
    Column("state", String, nullable=False),
    Column("hold_id", Id, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    CheckConstraint("state IN ('ordered', 'posted', 'voided')", name="state"),
    Index("ix_treasury_withdrawal_open", "tenant_id", "state", "order_id"),
    Index("ix_treasury_withdrawal_party", "tenant_id", "party_id", "order_id"),
    **STRICT,
)
"""Money that a business pays out of its balance: held and ordered, and gone or not."""

flow = Table(
    "treasury_flow",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("party_id", Id, primary_key=True),
    Column("day", Day, primary_key=True),
    Column("in_fen", Amount, nullable=False),
    Column("out_fen", Amount, nullable=False),
    CheckConstraint("in_fen >= 0 AND out_fen >= 0", name="ways"),
    **STRICT,
)
"""What a business date brought to a business from outside, and what left it."""

consent = append_only(
    Table(
        "treasury_consent",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("party_id", Id, primary_key=True),
        Column("version", Amount, primary_key=True),
        Column("given", Flag, nullable=False),
        Column("limits", Json(Limits), nullable=False),
        Column("given_on", Day, nullable=False),
        Column("actor", String, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        **STRICT,
    )
)
"""What an owner agreed to once, each change a version; the last one counts, or ends it."""

plan = append_only(
    Table(
        "treasury_plan",
        metadata,
        Column("plan_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("party_id", Id, nullable=False),
        Column("day", Day, nullable=False),
        Column("consent_version", Amount, nullable=True),
        Column("inputs_hash", String, nullable=False),
        Column("inputs", Json(), nullable=False),
        Column("orders", Json(), nullable=False),
        Column("actor", String, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        Index("ix_treasury_plan_party", "tenant_id", "party_id", "plan_id"),
        **STRICT,
    )
)
"""A plan that was carried out: everything it was made from, so that it can be made again."""

sweep = Table(
    "treasury_sweep",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("party_id", Id, primary_key=True),
    Column("product", String, nullable=False),
    Column("keep_fen", Amount, nullable=False),
    Column("actor", String, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    CheckConstraint("keep_fen >= 0", name="keep"),
    **STRICT,
)
"""A standing order: what of a business's takings stays in its balance, where the rest goes."""

mark = Table(
    "treasury_mark",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("accrued_until", Day, nullable=False),
    **STRICT,
)
"""The day until which a tenant's nights have accrued, or have begun to."""
