"""Tables of what is done about guests: contacts, follow-ups, claims, merges, imports, membership."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, BigId
from callcenter.guests.models import Guest
from callcenter.staff.models import User

_HOLDING = text("state IN ('applied', 'issued')")


class GuestContact(Base):
    """The house spoke with a guest, or wrote. `side`: which of the two owners' people did."""

    __tablename__ = "guest_contacts"
    __table_args__ = (Index(None, "guest_id", "at"), Index(None, "at", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey(Guest.id))
    at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(16))
    side: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(1000))


class FollowUp(Base):
    """A contact that the house owes a guest. `period` names what it is owed for, so that it is owed once."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        UniqueConstraint("guest_id", "kind", "period"),
        Index(None, "state", "due_at", "id"),
        Index(None, "owner_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey(Guest.id))
    kind: Mapped[str] = mapped_column(String(32))
    period: Mapped[str] = mapped_column(String(32))
    side: Mapped[str] = mapped_column(String(16))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(1000))


class GuestClaim(Base):
    """Somebody says that a customer is theirs; the first record wins, in a dispute the manager decides."""

    __tablename__ = "guest_claims"
    __table_args__ = (Index(None, "guest_id", "side"), Index(None, "state", "claimed_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey(Guest.id))
    side: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    claimed_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(64))


class OwnerAbility(Base):
    """How many customers somebody can look after, as a share among those who do (0: gets no new ones)."""

    __tablename__ = "owner_abilities"

    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), primary_key=True)
    side: Mapped[str] = mapped_column(String(16), primary_key=True)
    ability: Mapped[int] = mapped_column(SmallInteger)


class GuestMerge(Base):
    """A double that became part of another card, with what is needed to undo it."""

    __tablename__ = "guest_merges"
    __table_args__ = (Index(None, "kept_id"), Index(None, "gone_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey(Guest.id))
    gone_id: Mapped[int] = mapped_column(ForeignKey(Guest.id))
    merged_at: Mapped[datetime]
    merged_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    moved: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(64))


class GuestImport(Base):
    """A file of guests on its way in: checked first (dry run), then brought in; `done` lines are behind it."""

    __tablename__ = "guest_imports"
    __table_args__ = (Index(None, "created_at", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(16))
    headings: Mapped[list[Any]]
    content: Mapped[str] = mapped_column(Text)
    total: Mapped[int]
    done: Mapped[int]
    created: Mapped[int]
    known: Mapped[int]
    errors: Mapped[list[Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    finished_at: Mapped[datetime | None]


class Membership(Base):
    """A membership card: real-name, one household one card (by the registered address), reviewed before issue."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("card_number"),
        Index(
            "uq_memberships_household",
            "household",
            unique=True,
            postgresql_where=_HOLDING,
            sqlite_where=_HOLDING,
        ),
        Index(None, "guest_id"),
        Index(None, "state", "applied_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey(Guest.id))
    state: Mapped[str] = mapped_column(String(16))
    household: Mapped[str] = mapped_column(String(256))
    address: Mapped[str] = mapped_column(String(256))
    in_person: Mapped[bool]
    id_missing: Mapped[bool]
    card_number: Mapped[str | None] = mapped_column(String(32))
    applied_at: Mapped[datetime]
    applied_by: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(64))
    remark: Mapped[str] = mapped_column(String(500))


class StoredValueSale(Base):
    """Money paid onto a member's stored-value card, reconciled with finance the next day. `amount`: fen."""

    __tablename__ = "stored_value_sales"
    __table_args__ = (Index(None, "sold_at", "id"), Index(None, "membership_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    method: Mapped[str] = mapped_column(String(16))
    sold_at: Mapped[datetime]
    sold_by: Mapped[str] = mapped_column(String(64))
    reconciled_at: Mapped[datetime | None]
    reconciled_by: Mapped[str] = mapped_column(String(64))
