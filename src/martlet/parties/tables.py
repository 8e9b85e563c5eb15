"""The room's own tables. Personal fields end in `_sealed`; what finds them ends in `_index`."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

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

tenant = append_only(
    Table(
        "tenant",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("name", String, nullable=False),
        Column("created_at", Moment, nullable=False),
        **STRICT,
    )
)

business = Table(
    "business",
    metadata,
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("name_sealed", String, nullable=False),
    Column("registration_sealed", String, nullable=True),
    Column("registration_index", String, nullable=True),
    Column("trade", String, nullable=False),
    Column("region", String, nullable=False),
    Column("opened_on", Day, nullable=True),
    Column("registered_at", Moment, nullable=False),
    PrimaryKeyConstraint("tenant_id", "party_id"),
    UniqueConstraint("tenant_id", "registration_index", name="uq_business_registration"),
    **STRICT,
)

owner = Table(
    "owner",
    metadata,
    Column("tenant_id", Id, nullable=False),
    Column("owner_id", Id, nullable=False),
    Column("name_sealed", String, nullable=False),
    Column("phone_sealed", String, nullable=False),
    Column("phone_index", String, nullable=False),
    Column("active", Flag, nullable=False),
    Column("created_at", Moment, nullable=False),
    PrimaryKeyConstraint("tenant_id", "owner_id"),
    UniqueConstraint("tenant_id", "phone_index", name="uq_owner_phone"),
    CheckConstraint("active IN (0, 1)", name="active"),
    **STRICT,
)

ownership = append_only(
    Table(
        "ownership",
        metadata,
        Column("tenant_id", Id, nullable=False),
        Column("owner_id", Id, nullable=False),
        Column("party_id", Id, nullable=False),
        Column("since", Moment, nullable=False),
        PrimaryKeyConstraint("tenant_id", "owner_id", "party_id"),
        ForeignKeyConstraint(
            ["tenant_id", "owner_id"], ["owner.tenant_id", "owner.owner_id"], name="fk_owned_by"
        ),
        ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["business.tenant_id", "business.party_id"],
            name="fk_owned_business",
        ),
        Index("ix_ownership_party", "tenant_id", "party_id"),
        **STRICT,
    )
)

consent = append_only(
    Table(
        "consent",
        metadata,
        Column("tenant_id", Id, nullable=False),
        Column("consent_id", Id, nullable=False),
        Column("party_id", Id, nullable=False),
        Column("record", String, nullable=False),
        Column("purpose", String, nullable=False),
        Column("grantee", String, nullable=False),
        Column("until", Day, nullable=False),
        Column("given_at", Moment, nullable=False),
        Column("given_by", String, nullable=False),
        PrimaryKeyConstraint("tenant_id", "consent_id"),
        ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["business.tenant_id", "business.party_id"],
            name="fk_consent_business",
        ),
        Index("ix_consent_party", "tenant_id", "party_id"),
        **STRICT,
    )
)

consent_withdrawal = append_only(
    Table(
        "consent_withdrawal",
        metadata,
        Column("tenant_id", Id, nullable=False),
        Column("consent_id", Id, nullable=False),
        Column("withdrawn_at", Moment, nullable=False),
        Column("withdrawn_by", String, nullable=False),
        PrimaryKeyConstraint("tenant_id", "consent_id"),
        ForeignKeyConstraint(
            ["tenant_id", "consent_id"],
            ["consent.tenant_id", "consent.consent_id"],
            name="fk_withdrawn_consent",
        ),
        **STRICT,
    )
)

staff = Table(
    "staff",
    metadata,
    Column("tenant_id", Id, nullable=False),
    Column("staff_id", Id, nullable=False),
    Column("name_sealed", String, nullable=False),
    Column("roles", Json, nullable=False),
    Column("active", Flag, nullable=False),
    Column("created_at", Moment, nullable=False),
    PrimaryKeyConstraint("tenant_id", "staff_id"),
    CheckConstraint("active IN (0, 1)", name="active"),
    **STRICT,
)

api_key = Table(
    "api_key",
    metadata,
    Column("tenant_id", Id, nullable=False),
    Column("api_key_id", Id, nullable=False),
    Column("prefix", String, nullable=False),
    Column("secret_hash", String, nullable=False),
    Column("label", String, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("party_ids", Json, nullable=True),
    Column("created_by", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment, nullable=True),
    Column("last_used_on", Day, nullable=True),
    PrimaryKeyConstraint("tenant_id", "api_key_id"),
    UniqueConstraint("prefix", name="uq_api_key_prefix"),
    **STRICT,
)

login_code = Table(
    "login_code",
    metadata,
    Column("tenant_id", Id, nullable=False),
    Column("code_id", Id, nullable=False),
    Column("phone_index", String, nullable=False),
    Column("code_hash", String, nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("attempts", Amount, nullable=False),
    Column("used_at", Moment, nullable=True),
    PrimaryKeyConstraint("tenant_id", "code_id"),
    Index("ix_login_code_phone", "tenant_id", "phone_index", "requested_at"),
    Index("ix_login_code_requested", "tenant_id", "requested_at"),
    **STRICT,
)

login_link = Table(
    "login_link",
    metadata,
    Column("tenant_id", Id, nullable=False),
    Column("link_id", Id, nullable=False),
    Column("person_kind", String, nullable=False),
    Column("person_id", Id, nullable=False),
    Column("token_hash", String, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=True),
    PrimaryKeyConstraint("tenant_id", "link_id"),
    UniqueConstraint("token_hash", name="uq_login_link_token"),
    **STRICT,
)

session = Table(
    "session",
    metadata,
    Column("tenant_id", Id, nullable=False),
    Column("session_id", Id, nullable=False),
    Column("person_kind", String, nullable=False),
    Column("person_id", Id, nullable=False),
    Column("token_hash", String, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=True),
    PrimaryKeyConstraint("tenant_id", "session_id"),
    UniqueConstraint("token_hash", name="uq_session_token"),
    Index("ix_session_person", "tenant_id", "person_id"),
    CheckConstraint("person_kind IN ('owner', 'staff')", name="person_kind"),
    **STRICT,
)
