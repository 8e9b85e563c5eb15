"""Co-lending's tables. Private: others go through the room's service.

Truth is what is append-only: partners, agreements and what became of them, settings, the lines and
seals of settlement, payments. Of a participation the share is truth; what it holds of the limits
and what has been settled of it are copies that `verify` makes again.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, Table, text
from sqlalchemy import UniqueConstraint as Unique

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

partner = append_only(
    Table(
        "lending_partner",
        metadata,
        Column("partner_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("slug", String, nullable=False),
        Column("name", String, nullable=False),
        Column("affiliates", String, nullable=False),
        Column("registered_by", String, nullable=False),
        Column("registered_at", Moment, nullable=False),
        Unique("tenant_id", "slug"),
        **STRICT,
    )
)

agreement = append_only(
    Table(
        "lending_agreement",
        metadata,
        Column("agreement_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("partner_id", Id, nullable=False),
        Column("terms", Json, nullable=False),
        Column("proposed_by", String, nullable=False),
        Column("proposed_at", Moment, nullable=False),
        Index("ix_lending_agreement_partner", "tenant_id", "partner_id", "agreement_id"),
        **STRICT,
    )
)

agreement_act = append_only(
    Table(
        "lending_agreement_act",
        metadata,
        Column("agreement_id", Id, nullable=False),
        Column("act", String, nullable=False),
        Column("tenant_id", Id, nullable=False),
        Column("reason", String, nullable=False),
        Column("acted_by", String, nullable=False),
        Column("acted_at", Moment, nullable=False),
        Column("business_date", Day, nullable=False),
        PrimaryKeyConstraint("agreement_id", "act"),
        CheckConstraint("act IN ('approved', 'rejected', 'ended')", name="act"),
        **STRICT,
    )
)

partner_setting = append_only(
    Table(
        "lending_partner_setting",
        metadata,
        Column("setting_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("name", String, nullable=False),
        Column("value", Amount, nullable=False),
        Column("effective_from", Day, nullable=False),
        Column("source", String, nullable=False),
        Column("set_by", String, nullable=False),
        Column("set_at", Moment, nullable=False),
        Index("ix_lending_partner_setting_tenant", "tenant_id", "setting_id"),
        **STRICT,
    )
)

programme = Table(
    "lending_partner_programme",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("content_hash", String, nullable=False),
    Column("content", Json, nullable=False),
    **STRICT,
)
"""A copy of all that is in force, in one row, so that a drawdown reads one hash."""

limit_used = Table(
    "lending_partner_limit",
    metadata,
    Column("tenant_id", Id, nullable=False),
    Column("place", String, nullable=False),
    Column("used_fen", Amount, nullable=False),
    Column("own_fen", Amount, nullable=False),
    PrimaryKeyConstraint("tenant_id", "place"),
    CheckConstraint("used_fen >= 0", name="used_not_negative"),
    CheckConstraint("own_fen >= 0", name="own_not_negative"),
    **STRICT,
)
"""Principal in the limits of partners, affiliations and all together: their part and ours."""

participation = Table(
    "lending_participation",
    metadata,
    Column("loan_id", Id, nullable=False),
    Column("partner_id", Id, nullable=False),
    Column("tenant_id", Id, nullable=False),
    Column("agreement_id", Id, nullable=False),
    Column("share_ppm", Amount, nullable=False),
    Column("taken_on", Day, nullable=False),
    Column("ended_on", Day, nullable=True),
    Column("open", Flag, nullable=False),
    Column("used_fen", Amount, nullable=False),
    Column("own_fen", Amount, nullable=False),
    Column("settled", Json(dict[str, int]), nullable=False),
    PrimaryKeyConstraint("loan_id", "partner_id"),
    CheckConstraint("share_ppm > 0 AND share_ppm < 1000000", name="share"),
    CheckConstraint("open IN (0, 1)", name="open"),
    CheckConstraint("used_fen >= 0 AND own_fen >= 0", name="not_negative"),
    Index("ix_lending_participation_partner", "tenant_id", "partner_id", "loan_id"),
    Index(
        "ix_lending_participation_open",
        "tenant_id",
        "partner_id",
        "loan_id",
        sqlite_where=text("open = 1"),
        postgresql_where=text("open = 1"),
    ),
    **STRICT,
)

settlement_line = append_only(
    Table(
        "lending_settlement_line",
        metadata,
        Column("partner_id", Id, nullable=False),
        Column("settled_on", Day, nullable=False),
        Column("loan_id", Id, nullable=False),
        Column("tenant_id", Id, nullable=False),
        Column("kind", String, nullable=False),
        Column("product", String, nullable=False),
        Column("share_ppm", Amount, nullable=False),
        Column("moved", Json(dict[str, int]), nullable=False),
        Column("principal_after_fen", Amount, nullable=False),
        PrimaryKeyConstraint("partner_id", "settled_on", "loan_id"),
        CheckConstraint("kind IN ('day', 'buy_back')", name="kind"),
        Index("ix_lending_settlement_line_loan", "tenant_id", "loan_id"),
        **STRICT,
    )
)

settlement = append_only(
    Table(
        "lending_settlement",
        metadata,
        Column("partner_id", Id, nullable=False),
        Column("settled_on", Day, nullable=False),
        Column("tenant_id", Id, nullable=False),
        Column("lines_count", Amount, nullable=False),
        Column("columns", Json, nullable=False),
        Column("totals", Json(dict[str, int]), nullable=False),
        Column("content_hash", String, nullable=False),
        Column("made_at", Moment, nullable=False),
        PrimaryKeyConstraint("partner_id", "settled_on"),
        Index("ix_lending_settlement_day", "tenant_id", "settled_on", "partner_id"),
        **STRICT,
    )
)

relief_part = append_only(
    Table(
        "lending_relief_part",
        metadata,
        Column("partner_id", Id, nullable=False),
        Column("loan_id", Id, nullable=False),
        Column("programme_id", Id, nullable=False),
        Column("kind", String, nullable=False),
        Column("tenant_id", Id, nullable=False),
        Column("share_ppm", Amount, nullable=False),
        Column("forgone_fen", Amount, nullable=False),
        Column("claimed_fen", Amount, nullable=False),
        PrimaryKeyConstraint("partner_id", "loan_id", "programme_id", "kind"),
        CheckConstraint(
            "(kind = 'granted' AND forgone_fen >= 0) OR (kind = 'reversed' AND forgone_fen <= 0)",
            name="sign",
        ),
        CheckConstraint("claimed_fen = 0 OR claimed_fen = forgone_fen", name="claimed"),
        Index("ix_lending_relief_part_programme", "programme_id", "loan_id"),
        **STRICT,
    )
)
"""A partner's part of a loan's relief, or of what a reversal took back of it."""

settlement_payment = append_only(
    Table(
        "lending_settlement_payment",
        metadata,
        Column("partner_id", Id, nullable=False),
        Column("settled_on", Day, nullable=False),
        Column("tenant_id", Id, nullable=False),
        Column("funded_fen", Amount, nullable=False),
        Column("collected_fen", Amount, nullable=False),
        Column("rail", String, nullable=False),
        Column("reference", String, nullable=False),
        Column("business_date", Day, nullable=False),
        Column("paid_by", String, nullable=False),
        Column("paid_at", Moment, nullable=False),
        PrimaryKeyConstraint("partner_id", "settled_on"),
        **STRICT,
    )
)
