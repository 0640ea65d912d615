"""Check-out and its revocation on the same day (撤销结帐) (requirements 4)."""

from __future__ import annotations

from datetime import date

from callcenter.rooms.models import Room
from callcenter.stays import folio, nights, wake_ups
from callcenter.stays.from_booking import BookingDesk
from callcenter.stays.holding import hold, must_be_vacant, needs_cleaning, release
from callcenter.stays.kinds import CheckOutIsOld, FolioOpen, StayGoesOn, StayState
from callcenter.stays.models import Stay
from callcenter.stays.phone_charges import Tariff, charge_calls
from callcenter.stays.scope import Scope, reason_of
from callcenter.stays.staying import must_be_here


async def charge_what_is_due(scope: Scope, stay: Stay, tariff: Tariff) -> None:
    """Post what a leaving guest has not been charged yet: the first night, and the calls that have ended.

    Raises:
        StayEnded: the guest has checked out already.
    """
    must_be_here(stay)
    room = await scope.session.get_one(Room, stay.room_id)
    await nights.charge_first_night(scope, stay)
    await charge_calls(scope, tariff, stay.arrived_at, room.number)


async def check_out(scope: Scope, stay: Stay, bookings: BookingDesk) -> None:
    """Let the guest leave: the folio must be settled; nights to come are given back, the room is dirty.

    Raises:
        StayEnded: the guest has checked out already.
        FolioOpen: something is owed, by the guest or by the house.
    """
    must_be_here(stay)
    balance = (await folio.balances(scope.session, [stay.id]))[stay.id]
    if balance:
        raise FolioOpen(number=stay.number, balance=balance)
    room = await scope.session.get_one(Room, stay.room_id)
    await release(scope.session, stay, room, scope.day)
    await wake_ups.cancel_all(scope, stay)
    stay.state, stay.left_at, stay.left_by = StayState.CHECKED_OUT, scope.now, scope.by.username
    needs_cleaning(room)
    await scope.session.flush()
    await bookings.left(scope, stay)
    scope.note(stay, "checked_out", {"state": StayState.IN_HOUSE.value}, {"state": StayState.CHECKED_OUT.value})


async def revoke(scope: Scope, stay: Stay, why: str, bookings: BookingDesk) -> None:
    """Let a guest who has checked out today be in house again, in the same room, with the wake-up times to come.

    Raises:
        StayGoesOn: the guest has not checked out.
        CheckOutIsOld: it was on another day of the hotel.
        RoomOccupied, RoomTaken, SoldOut: the room was given to another meanwhile.
        ReasonMissing: no reason is given.
    """
    reason = reason_of(why, "revocation")
    if stay.state != StayState.CHECKED_OUT or stay.left_at is None:
        raise StayGoesOn(number=stay.number)
    if scope.rules.day_of(stay.left_at) != scope.day:
        raise CheckOutIsOld(number=stay.number)
    room = await scope.session.get_one(Room, stay.room_id)
    await must_be_vacant(scope.session, room, stay.bed)
    stay.state = StayState.IN_HOUSE
    await hold(scope.session, stay, room, _first_night(scope, stay), stay.departure)
    await wake_ups.restore(scope, stay)
    stay.left_at, stay.left_by = None, ""
    await bookings.returned(scope, stay, reason)
    scope.note(stay, "check_out_revoked", None, {"state": StayState.IN_HOUSE.value}, reason)


def _first_night(scope: Scope, stay: Stay) -> date:
    return max(stay.arrival, scope.day)
