"""Check-in from a booking: its data carry over, its room and its deposit become the stay's (requirements 3, 4).

The booking hands its room over and the stay takes it in the same transaction. Of a group one room, or one bed, at a
time is taken over; its deposit stays with the group.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

from sqlalchemy import func, select

from callcenter.errors import HouseError, InvalidInput
from callcenter.guests import attention
from callcenter.guests.attention import Named
from callcenter.guests.service import By, Guests
from callcenter.reservations import acts, allocation, arrivals, deposits, store
from callcenter.reservations.allocation import Choice
from callcenter.reservations.arrivals import HandedOver
from callcenter.reservations.deposits import Method, PaymentKind
from callcenter.reservations.models import RatePlan, Reservation
from callcenter.reservations.rules import Desk, Note
from callcenter.reservations.states import Kind, State
from callcenter.rooms.models import Holder
from callcenter.rooms.nights import held_rooms
from callcenter.stays import checking_in, folio, recognising
from callcenter.stays.checking_in import Registration
from callcenter.stays.kinds import GuestType, LineKind, StayState, StayType
from callcenter.stays.models import Stay
from callcenter.stays.persons import Person
from callcenter.stays.scope import Scope

NOTE = "入住 / check-in"


class NotForCheckIn(HouseError):
    """A meeting is not checked in as a stay; params: `number`."""

    code = "not_for_check_in"
    status = HTTPStatus.CONFLICT


@dataclass(frozen=True, slots=True)
class BookingDesk:
    """What the bookings' own rules need, and the cards of those who are registered."""

    desk: Desk
    guests: Guests

    async def check_in(self, scope: Scope, wanted: Registration, booking: str | None) -> Stay:
        """Register a guest, as a walk-in or from the booking with this number.

        Raises:
            NotFound: there is no such booking.
            NotForCheckIn: it is for a meeting.
            TransitionRefused: its guest is not expected any more.
            ApprovalWanted: a manager has to agree to its price first.
            InvalidInput: neither form nor booking say the room, the departure or the guest.
            and whatever `checking_in.check_in` raises.
        """
        if booking is None:
            return await checking_in.check_in(scope, await self._with_cards(scope, _complete(wanted)))
        found = await store.locked(scope.session, booking)
        if found.kind == Kind.MEETING:
            raise NotForCheckIn(number=booking)
        if found.state == State.NO_SHOW:  # a late arrival: it is asked whether the room was taken meanwhile
            other: list[tuple[str, list[int]]] | None = [] if wanted.room and found.kind == Kind.INDIVIDUAL else None
            await acts.reinstate(scope.session, self.desk, found, other, scope.by, _note(scope))
        room = await self._room(scope, found, wanted)
        given = await arrivals.hand_over(
            scope.session, self.desk, found, room, scope.by, _note(scope), wanted.bed or None
        )
        form = await self._with_cards(scope, await _carried_over(scope, wanted, found, given))
        stay = await checking_in.check_in(
            scope,
            form,
            agreed_before=wanted.price is None and not wanted.discount,
            fee_agreed_before=wanted.extra_bed_price is None,
        )
        if found.kind == Kind.INDIVIDUAL:
            await self._move_deposit(scope, found, stay)
        return stay

    async def left(self, scope: Scope, stay: Stay) -> None:
        """Tell the booking of a guest who has checked out: it ends with the last guest of it."""
        booking = await _booking_of(scope, stay)
        if booking is None or booking.state != State.CHECKED_IN or await _others(scope, stay):
            return
        if booking.kind == Kind.GROUP and await held_rooms(scope.session, (Holder.RESERVATION, booking.id)):
            return
        await arrivals.departed(scope.session, self.desk, booking, scope.by, _note(scope))

    async def returned(self, scope: Scope, stay: Stay, why: str) -> None:
        """Tell the booking that a check-out was revoked."""
        booking = await _booking_of(scope, stay)
        if booking is not None and booking.state == State.CHECKED_OUT:
            note = Note(why=why, address=scope.address)
            await arrivals.returned(scope.session, self.desk, booking, scope.by, note)

    async def _with_cards(self, scope: Scope, wanted: Registration) -> Registration:
        """Give everybody a card; who is listed for special attention is confirmed first, as without one."""
        if wanted.confidential:
            return wanted
        named = [Named(one.name, one.guest_id) for one in wanted.persons]
        await attention.confirmed(scope.session, named, wanted.attention)
        checked = [checking_in.checked(place, one, scope) for place, one in enumerate(wanted.persons)]
        persons = await recognising.with_cards(scope.session, self.guests, checked, By(scope.by, scope.address))
        return replace(wanted, persons=persons)

    async def _room(self, scope: Scope, booking: Reservation, wanted: Registration) -> str:
        """Return the room in which the guest will stay, chosen for the booking first where another one is wanted."""
        held = await held_rooms(scope.session, (Holder.RESERVATION, booking.id))
        if not wanted.room:
            if not held:
                raise InvalidInput(problems=[{"field": "room", "code": "missing"}])
            return held[0][0].number
        if wanted.room not in {room.number for room, _ in held}:
            kept = [Choice(room.number, tuple(beds)) for room, beds in held] if booking.kind == Kind.GROUP else []
            chosen = Choice(wanted.room, (wanted.bed,) if wanted.bed else ())
            note = Note(why=wanted.reason or NOTE, address=scope.address)
            await allocation.choose(scope.session, self.desk, booking, [*kept, chosen], scope.by, note)
        return wanted.room

    async def _move_deposit(self, scope: Scope, booking: Reservation, stay: Stay) -> None:
        held = await store.balance_of(scope.session, booking)
        if held <= 0:
            return
        paid = await deposits.pay_out(
            scope.session,
            self.desk,
            booking,
            PaymentKind.FOLIO,
            held,
            Method.TRANSFER,
            stay.number,
            scope.by,
            _note(scope),
        )
        posting = folio.Posting(LineKind.DEPOSIT, held, text=booking.number, reference=f"deposit:{paid.number}")
        await folio.post(scope, stay, posting)


