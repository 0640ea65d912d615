"""The words in which the house speaks of a guest card; the values stand in the database."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Stage(StrEnum):
    """How far we know somebody: a caller who left basic data, or a guest of the house."""

    POTENTIAL = "potential"
    GUEST = "guest"


class Source(StrEnum):
    """Where a card came from."""

    CALL = "call"
    DESK = "desk"
    BOOKING = "booking"
    IMPORT = "import"


class Sex(StrEnum):
    """Sex as the documents say it."""

    UNKNOWN = "unknown"
    FEMALE = "female"
    MALE = "male"


class NumberKind(StrEnum):
    """What a telephone number of a guest is."""

    MOBILE = "mobile"
    HOME = "home"
    WORK = "work"
    OTHER = "other"


class DocumentType(StrEnum):
    """What a guest identifies with; foreign guests by passport (requirements 3, guest data)."""

    ID_CARD = "id_card"
    PASSPORT = "passport"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    RESIDENCE_PERMIT = "residence_permit"
    OTHER = "other"


class Colour(StrEnum):
    """The colour in which a special-attention note stands; red is kept for emergencies and faults."""

    AMBER = "amber"
    BLUE = "blue"
    PURPLE = "purple"
    GREEN = "green"
    GREY = "grey"


class Channel(StrEnum):
    """How a guest is, or wants to be, contacted (requirements 5: SMS, phone, visit, WeChat)."""

    PHONE = "phone"
    SMS = "sms"
    WECHAT = "wechat"
    MAIL = "mail"
    VISIT = "visit"


class KeyKind(IntEnum):
    """What a search key was made of; the order is that of the hits."""

    NAME = 1
    PINYIN = 2
    LATIN = 3
    INITIALS = 4
    NUMBER = 5
    NUMBER_END = 6
    DOCUMENT = 7
    DOCUMENT_END = 8


class Side(StrEnum):
    """The two people who look after one customer (双线跟踪): one of service, one of sales."""

    SERVICE = "service"
    SALES = "sales"


class Reason(StrEnum):
    """Why a contact is owed (requirements 5, inactivity; dual ownership)."""

    FIRST_CONTACT = "first_contact"
    IDLE_WEEK = "idle_week"
    IDLE_MONTH = "idle_month"
    IDLE_TWO_MONTHS = "idle_two_months"
    CYCLE_MISSED = "cycle_missed"
    SHARP_FALL = "sharp_fall"
    REGULAR = "regular"


class FollowUpState(StrEnum):
    """How far an owed contact is."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class ClaimState(StrEnum):
    """How a claim stands; a standing one waits for the manager."""

    STANDING = "standing"
    WON = "won"
    LOST = "lost"


class MembershipState(StrEnum):
    """How far a membership is."""

    APPLIED = "applied"
    ISSUED = "issued"
    REFUSED = "refused"
    CLOSED = "closed"


class ImportState(StrEnum):
    """How far a file is: looked through, looked through and waiting for a word, being brought in, brought in."""

    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    GIVEN_UP = "given_up"
