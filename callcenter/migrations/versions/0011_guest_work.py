"""What is done about guests: contacts, follow-ups, claims, merges, imports, membership."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, JsonValue, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _contacts()
    _owners()
    _files()
    _members()
    op.create_index("ix_stay_guests_guest_id", "stay_guests", ["guest_id"])
    op.create_index("ix_reservation_guests_guest_id", "reservation_guests", ["guest_id"])


def _contacts() -> None:
    op.create_table(
        "guest_contacts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("guest_id", BigId, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_guest_contacts"),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name="fk_guest_contacts_guest_id_guests"),
    )
    op.create_index("ix_guest_contacts_guest_id_guest_contacts_at", "guest_contacts", ["guest_id", "at"])
    op.create_table(
        "follow_ups",
        sa.Column("id", BigId, nullable=False),
        sa.Column("guest_id", BigId, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("period", sa.String(32), nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("owner_id", BigId, nullable=True),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("closed_at", UtcDateTime, nullable=True),
        sa.Column("closed_by", sa.String(64), nullable=False),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_follow_ups"),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name="fk_follow_ups_guest_id_guests"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_follow_ups_owner_id_users"),
        sa.UniqueConstraint("guest_id", "kind", "period", name="uq_follow_ups_guest_id_kind_period"),
    )
    op.create_index("ix_follow_ups_owner_id_follow_ups_state", "follow_ups", ["owner_id", "state"])
    op.create_index("ix_follow_ups_state_follow_ups_due_at_follow_ups_id", "follow_ups", ["state", "due_at", "id"])


def _owners() -> None:
    op.create_table(
        "guest_claims",
        sa.Column("id", BigId, nullable=False),
        sa.Column("guest_id", BigId, nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("claimed_at", UtcDateTime, nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=True),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_guest_claims"),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name="fk_guest_claims_guest_id_guests"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_guest_claims_user_id_users"),
    )
    op.create_index("ix_guest_claims_guest_id_guest_claims_side", "guest_claims", ["guest_id", "side"])
    op.create_index("ix_guest_claims_state_guest_claims_claimed_at", "guest_claims", ["state", "claimed_at"])
    op.create_table(
        "owner_abilities",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("ability", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "side", name="pk_owner_abilities"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_owner_abilities_user_id_users"),
    )


def _files() -> None:
    op.create_table(
        "guest_merges",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kept_id", BigId, nullable=False),
        sa.Column("gone_id", BigId, nullable=False),
        sa.Column("merged_at", UtcDateTime, nullable=False),
        sa.Column("merged_by", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("moved", JsonValue, nullable=False),
        sa.Column("undone_at", UtcDateTime, nullable=True),
        sa.Column("undone_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_guest_merges"),
        sa.ForeignKeyConstraint(["kept_id"], ["guests.id"], name="fk_guest_merges_kept_id_guests"),
        sa.ForeignKeyConstraint(["gone_id"], ["guests.id"], name="fk_guest_merges_gone_id_guests"),
    )
    op.create_index("ix_guest_merges_gone_id", "guest_merges", ["gone_id"])
    op.create_index("ix_guest_merges_kept_id", "guest_merges", ["kept_id"])
    op.create_table(
        "guest_imports",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("headings", JsonValue, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("known", sa.Integer, nullable=False),
        sa.Column("errors", JsonValue, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("user_id", BigId, nullable=True),
        sa.Column("finished_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_guest_imports"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_guest_imports_user_id_users"),
    )
    op.create_index("ix_guest_imports_created_at_guest_imports_id", "guest_imports", ["created_at", "id"])


def _members() -> None:
    op.create_table(
        "memberships",
        sa.Column("id", BigId, nullable=False),
        sa.Column("guest_id", BigId, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("household", sa.String(256), nullable=False),
        sa.Column("address", sa.String(256), nullable=False),
        sa.Column("in_person", sa.Boolean, nullable=False),
        sa.Column("id_missing", sa.Boolean, nullable=False),
        sa.Column("card_number", sa.String(32), nullable=True),
        sa.Column("applied_at", UtcDateTime, nullable=False),
        sa.Column("applied_by", sa.String(64), nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=True),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.Column("remark", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_memberships"),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name="fk_memberships_guest_id_guests"),
        sa.UniqueConstraint("card_number", name="uq_memberships_card_number"),
    )
    op.create_index("ix_memberships_guest_id", "memberships", ["guest_id"])
    holding = sa.text("state IN ('applied', 'issued')")
    op.create_index(
        "uq_memberships_household",
        "memberships",
        ["household"],
        unique=True,
        postgresql_where=holding,
        sqlite_where=holding,
    )
    op.create_index("ix_memberships_state_memberships_applied_at", "memberships", ["state", "applied_at"])
    op.create_table(
        "stored_value_sales",
        sa.Column("id", BigId, nullable=False),
        sa.Column("membership_id", BigId, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("sold_at", UtcDateTime, nullable=False),
        sa.Column("sold_by", sa.String(64), nullable=False),
        sa.Column("reconciled_at", UtcDateTime, nullable=True),
        sa.Column("reconciled_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stored_value_sales"),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name="fk_stored_value_sales_membership_id_memberships"
        ),
    )
    op.create_index("ix_stored_value_sales_membership_id", "stored_value_sales", ["membership_id"])
    op.create_index("ix_stored_value_sales_sold_at_stored_value_sales_id", "stored_value_sales", ["sold_at", "id"])
