"""Rooms and the nights in which they are held, bookings, prices, and the runs of daily jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.db import BigId, JsonValue, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rooms()
    _jobs()
    _bookings()
    _prices()
    _meetings()


def _rooms() -> None:
    op.create_table(
        "room_types",
        sa.Column("id", BigId, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name_zh", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("beds", sa.SmallInteger(), nullable=False),
        sa.Column("capacity", sa.SmallInteger(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("extra_bed_price", sa.Integer(), nullable=False),
        sa.Column("overbooking", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_room_types"),
        sa.UniqueConstraint("code", name="uq_room_types_code"),
    )
    op.create_table(
        "rooms",
        sa.Column("id", BigId, nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("type_id", BigId, nullable=False),
        sa.Column("floor", sa.String(length=8), nullable=False),
        sa.Column("beds", sa.SmallInteger(), nullable=False),
        sa.Column("condition", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(["type_id"], ["room_types.id"], name="fk_rooms_type_id_room_types"),
        sa.PrimaryKeyConstraint("id", name="pk_rooms"),
        sa.UniqueConstraint("number", name="uq_rooms_number"),
    )
    op.create_index("ix_rooms_type_id_rooms_number", "rooms", ["type_id", "number"], unique=False)
    op.create_table(
        "room_outages",
        sa.Column("id", BigId, nullable=False),
        sa.Column("room_id", BigId, nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("entered_by", sa.String(length=64), nullable=False),
        sa.Column("entered_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name="fk_room_outages_room_id_rooms"),
        sa.PrimaryKeyConstraint("id", name="pk_room_outages"),
    )
    op.create_index("ix_room_outages_room_id_room_outages_first", "room_outages", ["room_id", "first"], unique=False)

    op.create_table(
        "type_nights",
        sa.Column("type_id", BigId, nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("rooms", sa.Integer(), nullable=False),
        sa.Column("overbooking", sa.Integer(), nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.CheckConstraint("rooms >= 0", name="ck_type_nights_rooms_not_negative"),
        sa.CheckConstraint("sold <= rooms + overbooking", name="ck_type_nights_not_oversold"),
        sa.CheckConstraint("sold >= 0", name="ck_type_nights_sold_not_negative"),
        sa.ForeignKeyConstraint(["type_id"], ["room_types.id"], name="fk_type_nights_type_id_room_types"),
        sa.PrimaryKeyConstraint("type_id", "night", name="pk_type_nights"),
    )
    op.create_index("ix_type_nights_night", "type_nights", ["night"], unique=False)
    op.create_table(
        "room_nights",
        sa.Column("room_id", BigId, nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("bed", sa.SmallInteger(), nullable=False),
        sa.Column("holder", sa.String(length=16), nullable=False),
        sa.Column("holder_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name="fk_room_nights_room_id_rooms"),
        sa.PrimaryKeyConstraint("room_id", "night", "bed", name="pk_room_nights"),
    )
    op.create_index("ix_room_nights_holder_room_nights_holder_id", "room_nights", ["holder", "holder_id"], unique=False)
    op.create_index("ix_room_nights_night", "room_nights", ["night"], unique=False)


def _jobs() -> None:
    op.create_table(
        "job_runs",
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("begun_at", UtcDateTime, nullable=False),
        sa.Column("done_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("job", "due_at", name="pk_job_runs"),
    )


def _bookings() -> None:
    op.create_table(
        "sequences",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sequences"),
    )
    op.create_table(
        "reservations",
        sa.Column("id", BigId, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("guarantee", sa.String(length=16), nullable=False),
        sa.Column("booker", sa.String(length=128), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("guest_id", BigId, nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("group_id", BigId, nullable=True),
        sa.Column("group_name", sa.String(length=128), nullable=False),
        sa.Column("group_type", sa.String(length=32), nullable=False),
        sa.Column("copied_from", sa.String(length=16), nullable=True),
        sa.Column("arrival", sa.Date(), nullable=False),
        sa.Column("departure", sa.Date(), nullable=False),
        sa.Column("arrives_at", UtcDateTime, nullable=False),
        sa.Column("arrival_stated", sa.Boolean(), nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=True),
        sa.Column("persons", sa.SmallInteger(), nullable=False),
        sa.Column("plan", sa.String(length=32), nullable=False),
        sa.Column("extra_beds", sa.SmallInteger(), nullable=False),
        sa.Column("extra_bed_price", sa.Integer(), nullable=False),
        sa.Column("discount", sa.SmallInteger(), nullable=False),
        sa.Column("discount_reason", sa.String(length=200), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("approval", sa.String(length=16), server_default="", nullable=False),
        sa.Column("company", sa.String(length=128), nullable=False),
        sa.Column("salesperson", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("call_id", BigId, nullable=True),
        sa.Column("contacts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("contacted_at", UtcDateTime, nullable=True),
        sa.Column("entered_by_id", BigId, nullable=True),
        sa.Column("entered_by", sa.String(length=64), nullable=False),
        sa.Column("entered_at", UtcDateTime, nullable=False),
        sa.Column("confirmed_at", UtcDateTime, nullable=True),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.Column("end_reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["entered_by_id"], ["users.id"], name="fk_reservations_entered_by_id_users"),
        sa.ForeignKeyConstraint(["group_id"], ["reservations.id"], name="fk_reservations_group_id_reservations"),
        sa.PrimaryKeyConstraint("id", name="pk_reservations"),
        sa.UniqueConstraint("account", name="uq_reservations_account"),
        sa.UniqueConstraint("number", name="uq_reservations_number"),
    )
    op.create_index("ix_reservations_arrival_reservations_id", "reservations", ["arrival", "id"], unique=False)
    op.create_index("ix_reservations_departure", "reservations", ["departure"], unique=False)
    op.create_index("ix_reservations_entered_at_reservations_id", "reservations", ["entered_at", "id"], unique=False)
    op.create_index("ix_reservations_group_id", "reservations", ["group_id"], unique=False)
    op.create_index("ix_reservations_guest_id", "reservations", ["guest_id"], unique=False)
    op.create_index("ix_reservations_phone", "reservations", ["phone"], unique=False)
    op.create_index("ix_reservations_state_reservations_arrival", "reservations", ["state", "arrival"], unique=False)
    op.create_table(
        "reservation_lines",
        sa.Column("id", BigId, nullable=False),
        sa.Column("reservation_id", BigId, nullable=False),
        sa.Column("type_id", BigId, nullable=False),
        sa.Column("rooms", sa.Integer(), nullable=False),
        sa.Column("beds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("list_price", sa.Integer(), nullable=False),
        sa.Column("nightly", JsonValue, nullable=False),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name="fk_reservation_lines_reservation_id_reservations"
        ),
        sa.ForeignKeyConstraint(["type_id"], ["room_types.id"], name="fk_reservation_lines_type_id_room_types"),
        sa.PrimaryKeyConstraint("id", name="pk_reservation_lines"),
    )
    op.create_index("ix_reservation_lines_reservation_id", "reservation_lines", ["reservation_id"], unique=False)
    op.create_table(
        "reservation_payments",
        sa.Column("id", BigId, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("reservation_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name="fk_reservation_payments_reservation_id_reservations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reservation_payments"),
        sa.UniqueConstraint("number", name="uq_reservation_payments_number"),
    )
    op.create_index("ix_reservation_payments_reservation_id", "reservation_payments", ["reservation_id"], unique=False)
    op.create_table(
        "reservation_guests",
        sa.Column("id", BigId, nullable=False),
        sa.Column("reservation_id", BigId, nullable=False),
        sa.Column("guest_id", BigId, nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("surname", sa.String(length=64), nullable=False),
        sa.Column("given_name", sa.String(length=64), nullable=False),
        sa.Column("is_foreign", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("document_type", sa.String(length=16), nullable=False),
        sa.Column("document_number", sa.String(length=32), nullable=False),
        sa.Column("nationality", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("sex", sa.String(length=8), nullable=False),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name="fk_reservation_guests_reservation_id_reservations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reservation_guests"),
    )
    op.create_index("ix_reservation_guests_reservation_id", "reservation_guests", ["reservation_id"], unique=False)
    op.create_table(
        "reservation_changes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("reservation_id", BigId, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("state_before", sa.String(length=16), nullable=False),
        sa.Column("state_after", sa.String(length=16), nullable=False),
        sa.Column("before", JsonValue, nullable=True),
        sa.Column("after", JsonValue, nullable=True),
        sa.Column("asked", sa.String(length=500), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("told", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name="fk_reservation_changes_reservation_id_reservations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reservation_changes"),
    )
    op.create_index(
        "ix_reservation_changes_action_reservation_changes_at", "reservation_changes", ["action", "at"], unique=False
    )
    op.create_index(
        "ix_reservation_changes_reservation_id_reservation_changes_at",
        "reservation_changes",
        ["reservation_id", "at"],
        unique=False,
    )


def _prices() -> None:
    op.create_table(
        "seasons",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name_zh", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_seasons"),
    )
    op.create_table(
        "rate_plans",
        sa.Column("id", BigId, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name_zh", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("breakfasts", sa.SmallInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rate_plans"),
        sa.UniqueConstraint("code", name="uq_rate_plans_code"),
    )
    op.create_table(
        "rates",
        sa.Column("id", BigId, nullable=False),
        sa.Column("plan_id", BigId, nullable=False),
        sa.Column("type_id", BigId, nullable=False),
        sa.Column("season_id", BigId, nullable=True),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["rate_plans.id"], name="fk_rates_plan_id_rate_plans"),
        sa.ForeignKeyConstraint(["season_id"], ["seasons.id"], name="fk_rates_season_id_seasons"),
        sa.ForeignKeyConstraint(["type_id"], ["room_types.id"], name="fk_rates_type_id_room_types"),
        sa.PrimaryKeyConstraint("id", name="pk_rates"),
    )
    op.create_index("ix_rates_plan_id_rates_type_id", "rates", ["plan_id", "type_id"], unique=False)
    op.create_table(
        "discount_ceilings",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_discount_ceilings_user_id_users"),
        sa.PrimaryKeyConstraint("user_id", name="pk_discount_ceilings"),
    )


def _meetings() -> None:
    op.create_table(
        "meeting_slots",
        sa.Column("room_id", BigId, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("reservation_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name="fk_meeting_slots_reservation_id_reservations"
        ),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name="fk_meeting_slots_room_id_rooms"),
        sa.PrimaryKeyConstraint("room_id", "slot", name="pk_meeting_slots"),
    )
    op.create_index("ix_meeting_slots_reservation_id", "meeting_slots", ["reservation_id"], unique=False)
