"""What a card is found by: characters, pinyin with the readings of surnames, initials, Latin words, numbers."""

import pytest

from callcenter.guests.keys import Facts, folded, keys_of
from callcenter.guests.kinds import KeyKind


def _keys(name: str = "", latin: tuple[str, str] = ("", ""), **more: tuple[object, ...]) -> dict[KeyKind, set[str]]:
    found: dict[KeyKind, set[str]] = {}
    for kind, key in keys_of(Facts(name, latin, more.get("numbers", ()), more.get("documents", ()))):  # type: ignore[arg-type]
        found.setdefault(kind, set()).add(key)
    return found


def test_given_a_chinese_name_when_indexed_then_by_characters_given_name_pinyin_and_initials() -> None:
    keys = _keys("张小明")

    assert keys[KeyKind.NAME] == {"张小明", "小明"}
    assert keys[KeyKind.PINYIN] == {"zhangxiaoming", "xiaoming"}
    assert keys[KeyKind.INITIALS] == {"zxm"}


@pytest.mark.parametrize(
    ("name", "pinyin"),
    [
        ("单小明", "shanxiaoming"),
        ("曾小明", "zengxiaoming"),
        ("仇英", "qiuying"),
        ("尉迟明", "yuchiming"),
        ("查理", "zhali"),
    ],
)
def test_given_a_surname_with_a_reading_of_its_own_when_indexed_then_found_by_it(name: str, pinyin: str) -> None:
    assert pinyin in _keys(name)[KeyKind.PINYIN]


def test_given_a_name_with_an_umlaut_when_indexed_then_found_by_every_usual_spelling() -> None:
    assert {"lvming", "luming", "lyuming"} <= _keys("吕明")[KeyKind.PINYIN]


def test_given_a_latin_name_when_indexed_then_by_each_word_and_both_orders_without_accents() -> None:
    keys = _keys("", ("Müller", "José Ángel"))

    assert keys[KeyKind.LATIN] == {"muller", "jose", "angel", "mullerjoseangel", "joseangelmuller"}


def test_given_a_number_when_indexed_then_by_its_front_with_and_without_country_and_by_its_end() -> None:
    keys = _keys("王", numbers=(("+8613800000001", "13800000001"),))

    assert keys[KeyKind.NUMBER] == {"8613800000001", "13800000001"}
    assert keys[KeyKind.NUMBER_END] == {"10000000831"}


def test_given_a_document_when_indexed_then_by_its_front_and_end() -> None:
    keys = _keys("王", documents=("E12345678",))

    assert keys[KeyKind.DOCUMENT] == {"E12345678"}
    assert keys[KeyKind.DOCUMENT_END] == {"87654321E"}


def test_given_a_company_as_name_when_indexed_then_its_keys_stay_few_and_short() -> None:
    keys = _keys("云南试验山水文化旅游投资开发有限责任公司昆明分公司" * 4)

    assert KeyKind.PINYIN not in keys
    assert all(len(key) <= 64 for kind in keys.values() for key in kind)


def test_given_text_when_folded_then_case_accents_and_width_do_not_matter() -> None:
    assert folded("ＺＨＡＮＧ Éva 한국") == "zhang eva 한국"
