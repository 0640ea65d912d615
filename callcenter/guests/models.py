"""Tables of guests, their numbers, documents, companies, and the keys under which they are found."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, BigId
from callcenter.staff.models import User

SearchKey = String(64).with_variant(String(64, collation="C"), "postgresql")
"""Compared byte by byte on both databases, so that "begins with" is a range of the index."""

_UNCHECKED = text("checked_at IS NULL")


class Company(Base):
    """A contract customer or agency; `code` names it in contracts and is never reused."""

    __tablename__ = "companies"
    __table_args__ = (UniqueConstraint("code"), Index(None, "name"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(128))
    contract_signed_on: Mapped[date | None]
    contract_until: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool]


class Guest(Base):
    """One card. Cards are never deleted: a double is merged into another card (`merged_into_id`) and stays readable.

    `version` counts the changes, so that nobody overwrites what another person has just entered. `checked_…` is the
    supervisor's check of the day's new cards, `reviewed_…` the manager's review.
    """

    __tablename__ = "guests"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "stage", "created_at", "id"),
        Index(None, "name"),
        Index(None, "company_id"),
        Index(None, "service_owner_id"),
        Index(None, "sales_owner_id"),
        Index(None, "merged_into_id"),
        Index("ix_guests_unchecked", "created_at", postgresql_where=_UNCHECKED, sqlite_where=_UNCHECKED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stage: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(128))
    latin_surname: Mapped[str] = mapped_column(String(64))
    latin_given: Mapped[str] = mapped_column(String(64))
    sex: Mapped[str] = mapped_column(String(16))
    birthday: Mapped[date | None]
    nationality: Mapped[str] = mapped_column(String(2))
    """ISO 3166 code of the country, empty when not known."""
    origin: Mapped[str] = mapped_column(String(128))
    address: Mapped[str] = mapped_column(String(256))
    language: Mapped[str] = mapped_column(String(8))
    level: Mapped[str] = mapped_column(String(32))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    attention_colour: Mapped[str | None] = mapped_column(String(16))
    attention_reason: Mapped[str] = mapped_column(String(500))
    do_not_call: Mapped[bool]
    contact_channels: Mapped[list[Any]]
    contact_wish: Mapped[str] = mapped_column(String(500))
    question: Mapped[str] = mapped_column(String(1000))
    """What a potential customer asked about."""
    note: Mapped[str] = mapped_column(String(1000))
    owing: Mapped[bool]
    service_owner_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    sales_owner_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    first_contact_due_at: Mapped[datetime | None]
    first_contact_at: Mapped[datetime | None]
    last_contact_at: Mapped[datetime | None]
    last_order_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[str] = mapped_column(String(64))
    check_remark: Mapped[str] = mapped_column(String(500))
    """What the supervisor wants completed; the next change of the card takes the check back."""
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str] = mapped_column(String(64))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("guests.id"))
    version: Mapped[int]


class GuestNumber(Base):
    """A telephone number of a guest, E.164 with its plus, or an extension of the house; the first is rung first."""

    __tablename__ = "guest_numbers"
    __table_args__ = (UniqueConstraint("guest_id", "number"), Index(None, "number"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey("guests.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(128))


class GuestDocument(Base):
    """A document that a guest identified with; shown masked, and each reveal stands in the audit log."""

    __tablename__ = "guest_documents"
    __table_args__ = (UniqueConstraint("guest_id", "type", "number"), Index(None, "number"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guest_id: Mapped[int] = mapped_column(ForeignKey("guests.id"))
    type: Mapped[str] = mapped_column(String(32))
    number: Mapped[str] = mapped_column(String(32))
    country: Mapped[str] = mapped_column(String(2))


class GuestKey(Base):
    """A key under which a guest is found (see `keys`): the primary key is the index that a search walks."""

    __tablename__ = "guest_keys"
    __table_args__ = (Index(None, "guest_id"), {"sqlite_with_rowid": False})

    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    key: Mapped[str] = mapped_column(SearchKey, primary_key=True)
    guest_id: Mapped[int] = mapped_column(BigId, ForeignKey("guests.id"), primary_key=True)
