"""Dates and times of day, given in the hotel's zone.

十二月三号下午两点半 in Chinese, "half past two in the afternoon on the third of December" in English. The year is not
said: a hotel speaks of the next days and months.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time

from ivr.languages import Language
from ivr.speaking.numbers import Pieces, piece, say_number


def say_date(day: date, language: Language, *, with_weekday: bool = False) -> Pieces:
    """Say a date: 十二月三号(，星期四), or "(Thursday,) the third of December"."""
    weekday = piece(language, f"weekday/{day.isoweekday()}") if with_weekday else ()
    if language is Language.EN:
        return (*weekday, *piece(language, f"day/{day.day}", f"month/{day.month}"))
    return (*piece(language, f"month/{day.month}", f"digits/{day.day}", "date/hao"), *weekday)


def say_time(moment: time, language: Language) -> Pieces:
    """Say a time of day to the minute: 下午两点半, "half past two in the afternoon"."""
    return piece(language, *(_chinese(moment) if language is Language.ZH else _english(moment)))


def say_moment(moment: datetime, language: Language, *, with_weekday: bool = False) -> Pieces:
    """Say date and time of `moment`, which is given in the hotel's zone."""
    day = say_date(moment.date(), language, with_weekday=with_weekday)
    hour = say_time(moment.time(), language)
    return (*hour, *piece(language, "date/on"), *day) if language is Language.EN else (*day, *hour)


def _chinese(moment: time) -> Iterator[str]:
    yield f"time/{_chinese_part(moment.hour)}"
    yield f"time/hour-{moment.hour if moment.hour <= 12 else moment.hour - 12}"
    match moment.minute:
        case 0:
            return
        case 15:
            yield "time/quarter"
        case 30:
            yield "time/half"
        case 45:
            yield "time/three-quarters"
        case minute:
            if minute < 10:
                yield "digits/0"
            yield f"digits/{minute}"
            yield "time/minute"


def _chinese_part(hour: int) -> str:
    if hour < 5:
        return "before-dawn"
    if hour < 9:
        return "early-morning"
    if hour < 12:
        return "morning"
    if hour == 12:
        return "noon"
    return "afternoon" if hour < 18 else "evening"


def _english(moment: time) -> Iterator[str]:
    if (moment.hour, moment.minute) in ((0, 0), (12, 0)):
        yield "time/noon" if moment.hour else "time/midnight"
        return
    hour = moment.hour
    match moment.minute:
        case 0:
            yield from (f"digits/{_twelve(hour)}", "time/oclock")
        case 15:
            yield from ("time/quarter-past", f"digits/{_twelve(hour)}")
        case 30:
            yield from ("time/half-past", f"digits/{_twelve(hour)}")
        case 45:
            yield from ("time/quarter-to", f"digits/{_twelve(hour + 1)}")
        case minute:
            yield f"digits/{_twelve(hour)}"
            yield from ["digits/oh"] if minute < 10 else []
            yield from (name.partition("/")[2] for name in say_number(minute, Language.EN))
    yield f"time/{_english_part(hour)}"


def _twelve(hour: int) -> int:
    return (hour - 1) % 12 + 1


def _english_part(hour: int) -> str:
    if hour == 0 or hour >= 22:
        return "at-night"
    if hour < 12:
        return "in-the-morning"
    return "in-the-afternoon" if hour < 18 else "in-the-evening"
