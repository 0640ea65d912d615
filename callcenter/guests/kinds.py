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
