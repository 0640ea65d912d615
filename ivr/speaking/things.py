"""What a hotel counts: money, minutes, nights, rooms, and the place in line."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from ivr.languages import Language
from ivr.speaking.numbers import NotSpeakable, Pieces, piece, say_count, say_number

ROOM_TYPES = frozenset({"standard", "deluxe", "suite"})
"""The types that the shipped pieces know; a house that records more names them."""
OTHER_ROOM = "room"


def say_amount(yuan: Decimal, language: Language) -> Pieces:
    """Say an amount of money: 一百零五元五角, "one hundred and five yuan and five jiao".

    Raises:
        NotSpeakable: it is negative, larger than 999 999.99 or not a whole number of fen.
    """
    fen = yuan * 100
    if fen != fen.to_integral_value() or fen < 0:
        raise NotSpeakable(f"{yuan} is not a whole number of fen")
    whole, rest = divmod(int(fen), 100)
    parts = [(whole, "money/yuan"), (rest // 10, "money/jiao"), (rest % 10, "money/fen")]
    said = [(count, unit) for count, unit in parts if count] or parts[:1]
    pieces: list[str] = []
    for number, (count, unit) in enumerate(said):
        if language is Language.EN and number and number == len(said) - 1:
            pieces += piece(language, "and")
        if language is Language.ZH and unit == "money/fen" and whole and not rest // 10:
            pieces += piece(language, "digits/0", f"digits/{count}", unit)
        else:
            pieces += (*say_count(count, language), *piece(language, unit))
    return tuple(pieces)


def say_minutes(minutes: int, language: Language) -> Pieces:
    """Say a duration in minutes, from an hour on in hours and minutes: 一小时三十分钟.

    Raises:
        NotSpeakable: it is negative, or more than 999 999 hours.
    """
    hours, rest = divmod(minutes, 60)
    pieces: list[str] = []
    if hours:
        pieces += (*say_count(hours, language), *_unit(hours, "time/hour", language))
    if hours and rest and language is Language.EN:
        pieces += piece(language, "and")
    if rest or not hours:
        pieces += (*say_count(rest, language), *_unit(rest, "time/minute", language))
    return tuple(pieces)


def say_nights(nights: int, language: Language) -> Pieces:
    """Say how many nights: 两晚, "two nights".

    Raises:
        NotSpeakable: the number is negative or larger than 999 999.
    """
    return (*say_count(nights, language), *_unit(nights, "stay/night", language))


def say_room_type(room_type: str, language: Language, recorded: Collection[str] = ROOM_TYPES) -> Pieces:
    """Say a room type of the settings; one that nobody has `recorded` is a room."""
    return piece(language, f"room-type/{room_type if room_type in recorded else OTHER_ROOM}")


def say_rooms(count: int, room_type: str, language: Language, recorded: Collection[str] = ROOM_TYPES) -> Pieces:
    """Say how many rooms of a type: 两间豪华间, "two deluxe rooms".

    Raises:
        NotSpeakable: the number is negative or larger than 999 999.
    """
    (kind,) = say_room_type(room_type, language, recorded)
    if language is Language.ZH:
        return (*say_count(count, language), *piece(language, "stay/room"), kind)
    return (*say_number(count, language), kind if count == 1 else f"{kind}-plural")


def say_place(place: int, language: Language) -> Pieces:
    """Say a caller's place in line, 1 for the next: 您目前排在第三位，请稍候, "You are number three in line".

    Raises:
        NotSpeakable: the place is below 1 or above 999 999.
    """
    if place < 1:
        raise NotSpeakable(f"{place} is no place in line")
    if place == 1:
        return piece(language, "queue-youarenext")
    return (*piece(language, "queue-thereare"), *say_number(place, language), *piece(language, "queue-callswaiting"))


def _unit(count: int, name: str, language: Language) -> Pieces:
    """Give the counted unit; only English knows a singular."""
    return piece(language, name if count == 1 and language is Language.EN else f"{name}s")
