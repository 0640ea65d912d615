"""Bookings as the pages see them: rows with lines, rooms and balance, and what a user can do to one now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.reservations import acts, audits, meetings, persons, store
from callcenter.reservations.allocation import label
from callcenter.reservations.models import Reservation, ReservationGuest, ReservationLine
from callcenter.reservations.rules import Booker, Desk
from callcenter.reservations.schemas import LineOut, PaymentOut, PersonOut, ReservationDetail, ReservationRow
from callcenter.reservations.states import MACHINE, Action, Kind, State
from callcenter.rooms.models import Holder, Room, RoomNight, RoomType

PERMISSIONS = {
    Action.CONFIRM: "reservations.write",
    Action.UNCONFIRM: "reservations.unconfirm",
    Action.CANCEL: "reservations.cancel",
    Action.DELETE: "reservations.write",
    Action.NO_SHOW: "reservations.release",
    Action.REINSTATE: "reservations.write",
}
SEE_DOCUMENTS = "guests.reveal"


def possible(booking: Reservation, balance: int, by: Booker, now: datetime, desk: Desk) -> list[str]:
    """Name what `by` can do to a booking now, so that pages offer nothing that would be refused."""
    found = []
    for action, permission in PERMISSIONS.items():
        if (State(booking.state), action) not in MACHINE or not by.may(permission):
            continue
        if action is Action.CONFIRM and booking.approval == "wanted":
            continue
        if action is Action.NO_SHOW and now < audits.held_until(booking, balance, desk.rules):
            continue
        if action is Action.DELETE and not _deletable(booking, balance, by, now, desk):
            continue
        found.append(action.value)
    if booking.approval == "wanted" and by.may("reservations.below_former_price"):
        found.append("approve")
    if State(booking.state) in (State.UNCONFIRMED, State.CONFIRMED) and by.may("reservations.write"):
        found += ["contact"] if booking.kind == Kind.MEETING else ["change", "allocate", "contact"]
    return found


async def rows(session: AsyncSession, bookings: Sequence[Reservation]) -> list[ReservationRow]:
    """Describe bookings for a list."""
    ids = [booking.id for booking in bookings]
    meeting_rooms = await meetings.rooms_of(session, [one.id for one in bookings if one.kind == Kind.MEETING])
    lines, held, balances = (
        await store.lines_of(session, ids),
        await _labels(session, ids),
        await store.balances(session, ids),
    )
    codes = await _codes(session, (line.type_id for each in lines.values() for line in each))
    own = [name for name in ReservationRow.model_fields if name not in ("lines", "rooms", "balance")]
    return [
        ReservationRow(
            **{name: getattr(booking, name) for name in own},
            lines=[_line(line, codes) for line in lines[booking.id]],
            rooms=[meeting_rooms[booking.id]] if booking.id in meeting_rooms else held.get(booking.id, []),
            balance=balances.get(booking.id, 0),
        )
        for booking in bookings
    ]


async def detail(session: AsyncSession, booking: Reservation, by: Booker, desk: Desk) -> ReservationDetail:
    """Describe one booking with everything that belongs to it."""
    row = (await rows(session, [booking]))[0]
    now = desk.clock.now()
    own = set(ReservationDetail.model_fields) - set(ReservationRow.model_fields)
    own -= {"locked_at", "held_until", "penalty", "may", "guests", "payments"}
    first_night = sum((line.beds or line.rooms) * line.nightly[0] for line in row.lines if line.nightly)
    see = by.may(SEE_DOCUMENTS)
    return ReservationDetail(
        **row.model_dump(),
        **{name: getattr(booking, name) for name in own},
        locked_at=acts.locked_at(booking.entered_at, desk.rules),
        held_until=audits.held_until(booking, row.balance, desk.rules),
        penalty=acts.penalty(booking, first_night or booking.total, now, desk.rules),
        may=possible(booking, row.balance, by, now, desk),
        guests=[_person(one, see=see) for one in await store.guests_of(session, booking)],
        payments=[PaymentOut.model_validate(one) for one in await store.payments_of(session, booking)],
    )


def _deletable(booking: Reservation, balance: int, by: Booker, now: datetime, desk: Desk) -> bool:
    try:
        acts.check_deletion(booking, balance, by, now, desk.rules)
    except (acts.BookingIsConfirmed, acts.BookingIsLocked, acts.DepositHeld):
        return False
    return True


def _line(line: ReservationLine, codes: dict[int, str]) -> LineOut:
    return LineOut(
        type=codes[line.type_id],
        rooms=line.rooms,
        beds=line.beds,
        price=line.price,
        list_price=line.list_price,
        nightly=line.nightly,
    )


def _person(one: ReservationGuest, *, see: bool) -> PersonOut:
    person = PersonOut.model_validate(one)
    return person if see else person.model_copy(update={"document_number": persons.hidden(person.document_number)})


async def _codes(session: AsyncSession, ids: Iterable[int]) -> dict[int, str]:
    statement = select(RoomType.id, RoomType.code).where(RoomType.id.in_(sorted(set(ids))))
    return {number: code for number, code in await session.execute(statement)}


async def _labels(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the rooms that bookings hold, as the house writes them, by booking."""
    statement = (
        select(RoomNight.holder_id, Room, RoomNight.bed)
        .join(Room, Room.id == RoomNight.room_id)
        .where(RoomNight.holder == Holder.RESERVATION, RoomNight.holder_id.in_(ids))
        .distinct()
        .order_by(RoomNight.holder_id, Room.number, RoomNight.bed)
    )
    beds: dict[tuple[int, int], tuple[Room, list[int]]] = {}
    for holder_id, room, bed in await session.execute(statement):
        beds.setdefault((holder_id, room.id), (room, []))[1].append(bed)
    found: dict[int, list[str]] = {}
    for (holder_id, _), (room, numbers) in beds.items():
        found.setdefault(holder_id, []).append(label(room, numbers))
    return found
