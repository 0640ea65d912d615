"""Guest cards: companies, guests, their numbers and documents, and the keys under which they are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, JsonValue, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "companies",
        sa.Column("id", BigId, nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("contract_signed_on", sa.Date, nullable=True),
        sa.Column("contract_until", sa.Date, nullable=True),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_companies"),
        sa.UniqueConstraint("code", name="uq_companies_code"),
    )
    op.create_index("ix_companies_name", "companies", ["name"])
    _guests()
    op.create_table(
        "guest_numbers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("guest_id", BigId, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("note", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_guest_numbers"),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name="fk_guest_numbers_guest_id_guests"),
        sa.UniqueConstraint("guest_id", "number", name="uq_guest_numbers_guest_id_number"),
    )
    op.create_index("ix_guest_numbers_number", "guest_numbers", ["number"])
    op.create_table(
        "guest_documents",
        sa.Column("id", BigId, nullable=False),
        sa.Column("guest_id", BigId, nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_guest_documents"),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name="fk_guest_documents_guest_id_guests"),
        sa.UniqueConstraint("guest_id", "type", "number", name="uq_guest_documents_guest_id_type_number"),
    )
    op.create_index("ix_guest_documents_number", "guest_documents", ["number"])
    op.create_table(
        "guest_keys",
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("key", _KEY, nullable=False),
        sa.Column("guest_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "guest_id", name="pk_guest_keys"),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name="fk_guest_keys_guest_id_guests"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_guest_keys_guest_id", "guest_keys", ["guest_id"])


def _guests() -> None:
    op.create_table(
        "guests",
        sa.Column("id", BigId, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("latin_surname", sa.String(64), nullable=False),
        sa.Column("latin_given", sa.String(64), nullable=False),
        sa.Column("sex", sa.String(16), nullable=False),
        sa.Column("birthday", sa.Date, nullable=True),
        sa.Column("nationality", sa.String(2), nullable=False),
        sa.Column("origin", sa.String(128), nullable=False),
        sa.Column("address", sa.String(256), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("level", sa.String(32), nullable=False),
        sa.Column("company_id", BigId, nullable=True),
        sa.Column("attention_colour", sa.String(16), nullable=True),
        sa.Column("attention_reason", sa.String(500), nullable=False),
        sa.Column("do_not_call", sa.Boolean, nullable=False),
        sa.Column("contact_channels", JsonValue, nullable=False),
        sa.Column("contact_wish", sa.String(500), nullable=False),
        sa.Column("question", sa.String(1000), nullable=False),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.Column("owing", sa.Boolean, nullable=False),
        sa.Column("service_owner_id", BigId, nullable=True),
        sa.Column("sales_owner_id", BigId, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("first_contact_due_at", UtcDateTime, nullable=True),
        sa.Column("first_contact_at", UtcDateTime, nullable=True),
        sa.Column("last_contact_at", UtcDateTime, nullable=True),
        sa.Column("last_order_at", UtcDateTime, nullable=True),
        sa.Column("checked_at", UtcDateTime, nullable=True),
        sa.Column("checked_by", sa.String(64), nullable=False),
        sa.Column("check_remark", sa.String(500), nullable=False),
        sa.Column("reviewed_at", UtcDateTime, nullable=True),
        sa.Column("reviewed_by", sa.String(64), nullable=False),
        sa.Column("merged_into_id", BigId, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_guests"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_guests_company_id_companies"),
        sa.ForeignKeyConstraint(["service_owner_id"], ["users.id"], name="fk_guests_service_owner_id_users"),
        sa.ForeignKeyConstraint(["sales_owner_id"], ["users.id"], name="fk_guests_sales_owner_id_users"),
        sa.ForeignKeyConstraint(["merged_into_id"], ["guests.id"], name="fk_guests_merged_into_id_guests"),
    )
    op.create_index("ix_guests_created_at_guests_id", "guests", ["created_at", "id"])
    op.create_index("ix_guests_stage_guests_created_at_guests_id", "guests", ["stage", "created_at", "id"])
    for column in ("name", "company_id", "service_owner_id", "sales_owner_id", "merged_into_id"):
        op.create_index(f"ix_guests_{column}", "guests", [column])
    unchecked = sa.text("checked_at IS NULL")
    op.create_index("ix_guests_unchecked", "guests", ["created_at"], postgresql_where=unchecked, sqlite_where=unchecked)
