"""The words of a stay: its states and types, the kinds of money on a folio, and what can go wrong."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

from callcenter.errors import HouseError


class StayState(StrEnum):
    """Where a stay stands. A check-out can be revoked on the same day of the hotel."""

    IN_HOUSE = "in_house"
    CHECKED_OUT = "checked_out"


class StayType(StrEnum):
    """What the room is let as (入住类型): normal, long-stay (L), hourly (C), shared by the bed (P), free."""

    NORMAL = "normal"
    LONG = "long"
    HOURLY = "hourly"
    SHARED = "shared"
    FREE = "free"


class GuestType(StrEnum):
    """Who the guest is to the house (散客类型)."""

    INDIVIDUAL = "individual"
    MEMBER = "member"
    COMPANY = "company"
    AGENCY = "agency"
    VIP = "vip"
    HOUSE = "house"


class Source(StrEnum):
    """Who wrote something down: the desk, the guest on the room's telephone, or the guest in a spoken menu."""

    DESK = "desk"
    ROOM_PHONE = "room_phone"
    MENU = "menu"


class LineKind(StrEnum):
    """What a line of a folio is for. Charges count up, money received counts down; commission does not count."""

    ROOM = "room"
    EXTRA_BED = "extra_bed"
    PHONE = "phone"
    SERVICE = "service"
    DEPOSIT = "deposit"
    PAYMENT = "payment"
    REFUND = "refund"
    COMMISSION = "commission"


CHARGES = frozenset({LineKind.ROOM, LineKind.EXTRA_BED, LineKind.PHONE, LineKind.SERVICE, LineKind.REFUND})
RECEIVED = frozenset({LineKind.DEPOSIT, LineKind.PAYMENT})
POSTED_BY_HAND = frozenset({LineKind.SERVICE, LineKind.PHONE, LineKind.PAYMENT, LineKind.REFUND})


class PaymentMethod(StrEnum):
    """How money changes hands (requirements 3)."""

    CASH = "cash"
    CHEQUE = "cheque"
    CREDIT_CARD = "credit_card"
    MEMBER_CARD = "member_card"
    COMPANY_ACCOUNT = "company_account"
    POINTS = "points"


class WakeUpState(StrEnum):
    """What became of a wake-up time; the calls themselves are made by `outbound`."""

    DUE = "due"
    CANCELLED = "cancelled"


class RoomOccupied(HouseError):
    """Somebody is registered in the room, or in the bed of it; params: `room`."""

    code = "room_occupied"
    status = HTTPStatus.CONFLICT


class RoomVacant(HouseError):
    """Nobody is registered in the room; params: `room`."""

    code = "room_vacant"
    status = HTTPStatus.CONFLICT


class StayEnded(HouseError):
    """The guest has checked out; params: `number`."""

    code = "stay_ended"
    status = HTTPStatus.CONFLICT


class StayGoesOn(HouseError):
    """The guest has not checked out; params: `number`."""

    code = "stay_goes_on"
    status = HTTPStatus.CONFLICT


class CheckOutIsOld(HouseError):
    """A check-out can be revoked on the same day only; params: `number`."""

    code = "check_out_is_old"
    status = HTTPStatus.CONFLICT


class FolioOpen(HouseError):
    """The folio is not settled; params: `number`, `balance` (fen)."""

    code = "folio_open"
    status = HTTPStatus.CONFLICT


class DiscountTooHigh(HouseError):
    """The discount is beyond what the operator may give; params: `percent`, `ceiling`."""

    code = "stay_discount_too_high"
    status = HTTPStatus.FORBIDDEN


class ReasonMissing(HouseError):
    """This wants a reason; params: `what`."""

    code = "reason_missing"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class LineAudited(HouseError):
    """The night audit has closed the line's day: it is corrected by reversal only; params: `line`."""

    code = "line_audited"
    status = HTTPStatus.CONFLICT


class LineReversed(HouseError):
    """The line is reversed already, or is itself a reversal; params: `line`."""

    code = "line_reversed"
    status = HTTPStatus.CONFLICT


class NotHourly(HouseError):
    """Only an hourly stay is turned into a stay overnight; params: `number`."""

    code = "not_hourly"
    status = HTTPStatus.CONFLICT


class DepartureRefused(HouseError):
    """The departure lies before the arrival or in the past; params: `departure`."""

    code = "departure_refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class WakeUpPast(HouseError):
    """The wake-up time has passed, or lies after the departure; params: `at`."""

    code = "wake_up_past"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
