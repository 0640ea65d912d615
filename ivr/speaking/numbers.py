"""Numbers: digit by digit (telephones, rooms, booking numbers) and as cardinals.

Chinese as the house says it: 1 is 幺 digit by digit; 2 is 两 before 百, 千 and 万 and before a measure word (两百,
两点, 两间), but 二 inside and at the end of a number (十二, 二十, 一百零二); skipped places are one 零 (一百零五,
一千零五, 一千零五十); ten to nineteen after a larger place are 一十 (一百一十五).
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.languages import Language

Pieces = tuple[str, ...]

PAUSE = "both/pause"
LARGEST = 999_999
LONGEST_RUN = 6  # digits said without a pause
GROUP = 4


class NotSpeakable(ValueError):
    """The value cannot be said with the recorded pieces; the message says why."""


def piece(language: Language, *names: str) -> Pieces:
    """Return the pieces with these names in one language."""
    return tuple(f"{language}/{name}" for name in names)


def say_digits(text: str, language: Language) -> Pieces:
    """Say a telephone, room or booking number digit by digit.

    More than six digits come in groups with pauses between, 3-4-4 for a mobile number; spaces, points, hyphens and
    brackets part groups too, and + is said.

    Raises:
        NotSpeakable: nothing or something else stands in `text`.
    """
    groups = [group for group in _groups(text) if group]
    if not groups:
        raise NotSpeakable(f"{text!r} holds no digit")
    said: list[str] = []
    for group in groups:
        said += [PAUSE] if said else []
        said += piece(language, *(_digit(sign, language) for sign in group))
    return tuple(said)


def say_number(number: int, language: Language) -> Pieces:
    """Say a cardinal number from 0 to 999 999.

    Raises:
        NotSpeakable: `number` is negative or larger.
    """
    if not 0 <= number <= LARGEST:
        raise NotSpeakable(f"{number} is not from 0 to {LARGEST}")
    names = _chinese(number) if language is Language.ZH else _english(number)
    return piece(language, *names)


def say_count(number: int, language: Language) -> Pieces:
    """Say a number before what is counted: 2 is 两 in Chinese.

    Raises:
        NotSpeakable: `number` is negative or larger than 999 999.
    """
    if number == 2 and language is Language.ZH:
        return piece(language, "digits/liang")
    return say_number(number, language)


def _groups(text: str) -> Iterator[str]:
    run = ""
    for sign in text:
        if sign in " .-()":
            yield from _parted(run)
            run = ""
        elif sign == "+" or (sign.isascii() and sign.isdigit()):
            run += sign
        else:
            raise NotSpeakable(f"{sign!r} in {text!r} is no digit")
    yield from _parted(run)


def _parted(run: str) -> Iterator[str]:
    """Part a long run into fours; what is left over goes first, and never alone."""
    plus, digits = ("+", run[1:]) if run.startswith("+") else ("", run)
    if len(digits) <= LONGEST_RUN:
        yield run
        return
    first = len(digits) % GROUP or GROUP
    first += GROUP if first == 1 else 0
    yield plus + digits[:first]
    for start in range(first, len(digits), GROUP):
        yield digits[start : start + GROUP]


def _digit(sign: str, language: Language) -> str:
    if sign == "+":
        return "digits/plus"
    return "digits/yao" if sign == "1" and language is Language.ZH else f"digits/{sign}"


def _chinese(number: int) -> Iterator[str]:
    if number < 100:
        yield f"digits/{number}"
        return
    ten_thousands, rest = divmod(number, 10_000)
    if ten_thousands:
        yield from ["digits/liang"] if ten_thousands == 2 else _chinese(ten_thousands)
        yield "digits/wan"
    yield from _chinese_places(rest, is_continued=bool(ten_thousands))


def _chinese_places(number: int, *, is_continued: bool) -> Iterator[str]:
    """Say what is below ten thousand; `is_continued`: something was said before, so skipped places are heard."""
    thousands, below_thousand = divmod(number, 1000)
    hundreds, below_hundred = divmod(below_thousand, 100)
    if thousands:
        yield f"digits/{thousands}000"
    if hundreds:
        if is_continued and not thousands:
            yield "digits/0"
        yield f"digits/{hundreds}00"
    if not below_hundred:
        return
    is_skipped = not hundreds or below_hundred < 10
    if (is_continued or thousands or hundreds) and is_skipped:
        yield "digits/0"
    yield f"digits/yi-{below_hundred}" if 10 <= below_hundred < 20 else f"digits/{below_hundred}"


def _english(number: int) -> Iterator[str]:
    thousands, rest = divmod(number, 1000)
    if thousands:
        yield from _english_below_thousand(thousands)
        yield "digits/thousand-and" if 0 < rest < 100 else "digits/thousand"
    if rest or not thousands:
        yield from _english_below_thousand(rest)


def _english_below_thousand(number: int) -> Iterator[str]:
    hundreds, rest = divmod(number, 100)
    if hundreds:
        yield f"digits/{hundreds}"
        yield "digits/hundred-and" if rest else "digits/hundred"
    if rest or not hundreds:
        yield from _english_below_hundred(rest)


def _english_below_hundred(number: int) -> Iterator[str]:
    tens, ones = divmod(number, 10)
    if number <= 20 or not ones:
        yield f"digits/{number}"
        return
    yield f"digits/{tens}0"
    yield f"digits/{ones}"
