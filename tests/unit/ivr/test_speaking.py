"""Composed prompts: for each value the words that a caller hears, and the pieces that they are put together from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial

import pytest

from callcenter.settings import ROOT
from ivr.languages import Language
from ivr.speaking.moments import say_date, say_moment, say_time
from ivr.speaking.numbers import NotSpeakable, Pieces, say_digits, say_number
from ivr.speaking.things import (
    say_amount,
    say_minutes,
    say_nights,
    say_place,
    say_room_type,
    say_rooms,
)
from ivr.texts import load_prompts

PROMPTS = ROOT / "ivr" / "prompts"
TEXTS = load_prompts(PROMPTS, dict.fromkeys(Language, "Example Inn"))

Said = Callable[[Language], Pieces]


def short(pieces: Pieces) -> str:
    """The pieces without their language; | is the pause."""
    return " ".join("|" if name == "both/pause" else name.partition("/")[2] for name in pieces)


def in_words(pieces: Pieces, space: str) -> str:
    parts = "\0".join("|" if name == "both/pause" else TEXTS[name].words for name in pieces)
    return parts.replace("\0|\0", "|").replace("\0", space)


CHINESE: list[tuple[Said, str, str]] = [
    (partial(say_number, 0), "零", "digits/0"),
    (partial(say_number, 1), "一", "digits/1"),
    (partial(say_number, 2), "二", "digits/2"),
    (partial(say_number, 10), "十", "digits/10"),
    (partial(say_number, 12), "十二", "digits/12"),
    (partial(say_number, 20), "二十", "digits/20"),
    (partial(say_number, 22), "二十二", "digits/22"),
    (partial(say_number, 99), "九十九", "digits/99"),
    (partial(say_number, 100), "一百", "digits/100"),
    (partial(say_number, 101), "一百零一", "digits/100 digits/0 digits/1"),
    (partial(say_number, 102), "一百零二", "digits/100 digits/0 digits/2"),
    (partial(say_number, 105), "一百零五", "digits/100 digits/0 digits/5"),
    (partial(say_number, 110), "一百一十", "digits/100 digits/yi-10"),
    (partial(say_number, 115), "一百一十五", "digits/100 digits/yi-15"),
    (partial(say_number, 120), "一百二十", "digits/100 digits/20"),
    (partial(say_number, 200), "两百", "digits/200"),
    (partial(say_number, 212), "两百一十二", "digits/200 digits/yi-12"),
    (partial(say_number, 222), "两百二十二", "digits/200 digits/22"),
    (partial(say_number, 880), "八百八十", "digits/800 digits/80"),
    (partial(say_number, 999), "九百九十九", "digits/900 digits/99"),
    (partial(say_number, 1000), "一千", "digits/1000"),
    (partial(say_number, 1005), "一千零五", "digits/1000 digits/0 digits/5"),
    (partial(say_number, 1015), "一千零一十五", "digits/1000 digits/0 digits/yi-15"),
    (partial(say_number, 1050), "一千零五十", "digits/1000 digits/0 digits/50"),
    (partial(say_number, 1100), "一千一百", "digits/1000 digits/100"),
    (partial(say_number, 1105), "一千一百零五", "digits/1000 digits/100 digits/0 digits/5"),
    (partial(say_number, 1280), "一千两百八十", "digits/1000 digits/200 digits/80"),
    (partial(say_number, 2000), "两千", "digits/2000"),
    (partial(say_number, 2222), "两千两百二十二", "digits/2000 digits/200 digits/22"),
    (partial(say_number, 9999), "九千九百九十九", "digits/9000 digits/900 digits/99"),
    (partial(say_number, 10000), "一万", "digits/1 digits/wan"),
    (partial(say_number, 10005), "一万零五", "digits/1 digits/wan digits/0 digits/5"),
    (partial(say_number, 10050), "一万零五十", "digits/1 digits/wan digits/0 digits/50"),
    (partial(say_number, 10500), "一万零五百", "digits/1 digits/wan digits/0 digits/500"),
    (partial(say_number, 11000), "一万一千", "digits/1 digits/wan digits/1000"),
    (partial(say_number, 20000), "两万", "digits/liang digits/wan"),
    (partial(say_number, 22000), "两万两千", "digits/liang digits/wan digits/2000"),
    (partial(say_number, 120034), "十二万零三十四", "digits/12 digits/wan digits/0 digits/34"),
    (partial(say_number, 102000), "十万两千", "digits/10 digits/wan digits/2000"),
    (partial(say_number, 110010), "十一万零一十", "digits/11 digits/wan digits/0 digits/yi-10"),
    (partial(say_number, 999999), "九十九万九千九百九十九", "digits/99 digits/wan digits/9000 digits/900 digits/99"),
    (partial(say_digits, "0301"), "零三零幺", "digits/0 digits/3 digits/0 digits/yao"),
    (
        partial(say_digits, "13800138001"),
        "幺三八|零零幺三|八零零幺",
        "digits/yao digits/3 digits/8 | digits/0 digits/0 digits/yao digits/3 | digits/8 digits/0 digits/0 digits/yao",
    ),
    (
        partial(say_digits, "021-5550112"),
        "零二幺|五五五|零幺幺二",
        "digits/0 digits/2 digits/yao | digits/5 digits/5 digits/5 | digits/0 digits/yao digits/yao digits/2",
    ),
    (
        partial(say_digits, "+8613800138001"),
        "加八六幺三八|零零幺三|八零零幺",
        "digits/plus digits/8 digits/6 digits/yao digits/3 digits/8 | digits/0 digits/0 digits/yao digits/3 "
        "| digits/8 digits/0 digits/0 digits/yao",
    ),
    (partial(say_digits, "8001"), "八零零幺", "digits/8 digits/0 digits/0 digits/yao"),
    (
        partial(say_digits, "20261203"),
        "二零二六|幺二零三",
        "digits/2 digits/0 digits/2 digits/6 | digits/yao digits/2 digits/0 digits/3",
    ),
    (
        partial(say_digits, "123456789"),
        "幺二三四五|六七八九",
        "digits/yao digits/2 digits/3 digits/4 digits/5 | digits/6 digits/7 digits/8 digits/9",
    ),
    (partial(say_digits, "120"), "幺二零", "digits/yao digits/2 digits/0"),
    (partial(say_amount, Decimal("105")), "一百零五元", "digits/100 digits/0 digits/5 money/yuan"),
    (partial(say_amount, Decimal("2")), "两元", "digits/liang money/yuan"),
    (partial(say_amount, Decimal("12")), "十二元", "digits/12 money/yuan"),
    (partial(say_amount, Decimal("880.00")), "八百八十元", "digits/800 digits/80 money/yuan"),
    (
        partial(say_amount, Decimal("105.5")),
        "一百零五元五角",
        "digits/100 digits/0 digits/5 money/yuan digits/5 money/jiao",
    ),
    (
        partial(say_amount, Decimal("105.05")),
        "一百零五元零五分",
        "digits/100 digits/0 digits/5 money/yuan digits/0 digits/5 money/fen",
    ),
    (
        partial(say_amount, Decimal("105.55")),
        "一百零五元五角五分",
        "digits/100 digits/0 digits/5 money/yuan digits/5 money/jiao digits/5 money/fen",
    ),
    (partial(say_amount, Decimal("0.2")), "两角", "digits/liang money/jiao"),
    (partial(say_amount, Decimal("0.02")), "两分", "digits/liang money/fen"),
    (partial(say_amount, Decimal("0")), "零元", "digits/0 money/yuan"),
    (partial(say_amount, Decimal("1280")), "一千两百八十元", "digits/1000 digits/200 digits/80 money/yuan"),
    (partial(say_amount, Decimal("20000")), "两万元", "digits/liang digits/wan money/yuan"),
    (partial(say_amount, Decimal("1.02")), "一元零二分", "digits/1 money/yuan digits/0 digits/2 money/fen"),
    (partial(say_date, date(2026, 12, 3)), "十二月三号", "month/12 digits/3 date/hao"),
    (partial(say_date, date(2026, 1, 1)), "一月一号", "month/1 digits/1 date/hao"),
    (partial(say_date, date(2026, 2, 22)), "二月二十二号", "month/2 digits/22 date/hao"),
    (partial(say_date, date(2026, 10, 31)), "十月三十一号", "month/10 digits/31 date/hao"),
    (
        partial(say_date, date(2026, 12, 3), with_weekday=True),
        "十二月三号星期四",
        "month/12 digits/3 date/hao weekday/4",
    ),
    (
        partial(say_date, date(2026, 11, 22), with_weekday=True),
        "十一月二十二号星期日",
        "month/11 digits/22 date/hao weekday/7",
    ),
    (partial(say_time, time(14, 30)), "下午两点半", "time/afternoon time/hour-2 time/half"),
    (partial(say_time, time(0, 0)), "凌晨零点", "time/before-dawn time/hour-0"),
    (partial(say_time, time(0, 30)), "凌晨零点半", "time/before-dawn time/hour-0 time/half"),
    (partial(say_time, time(2, 0)), "凌晨两点", "time/before-dawn time/hour-2"),
    (partial(say_time, time(6, 30)), "早上六点半", "time/early-morning time/hour-6 time/half"),
    (partial(say_time, time(8, 5)), "早上八点零五分", "time/early-morning time/hour-8 digits/0 digits/5 time/minute"),
    (partial(say_time, time(9, 15)), "上午九点一刻", "time/morning time/hour-9 time/quarter"),
    (partial(say_time, time(10, 0)), "上午十点", "time/morning time/hour-10"),
    (partial(say_time, time(11, 45)), "上午十一点三刻", "time/morning time/hour-11 time/three-quarters"),
    (partial(say_time, time(12, 0)), "中午十二点", "time/noon time/hour-12"),
    (partial(say_time, time(12, 30)), "中午十二点半", "time/noon time/hour-12 time/half"),
    (partial(say_time, time(12, 45)), "中午十二点三刻", "time/noon time/hour-12 time/three-quarters"),
    (partial(say_time, time(14, 2)), "下午两点零二分", "time/afternoon time/hour-2 digits/0 digits/2 time/minute"),
    (partial(say_time, time(15, 20)), "下午三点二十分", "time/afternoon time/hour-3 digits/20 time/minute"),
    (partial(say_time, time(18, 0)), "晚上六点", "time/evening time/hour-6"),
    (partial(say_time, time(21, 47)), "晚上九点四十七分", "time/evening time/hour-9 digits/47 time/minute"),
    (partial(say_time, time(22, 0)), "晚上十点", "time/evening time/hour-10"),
    (partial(say_time, time(23, 45)), "晚上十一点三刻", "time/evening time/hour-11 time/three-quarters"),
    (
        partial(say_moment, datetime(2026, 12, 3, 14, 30)),
        "十二月三号下午两点半",
        "month/12 digits/3 date/hao time/afternoon time/hour-2 time/half",
    ),
    (
        partial(say_moment, datetime(2026, 12, 31, 12, 0)),
        "十二月三十一号中午十二点",
        "month/12 digits/31 date/hao time/noon time/hour-12",
    ),
    (
        partial(say_moment, datetime(2026, 5, 1, 18, 0), with_weekday=True),
        "五月一号星期五晚上六点",
        "month/5 digits/1 date/hao weekday/5 time/evening time/hour-6",
    ),
    (partial(say_minutes, 0), "零分钟", "digits/0 time/minutes"),
    (partial(say_minutes, 1), "一分钟", "digits/1 time/minutes"),
    (partial(say_minutes, 2), "两分钟", "digits/liang time/minutes"),
    (partial(say_minutes, 15), "十五分钟", "digits/15 time/minutes"),
    (partial(say_minutes, 60), "一小时", "digits/1 time/hours"),
    (partial(say_minutes, 90), "一小时三十分钟", "digits/1 time/hours digits/30 time/minutes"),
    (partial(say_minutes, 121), "两小时一分钟", "digits/liang time/hours digits/1 time/minutes"),
    (partial(say_nights, 1), "一晚", "digits/1 stay/nights"),
    (partial(say_nights, 2), "两晚", "digits/liang stay/nights"),
    (partial(say_nights, 12), "十二晚", "digits/12 stay/nights"),
    (partial(say_rooms, 1, "standard"), "一间标准间", "digits/1 stay/room room-type/standard"),
    (partial(say_rooms, 2, "deluxe"), "两间豪华间", "digits/liang stay/room room-type/deluxe"),
    (partial(say_rooms, 3, "suite"), "三间套房", "digits/3 stay/room room-type/suite"),
    (partial(say_rooms, 2, "villa"), "两间房间", "digits/liang stay/room room-type/room"),
    (partial(say_room_type, "suite"), "套房", "room-type/suite"),
    (partial(say_place, 1), "下一位就是您，请稍候。", "queue-youarenext"),
    (partial(say_place, 2), "您目前排在第二位，请稍候。", "queue-thereare digits/2 queue-callswaiting"),
    (partial(say_place, 15), "您目前排在第十五位，请稍候。", "queue-thereare digits/15 queue-callswaiting"),
    (partial(say_place, 21), "您目前排在第二十一位，请稍候。", "queue-thereare digits/21 queue-callswaiting"),
]
ENGLISH: list[tuple[Said, str, str]] = [
    (partial(say_number, 0), "zero", "digits/0"),
    (partial(say_number, 1), "one", "digits/1"),
    (partial(say_number, 2), "two", "digits/2"),
    (partial(say_number, 10), "ten", "digits/10"),
    (partial(say_number, 12), "twelve", "digits/12"),
    (partial(say_number, 20), "twenty", "digits/20"),
    (partial(say_number, 22), "twenty two", "digits/20 digits/2"),
    (partial(say_number, 99), "ninety nine", "digits/90 digits/9"),
    (partial(say_number, 100), "one hundred", "digits/1 digits/hundred"),
    (partial(say_number, 101), "one hundred and one", "digits/1 digits/hundred-and digits/1"),
    (partial(say_number, 102), "one hundred and two", "digits/1 digits/hundred-and digits/2"),
    (partial(say_number, 105), "one hundred and five", "digits/1 digits/hundred-and digits/5"),
    (partial(say_number, 110), "one hundred and ten", "digits/1 digits/hundred-and digits/10"),
    (partial(say_number, 115), "one hundred and fifteen", "digits/1 digits/hundred-and digits/15"),
    (partial(say_number, 120), "one hundred and twenty", "digits/1 digits/hundred-and digits/20"),
    (partial(say_number, 200), "two hundred", "digits/2 digits/hundred"),
    (partial(say_number, 212), "two hundred and twelve", "digits/2 digits/hundred-and digits/12"),
    (partial(say_number, 222), "two hundred and twenty two", "digits/2 digits/hundred-and digits/20 digits/2"),
    (partial(say_number, 880), "eight hundred and eighty", "digits/8 digits/hundred-and digits/80"),
    (partial(say_number, 999), "nine hundred and ninety nine", "digits/9 digits/hundred-and digits/90 digits/9"),
    (partial(say_number, 1000), "one thousand", "digits/1 digits/thousand"),
    (partial(say_number, 1005), "one thousand and five", "digits/1 digits/thousand-and digits/5"),
    (partial(say_number, 1015), "one thousand and fifteen", "digits/1 digits/thousand-and digits/15"),
    (partial(say_number, 1050), "one thousand and fifty", "digits/1 digits/thousand-and digits/50"),
    (partial(say_number, 1100), "one thousand one hundred", "digits/1 digits/thousand digits/1 digits/hundred"),
    (
        partial(say_number, 1105),
        "one thousand one hundred and five",
        "digits/1 digits/thousand digits/1 digits/hundred-and digits/5",
    ),
    (
        partial(say_number, 1280),
        "one thousand two hundred and eighty",
        "digits/1 digits/thousand digits/2 digits/hundred-and digits/80",
    ),
    (partial(say_number, 2000), "two thousand", "digits/2 digits/thousand"),
    (
        partial(say_number, 2222),
        "two thousand two hundred and twenty two",
        "digits/2 digits/thousand digits/2 digits/hundred-and digits/20 digits/2",
    ),
    (
        partial(say_number, 9999),
        "nine thousand nine hundred and ninety nine",
        "digits/9 digits/thousand digits/9 digits/hundred-and digits/90 digits/9",
    ),
    (partial(say_number, 10000), "ten thousand", "digits/10 digits/thousand"),
    (partial(say_number, 10005), "ten thousand and five", "digits/10 digits/thousand-and digits/5"),
    (partial(say_number, 10050), "ten thousand and fifty", "digits/10 digits/thousand-and digits/50"),
    (partial(say_number, 10500), "ten thousand five hundred", "digits/10 digits/thousand digits/5 digits/hundred"),
    (partial(say_number, 11000), "eleven thousand", "digits/11 digits/thousand"),
    (partial(say_number, 20000), "twenty thousand", "digits/20 digits/thousand"),
    (partial(say_number, 22000), "twenty two thousand", "digits/20 digits/2 digits/thousand"),
    (
        partial(say_number, 120034),
        "one hundred and twenty thousand and thirty four",
        "digits/1 digits/hundred-and digits/20 digits/thousand-and digits/30 digits/4",
    ),
    (
        partial(say_number, 102000),
        "one hundred and two thousand",
        "digits/1 digits/hundred-and digits/2 digits/thousand",
    ),
    (
        partial(say_number, 110010),
        "one hundred and ten thousand and ten",
        "digits/1 digits/hundred-and digits/10 digits/thousand-and digits/10",
    ),
    (
        partial(say_number, 999999),
        "nine hundred and ninety nine thousand nine hundred and ninety nine",
        "digits/9 digits/hundred-and digits/90 digits/9 digits/thousand digits/9 digits/hundred-and digits/90 digits/9",
    ),
    (partial(say_digits, "0301"), "zero three zero one", "digits/0 digits/3 digits/0 digits/1"),
    (
        partial(say_digits, "13800138001"),
        "one three eight|zero zero one three|eight zero zero one",
        "digits/1 digits/3 digits/8 | digits/0 digits/0 digits/1 digits/3 | digits/8 digits/0 digits/0 digits/1",
    ),
    (
        partial(say_digits, "021-5550112"),
        "zero two one|five five five|zero one one two",
        "digits/0 digits/2 digits/1 | digits/5 digits/5 digits/5 | digits/0 digits/1 digits/1 digits/2",
    ),
    (partial(say_digits, "8001"), "eight zero zero one", "digits/8 digits/0 digits/0 digits/1"),
    (
        partial(say_digits, "20261203"),
        "two zero two six|one two zero three",
        "digits/2 digits/0 digits/2 digits/6 | digits/1 digits/2 digits/0 digits/3",
    ),
    (
        partial(say_digits, "123456789"),
        "one two three four five|six seven eight nine",
        "digits/1 digits/2 digits/3 digits/4 digits/5 | digits/6 digits/7 digits/8 digits/9",
    ),
    (partial(say_digits, "120"), "one two zero", "digits/1 digits/2 digits/0"),
    (
        partial(say_amount, Decimal("105")),
        "one hundred and five yuan",
        "digits/1 digits/hundred-and digits/5 money/yuan",
    ),
    (partial(say_amount, Decimal("2")), "two yuan", "digits/2 money/yuan"),
    (partial(say_amount, Decimal("12")), "twelve yuan", "digits/12 money/yuan"),
    (
        partial(say_amount, Decimal("880.00")),
        "eight hundred and eighty yuan",
        "digits/8 digits/hundred-and digits/80 money/yuan",
    ),
    (
        partial(say_amount, Decimal("105.5")),
        "one hundred and five yuan and five jiao",
        "digits/1 digits/hundred-and digits/5 money/yuan and digits/5 money/jiao",
    ),
    (
        partial(say_amount, Decimal("105.05")),
        "one hundred and five yuan and five fen",
        "digits/1 digits/hundred-and digits/5 money/yuan and digits/5 money/fen",
    ),
    (
        partial(say_amount, Decimal("105.55")),
        "one hundred and five yuan five jiao and five fen",
        "digits/1 digits/hundred-and digits/5 money/yuan digits/5 money/jiao and digits/5 money/fen",
    ),
    (partial(say_amount, Decimal("0.2")), "two jiao", "digits/2 money/jiao"),
    (partial(say_amount, Decimal("0.02")), "two fen", "digits/2 money/fen"),
    (partial(say_amount, Decimal("0")), "zero yuan", "digits/0 money/yuan"),
    (
        partial(say_amount, Decimal("1280")),
        "one thousand two hundred and eighty yuan",
        "digits/1 digits/thousand digits/2 digits/hundred-and digits/80 money/yuan",
    ),
    (partial(say_amount, Decimal("20000")), "twenty thousand yuan", "digits/20 digits/thousand money/yuan"),
    (partial(say_amount, Decimal("1.02")), "one yuan and two fen", "digits/1 money/yuan and digits/2 money/fen"),
    (partial(say_date, date(2026, 12, 3)), "the third of December", "day/3 month/12"),
    (partial(say_date, date(2026, 1, 1)), "the first of January", "day/1 month/1"),
    (partial(say_date, date(2026, 2, 22)), "the twenty-second of February", "day/22 month/2"),
    (partial(say_date, date(2026, 10, 31)), "the thirty-first of October", "day/31 month/10"),
    (
        partial(say_date, date(2026, 12, 3), with_weekday=True),
        "Thursday the third of December",
        "weekday/4 day/3 month/12",
    ),
    (
        partial(say_date, date(2026, 11, 22), with_weekday=True),
        "Sunday the twenty-second of November",
        "weekday/7 day/22 month/11",
    ),
    (
        partial(say_time, time(14, 30)),
        "half past two in the afternoon",
        "time/half-past digits/2 time/in-the-afternoon",
    ),
    (partial(say_time, time(0, 0)), "midnight", "time/midnight"),
    (partial(say_time, time(0, 30)), "half past twelve at night", "time/half-past digits/12 time/at-night"),
    (partial(say_time, time(2, 0)), "two o'clock in the morning", "digits/2 time/oclock time/in-the-morning"),
    (partial(say_time, time(6, 30)), "half past six in the morning", "time/half-past digits/6 time/in-the-morning"),
    (partial(say_time, time(8, 5)), "eight oh five in the morning", "digits/8 digits/oh digits/5 time/in-the-morning"),
    (
        partial(say_time, time(9, 15)),
        "a quarter past nine in the morning",
        "time/quarter-past digits/9 time/in-the-morning",
    ),
    (partial(say_time, time(10, 0)), "ten o'clock in the morning", "digits/10 time/oclock time/in-the-morning"),
    (
        partial(say_time, time(11, 45)),
        "a quarter to twelve in the morning",
        "time/quarter-to digits/12 time/in-the-morning",
    ),
    (partial(say_time, time(12, 0)), "noon", "time/noon"),
    (
        partial(say_time, time(12, 30)),
        "half past twelve in the afternoon",
        "time/half-past digits/12 time/in-the-afternoon",
    ),
    (
        partial(say_time, time(12, 45)),
        "a quarter to one in the afternoon",
        "time/quarter-to digits/1 time/in-the-afternoon",
    ),
    (
        partial(say_time, time(14, 2)),
        "two oh two in the afternoon",
        "digits/2 digits/oh digits/2 time/in-the-afternoon",
    ),
    (partial(say_time, time(15, 20)), "three twenty in the afternoon", "digits/3 digits/20 time/in-the-afternoon"),
    (partial(say_time, time(18, 0)), "six o'clock in the evening", "digits/6 time/oclock time/in-the-evening"),
    (
        partial(say_time, time(21, 47)),
        "nine forty seven in the evening",
        "digits/9 digits/40 digits/7 time/in-the-evening",
    ),
    (partial(say_time, time(22, 0)), "ten o'clock at night", "digits/10 time/oclock time/at-night"),
    (partial(say_time, time(23, 45)), "a quarter to twelve at night", "time/quarter-to digits/12 time/at-night"),
    (
        partial(say_moment, datetime(2026, 12, 3, 14, 30)),
        "half past two in the afternoon on the third of December",
        "time/half-past digits/2 time/in-the-afternoon date/on day/3 month/12",
    ),
    (
        partial(say_moment, datetime(2026, 12, 31, 12, 0)),
        "noon on the thirty-first of December",
        "time/noon date/on day/31 month/12",
    ),
    (
        partial(say_moment, datetime(2026, 5, 1, 18, 0), with_weekday=True),
        "six o'clock in the evening on Friday the first of May",
        "digits/6 time/oclock time/in-the-evening date/on weekday/5 day/1 month/5",
    ),
    (partial(say_minutes, 0), "zero minutes", "digits/0 time/minutes"),
    (partial(say_minutes, 1), "one minute", "digits/1 time/minute"),
    (partial(say_minutes, 2), "two minutes", "digits/2 time/minutes"),
    (partial(say_minutes, 15), "fifteen minutes", "digits/15 time/minutes"),
    (partial(say_minutes, 60), "one hour", "digits/1 time/hour"),
    (partial(say_minutes, 90), "one hour and thirty minutes", "digits/1 time/hour and digits/30 time/minutes"),
    (partial(say_minutes, 121), "two hours and one minute", "digits/2 time/hours and digits/1 time/minute"),
    (partial(say_nights, 1), "one night", "digits/1 stay/night"),
    (partial(say_nights, 2), "two nights", "digits/2 stay/nights"),
    (partial(say_nights, 12), "twelve nights", "digits/12 stay/nights"),
    (partial(say_rooms, 1, "standard"), "one standard room", "digits/1 room-type/standard"),
    (partial(say_rooms, 2, "deluxe"), "two deluxe rooms", "digits/2 room-type/deluxe-plural"),
    (partial(say_rooms, 3, "suite"), "three suites", "digits/3 room-type/suite-plural"),
    (partial(say_rooms, 2, "villa"), "two rooms", "digits/2 room-type/room-plural"),
    (partial(say_room_type, "suite"), "suite", "room-type/suite"),
    (partial(say_place, 1), "You are the next caller in line. Please hold the line.", "queue-youarenext"),
    (partial(say_place, 2), "You are number two in line.", "queue-thereare digits/2 queue-callswaiting"),
    (partial(say_place, 15), "You are number fifteen in line.", "queue-thereare digits/15 queue-callswaiting"),
    (
        partial(say_place, 21),
        "You are number twenty one in line.",
        "queue-thereare digits/20 digits/1 queue-callswaiting",
    ),
]


@pytest.mark.parametrize(("said", "words", "pieces"), CHINESE)
def test_given_a_value_when_said_in_chinese_then_these_are_its_pieces_and_words(
    said: Said, words: str, pieces: str
) -> None:
    given = said(language=Language.ZH)
    assert (short(given), in_words(given, "")) == (pieces, words)


@pytest.mark.parametrize(("said", "words", "pieces"), ENGLISH)
def test_given_a_value_when_said_in_english_then_these_are_its_pieces_and_words(
    said: Said, words: str, pieces: str
) -> None:
    given = said(language=Language.EN)
    assert (short(given), in_words(given, " ")) == (pieces, words)


@pytest.mark.parametrize("language", list(Language))
def test_given_every_number_minute_and_day_when_said_then_every_piece_is_recorded(language: Language) -> None:
    said = {piece for number in range(100_000) for piece in say_number(number, language)}
    said |= {piece for minute in range(1440) for piece in say_time(time(minute // 60, minute % 60), language)}
    said |= {
        piece
        for number in range(366)
        for piece in say_date(date.fromordinal(date(2028, 1, 1).toordinal() + number), language, with_weekday=True)
    }
    assert [name for name in sorted(said) if not (PROMPTS / f"{name}.wav").is_file()] == []


@pytest.mark.parametrize(
    "said",
    [
        partial(say_number, -1),
        partial(say_number, 1_000_000),
        partial(say_digits, ""),
        partial(say_digits, "12a"),
        partial(say_digits, "-"),
        partial(say_amount, Decimal("-1")),
        partial(say_amount, Decimal("0.001")),
        partial(say_amount, Decimal(1_000_000)),
        partial(say_minutes, -1),
        partial(say_nights, -1),
        partial(say_place, 0),
    ],
)
@pytest.mark.parametrize("language", list(Language))
def test_given_what_no_piece_can_say_when_said_then_that_is_refused(said: Said, language: Language) -> None:
    with pytest.raises(NotSpeakable):
        said(language=language)


@pytest.mark.parametrize(("recorded", "kind"), [({"villa"}, "villa"), (set(), "room")])
def test_given_a_room_type_of_the_house_when_said_then_its_own_recording_counts(recorded: set[str], kind: str) -> None:
    assert say_rooms(2, "villa", Language.EN, recorded) == ("en/digits/2", f"en/room-type/{kind}-plural")
    assert say_rooms(2, "villa", Language.ZH, recorded)[-1] == f"zh/room-type/{kind}"
