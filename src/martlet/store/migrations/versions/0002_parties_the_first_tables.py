"""the first tables (parties)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Carry this revision out."""
    _api_key()
    _business()
    _login_code()
    _login_link()
    _owner()
    _session()
    _staff()
    _tenant()
    _consent()
    _ownership()
    _consent_withdrawal()


def _api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("api_key_id", schema.Id(), nullable=False),
        sa.Column("prefix", schema.String(), nullable=False),
        sa.Column("secret_hash", schema.String(), nullable=False),
        sa.Column("label", schema.String(), nullable=False),
        sa.Column("scopes", schema.Json(), nullable=False),
        sa.Column("party_ids", schema.Json(), nullable=True),
        sa.Column("created_by", schema.String(), nullable=False),
        sa.Column("created_at", schema.Moment(), nullable=False),
        sa.Column("expires_at", schema.Moment(), nullable=False),
        sa.Column("revoked_at", schema.Moment(), nullable=True),
        sa.Column("last_used_on", schema.Day(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "api_key_id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("prefix", name="uq_api_key_prefix"),
        sqlite_strict=True,
    )


def _business() -> None:
    op.create_table(
        "business",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("name_sealed", schema.String(), nullable=False),
        sa.Column("registration_sealed", schema.String(), nullable=True),
        sa.Column("registration_index", schema.String(), nullable=True),
        sa.Column("trade", schema.String(), nullable=False),
        sa.Column("region", schema.String(), nullable=False),
        sa.Column("opened_on", schema.Day(), nullable=True),
        sa.Column("registered_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "party_id", name=op.f("pk_business")),
        sa.UniqueConstraint("tenant_id", "registration_index", name="uq_business_registration"),
        sqlite_strict=True,
    )


def _login_code() -> None:
    op.create_table(
        "login_code",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("code_id", schema.Id(), nullable=False),
        sa.Column("phone_index", schema.String(), nullable=False),
        sa.Column("code_hash", schema.String(), nullable=False),
        sa.Column("requested_at", schema.Moment(), nullable=False),
        sa.Column("expires_at", schema.Moment(), nullable=False),
        sa.Column("attempts", schema.Amount, nullable=False),
        sa.Column("used_at", schema.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "code_id", name=op.f("pk_login_code")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_login_code_phone",
        "login_code",
        ["tenant_id", "phone_index", "requested_at"],
        unique=False,
    )
    op.create_index(
        "ix_login_code_requested", "login_code", ["tenant_id", "requested_at"], unique=False
    )


def _login_link() -> None:
    op.create_table(
        "login_link",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("link_id", schema.Id(), nullable=False),
        sa.Column("person_kind", schema.String(), nullable=False),
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("token_hash", schema.String(), nullable=False),
        sa.Column("expires_at", schema.Moment(), nullable=False),
        sa.Column("used_at", schema.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "link_id", name=op.f("pk_login_link")),
        sa.UniqueConstraint("token_hash", name="uq_login_link_token"),
        sqlite_strict=True,
    )


def _owner() -> None:
    op.create_table(
        "owner",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("owner_id", schema.Id(), nullable=False),
        sa.Column("name_sealed", schema.String(), nullable=False),
        sa.Column("phone_sealed", schema.String(), nullable=False),
        sa.Column("phone_index", schema.String(), nullable=False),
        sa.Column("active", schema.Amount, nullable=False),
        sa.Column("created_at", schema.Moment(), nullable=False),
        sa.CheckConstraint("active IN (0, 1)", name=op.f("ck_owner_active")),
        sa.PrimaryKeyConstraint("tenant_id", "owner_id", name=op.f("pk_owner")),
        sa.UniqueConstraint("tenant_id", "phone_index", name="uq_owner_phone"),
        sqlite_strict=True,
    )


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("session_id", schema.Id(), nullable=False),
        sa.Column("person_kind", schema.String(), nullable=False),
        sa.Column("person_id", schema.Id(), nullable=False),
        sa.Column("token_hash", schema.String(), nullable=False),
        sa.Column("opened_at", schema.Moment(), nullable=False),
        sa.Column("seen_at", schema.Moment(), nullable=False),
        sa.Column("expires_at", schema.Moment(), nullable=False),
        sa.Column("ended_at", schema.Moment(), nullable=True),
        sa.CheckConstraint(
            "person_kind IN ('owner', 'staff')", name=op.f("ck_session_person_kind")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "session_id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name="uq_session_token"),
        sqlite_strict=True,
    )
    op.create_index("ix_session_person", "session", ["tenant_id", "person_id"], unique=False)


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("staff_id", schema.Id(), nullable=False),
        sa.Column("name_sealed", schema.String(), nullable=False),
        sa.Column("roles", schema.Json(), nullable=False),
        sa.Column("active", schema.Amount, nullable=False),
        sa.Column("created_at", schema.Moment(), nullable=False),
        sa.CheckConstraint("active IN (0, 1)", name=op.f("ck_staff_active")),
        sa.PrimaryKeyConstraint("tenant_id", "staff_id", name=op.f("pk_staff")),
        sqlite_strict=True,
    )


def _tenant() -> None:
    op.create_table(
        "tenant",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("name", schema.String(), nullable=False),
        sa.Column("created_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenant")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("tenant")


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("consent_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("record", schema.String(), nullable=False),
        sa.Column("purpose", schema.String(), nullable=False),
        sa.Column("grantee", schema.String(), nullable=False),
        sa.Column("until", schema.Day(), nullable=False),
        sa.Column("given_at", schema.Moment(), nullable=False),
        sa.Column("given_by", schema.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["business.tenant_id", "business.party_id"],
            name="fk_consent_business",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "consent_id", name=op.f("pk_consent")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("consent")
    op.create_index("ix_consent_party", "consent", ["tenant_id", "party_id"], unique=False)


def _ownership() -> None:
    op.create_table(
        "ownership",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("owner_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("since", schema.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"], ["owner.tenant_id", "owner.owner_id"], name="fk_owned_by"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["business.tenant_id", "business.party_id"],
            name="fk_owned_business",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "owner_id", "party_id", name=op.f("pk_ownership")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("ownership")
    op.create_index("ix_ownership_party", "ownership", ["tenant_id", "party_id"], unique=False)


def _consent_withdrawal() -> None:
    op.create_table(
        "consent_withdrawal",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("consent_id", schema.Id(), nullable=False),
        sa.Column("withdrawn_at", schema.Moment(), nullable=False),
        sa.Column("withdrawn_by", schema.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "consent_id"],
            ["consent.tenant_id", "consent.consent_id"],
            name="fk_withdrawn_consent",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "consent_id", name=op.f("pk_consent_withdrawal")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("consent_withdrawal")
