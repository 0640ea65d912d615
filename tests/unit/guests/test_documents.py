"""The 18-digit ID card is checked, tells origin, birthday and sex, and is shown masked (requirements 3, guest data)."""

from datetime import date

import pytest

from callcenter.guests.documents import DocumentNotValid, IdCardNotValid, check, check_digit, masked, read_id_card
from callcenter.guests.kinds import DocumentType, Sex

TODAY = date(2026, 11, 21)


def _card(region: str = "530102", born: str = "19900307", serial: str = "001") -> str:
    body = region + born + serial
    return body + check_digit(body)


def test_given_the_example_of_the_standard_when_its_check_digit_is_worked_out_then_it_is_x() -> None:
    assert check_digit("11010519491231002") == "X"


def test_given_an_id_card_when_read_then_it_tells_origin_birthday_and_sex() -> None:
    holder = read_id_card(_card(), TODAY)

    assert holder.origin == "云南省昆明市五华区"
    assert holder.birthday == date(1990, 3, 7)
    assert holder.sex is Sex.MALE
    assert read_id_card(_card(serial="002"), TODAY).sex is Sex.FEMALE


def test_given_a_municipality_when_read_then_its_origin_is_said_once() -> None:
    assert read_id_card(_card(region="110105"), TODAY).origin == "北京市朝阳区"


def test_given_a_region_that_was_abolished_when_read_then_the_card_is_still_good() -> None:
    assert read_id_card(_card(region="510202", born="19680501"), TODAY).birthday == date(1968, 5, 1)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("53010219900307001", "form"),
        ("A" + _card()[1:], "form"),
        (_card(region="999999"), "region"),
        (_card(region="530000"), "region"),
        (_card(born="19900231"), "date"),
        (_card(born="20270101"), "date"),
        (_card(born="17990101"), "date"),
        (_card()[:17] + ("0" if _card()[17] != "0" else "1"), "checksum"),
    ],
)
def test_given_an_id_card_that_cannot_be_right_when_checked_then_it_is_refused_with_the_reason(
    number: str, reason: str
) -> None:
    with pytest.raises(IdCardNotValid) as refused:
        check(DocumentType.ID_CARD, number, TODAY)
    assert refused.value.params == {"type": "id_card", "reason": reason}


def test_given_one_digit_wrong_when_checked_then_never_accepted() -> None:
    good = _card()
    for place in range(17):
        for digit in "0123456789":
            if digit != good[place]:
                with pytest.raises(DocumentNotValid):
                    check(DocumentType.ID_CARD, good[:place] + digit + good[place + 1 :], TODAY)


def test_given_a_document_as_people_write_it_when_checked_then_it_has_one_form() -> None:
    assert check(DocumentType.PASSPORT, " e1234 5678 ", TODAY) == "E12345678"
    assert check(DocumentType.ID_CARD, "11010519491231002x", TODAY) == "11010519491231002X"
    with pytest.raises(DocumentNotValid):
        check(DocumentType.PASSPORT, "E12!", TODAY)


@pytest.mark.parametrize(
    ("number", "shown"),
    [("530102199003070012", "530***********0012"), ("E12345678", "E12**5678"), ("K1234", "***34"), ("AB", "AB")],
)
def test_given_a_document_when_shown_then_its_middle_is_hidden(number: str, shown: str) -> None:
    assert masked(number) == shown