async def _booking_of(scope: Scope, stay: Stay) -> Reservation | None:
    if stay.reservation_id is None:
        return None
    booking = await scope.session.get_one(Reservation, stay.reservation_id)
    return await store.locked(scope.session, booking.number)


async def _others(scope: Scope, stay: Stay) -> int:
    statement = select(func.count(Stay.id)).where(
        Stay.reservation_id == stay.reservation_id, Stay.state == StayState.IN_HOUSE, Stay.id != stay.id
    )
    return await scope.session.scalar(statement) or 0


async def _carried_over(scope: Scope, wanted: Registration, booking: Reservation, given: HandedOver) -> Registration:
    """Fill what the form leaves open from the booking."""
    is_group = booking.kind == Kind.GROUP
    return _complete(
        replace(
            wanted,
            room=given.room.number,
            departure=wanted.departure or given.until,
            persons=wanted.persons or await _persons(scope, booking),
            price=given.price if wanted.price is None and not wanted.discount else wanted.price,
            list_price=given.list_price,
            extra_beds=wanted.extra_beds or given.extra_beds,
            extra_bed_price=given.extra_bed_price if wanted.extra_bed_price is None else wanted.extra_bed_price,
            breakfasts=wanted.breakfasts or await _breakfasts(scope, booking),
            guest_type=_guest_type(wanted, booking),
            language=booking.language[:8] or wanted.language,
            company=wanted.company or booking.company,
            salesperson=wanted.salesperson or booking.salesperson,
            source=wanted.source or booking.source,
            reason=wanted.reason or booking.discount_reason or booking.number,
            note=wanted.note or booking.note,
            group_id=booking.id if is_group else wanted.group_id or booking.group_id,
            reservation_id=booking.id,
        )
    )


async def _breakfasts(scope: Scope, booking: Reservation) -> int:
    """Return how many breakfasts the booking's rate plan includes."""
    if not booking.plan:
        return 0
    statement = select(RatePlan.breakfasts).where(RatePlan.code == booking.plan)
    return await scope.session.scalar(statement) or 0


async def _persons(scope: Scope, booking: Reservation) -> tuple[Person, ...]:
    guests = await store.guests_of(scope.session, booking)
    return tuple(
        Person(
            name=guest.name or f"{guest.surname} {guest.given_name}".strip(),
            guest_id=guest.guest_id,
            foreign=guest.is_foreign,
            document_type=guest.document_type,
            document_number=guest.document_number,
            nationality=guest.nationality,
            origin=guest.origin,
            sex=guest.sex,
            birthday=guest.birthday,
            address=guest.address,
        )
        for guest in guests
    ) or (Person(booking.booker[:64], guest_id=booking.guest_id, phone=booking.phone),)


def _guest_type(wanted: Registration, booking: Reservation) -> GuestType:
    if wanted.guest_type is not GuestType.INDIVIDUAL:
        return wanted.guest_type
    return {"agency": GuestType.AGENCY, "company": GuestType.COMPANY}.get(booking.guarantee, GuestType.INDIVIDUAL)


def _note(scope: Scope) -> Note:
    return Note(why=NOTE, address=scope.address)


def _complete(wanted: Registration) -> Registration:
    has_end = wanted.departure or wanted.stay_type is StayType.HOURLY  # whose end the house's hours say
    missing = [
        name for name, value in (("room", wanted.room), ("departure", has_end), ("guests", wanted.persons)) if not value
    ]
    if missing:
        raise InvalidInput(problems=[{"field": name, "code": "missing"} for name in missing])
    return wanted
