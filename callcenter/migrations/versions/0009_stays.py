"""Guests in house: stays, folios, audited nights, messages, wake-up times."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, JsonValue, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _stays()
    _folio()
    _wishes()


def _stays() -> None:
    op.create_table(
        "stays",
        sa.Column("id", BigId, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("reservation_id", BigId, nullable=True),
        sa.Column("group_id", BigId, nullable=True),
        sa.Column("link_id", sa.BigInteger(), nullable=True),
        sa.Column("room_id", BigId, nullable=False),
        sa.Column("bed", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("stay_type", sa.String(length=16), nullable=False),
        sa.Column("guest_type", sa.String(length=16), nullable=False),
        sa.Column("arrival", sa.Date(), nullable=False),
        sa.Column("departure", sa.Date(), nullable=False),
        sa.Column("arrived_at", UtcDateTime, nullable=False),
        sa.Column("leaves_at", UtcDateTime, nullable=False),
        sa.Column("list_price", sa.Integer(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("discount", sa.SmallInteger(), nullable=False),
        sa.Column("extra_beds", sa.SmallInteger(), nullable=False),
        sa.Column("extra_bed_price", sa.Integer(), nullable=False),
        sa.Column("breakfasts", sa.SmallInteger(), nullable=False),
        sa.Column("commission", sa.Integer(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("alias", sa.String(length=64), nullable=False),
        sa.Column("phone_class", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("company", sa.String(length=128), nullable=False),
        sa.Column("salesperson", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("registered_by", sa.String(length=64), nullable=False),
        sa.Column("registered_at", UtcDateTime, nullable=False),
        sa.Column("left_at", UtcDateTime, nullable=True),
        sa.Column("left_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["reservations.id"], name="fk_stays_group_id_reservations"),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name="fk_stays_reservation_id_reservations"),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name="fk_stays_room_id_rooms"),
        sa.PrimaryKeyConstraint("id", name="pk_stays"),
        sa.UniqueConstraint("number", name="uq_stays_number"),
    )
    op.create_index("ix_stays_arrival_stays_id", "stays", ["arrival", "id"], unique=False)
    op.create_index("ix_stays_group_id", "stays", ["group_id"], unique=False)
    op.create_index("ix_stays_link_id", "stays", ["link_id"], unique=False)
    op.create_index("ix_stays_registered_by_stays_id", "stays", ["registered_by", "id"], unique=False)
    op.create_index("ix_stays_reservation_id", "stays", ["reservation_id"], unique=False)
    op.create_index("ix_stays_state_stays_room_id", "stays", ["state", "room_id"], unique=False)
    op.create_index(
        "ux_stays_in_house",
        "stays",
        ["room_id", "bed"],
        unique=True,
        postgresql_where=sa.text("state = 'in_house'"),
        sqlite_where=sa.text("state = 'in_house'"),
    )
    op.create_table(
        "stay_guests",
        sa.Column("id", BigId, nullable=False),
        sa.Column("stay_id", BigId, nullable=False),
        sa.Column("guest_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("foreign", sa.Boolean(), nullable=False),
        sa.Column("document_type", sa.String(length=16), nullable=False),
        sa.Column("document_number", sa.String(length=32), nullable=False),
        sa.Column("nationality", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("sex", sa.String(length=8), nullable=False),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["stay_id"], ["stays.id"], name="fk_stay_guests_stay_id_stays"),
        sa.PrimaryKeyConstraint("id", name="pk_stay_guests"),
    )
    op.create_index("ix_stay_guests_name", "stay_guests", ["name"], unique=False)
    op.create_index("ix_stay_guests_stay_id", "stay_guests", ["stay_id"], unique=False)
    op.create_table(
        "stay_changes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("stay_id", BigId, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("before", JsonValue, nullable=True),
        sa.Column("after", JsonValue, nullable=True),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["stay_id"], ["stays.id"], name="fk_stay_changes_stay_id_stays"),
        sa.PrimaryKeyConstraint("id", name="pk_stay_changes"),
    )
    op.create_index("ix_stay_changes_action_stay_changes_at", "stay_changes", ["action", "at"], unique=False)
    op.create_index("ix_stay_changes_stay_id_stay_changes_at", "stay_changes", ["stay_id", "at"], unique=False)


def _folio() -> None:
    op.create_table(
        "folio_lines",
        sa.Column("id", BigId, nullable=False),
        sa.Column("stay_id", BigId, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=True),
        sa.Column("reverses_id", BigId, nullable=True),
        sa.Column("transfer_id", BigId, nullable=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["reverses_id"], ["folio_lines.id"], name="fk_folio_lines_reverses_id_folio_lines"),
        sa.ForeignKeyConstraint(["stay_id"], ["stays.id"], name="fk_folio_lines_stay_id_stays"),
        sa.ForeignKeyConstraint(["transfer_id"], ["folio_lines.id"], name="fk_folio_lines_transfer_id_folio_lines"),
        sa.PrimaryKeyConstraint("id", name="pk_folio_lines"),
        sa.UniqueConstraint("reference", name="uq_folio_lines_reference"),
        sa.UniqueConstraint("reverses_id", name="uq_folio_lines_reverses_id"),
    )
    op.create_index("ix_folio_lines_day", "folio_lines", ["day"], unique=False)
    op.create_index("ix_folio_lines_stay_id_folio_lines_id", "folio_lines", ["stay_id", "id"], unique=False)
    op.create_table(
        "audited_nights",
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("posted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("night", name="pk_audited_nights"),
    )


def _wishes() -> None:
    op.create_table(
        "guest_messages",
        sa.Column("id", BigId, nullable=False),
        sa.Column("stay_id", BigId, nullable=False),
        sa.Column("guest", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("sender_phone", sa.String(length=32), nullable=False),
        sa.Column("content", sa.String(length=1000), nullable=False),
        sa.Column("remind_at", UtcDateTime, nullable=True),
        sa.Column("entered_at", UtcDateTime, nullable=False),
        sa.Column("entered_by", sa.String(length=64), nullable=False),
        sa.Column("delivered_at", UtcDateTime, nullable=True),
        sa.Column("delivered_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["stay_id"], ["stays.id"], name="fk_guest_messages_stay_id_stays"),
        sa.PrimaryKeyConstraint("id", name="pk_guest_messages"),
    )
    op.create_index(
        "ix_guest_messages_due",
        "guest_messages",
        ["remind_at"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL"),
        sqlite_where=sa.text("delivered_at IS NULL"),
    )
    op.create_index("ix_guest_messages_stay_id", "guest_messages", ["stay_id"], unique=False)
    op.create_table(
        "wake_ups",
        sa.Column("id", BigId, nullable=False),
        sa.Column("stay_id", BigId, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("entered_at", UtcDateTime, nullable=False),
        sa.Column("entered_by", sa.String(length=64), nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["stay_id"], ["stays.id"], name="fk_wake_ups_stay_id_stays"),
        sa.PrimaryKeyConstraint("id", name="pk_wake_ups"),
        sa.UniqueConstraint("stay_id", "due_at", name="uq_wake_ups_stay_id_due_at"),
    )
    op.create_index("ix_wake_ups_state_wake_ups_due_at", "wake_ups", ["state", "due_at"], unique=False)
