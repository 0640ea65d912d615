"""A number means the same person in whatever way it is written; the house's own numbers come first."""

import pytest

from callcenter.guests.numbers import AreaCodeMissing, NumberNotValid, NumberPlan
from callcenter.settings import load

PLAN = NumberPlan(own=frozenset({"0301", "8001"}), short=frozenset({"110", "10086"}))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("13800000001", "+8613800000001"),
        ("138 0000-0001", "+8613800000001"),
        ("8613800000001", "+8613800000001"),
        ("008613800000001", "+8613800000001"),
        ("+86 138 0000 0001", "+8613800000001"),
        ("１３８００００ ０００１", "+8613800000001"),
        ("010-66612345", "+861066612345"),
        ("(0871) 66612345", "+8687166612345"),
        ("400-810-0000", "+864008100000"),
        ("+1 415 555 0123", "+14155550123"),
        ("+44 7700 900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("0301", "0301"),
        ("8001", "8001"),
        ("110", "110"),
        ("10086", "10086"),
    ],
)
def test_given_a_number_however_it_is_written_when_read_then_it_has_one_form(typed: str, read: str) -> None:
    assert PLAN.read(typed) == read


@pytest.mark.parametrize("typed", ["", "anonymous", "12", "9999", "12345678901", "138000000", "+86138", "138x0000001"])
def test_given_what_nobody_can_ring_when_read_then_it_is_refused(typed: str) -> None:
    with pytest.raises(NumberNotValid):
        PLAN.read(typed)
    assert PLAN.recognise(typed) is None


def test_given_a_local_number_when_the_house_has_an_area_code_then_it_is_put_before_it() -> None:
    assert NumberPlan(area_code="0871").read("66612345") == "+8687166612345"
    with pytest.raises(AreaCodeMissing):
        PLAN.read("66612345")


def test_given_the_sample_hotel_when_its_numbers_are_read_then_rooms_phones_and_lines_are_its_own() -> None:
    plan = NumberPlan.of(load(environment={}))

    assert [plan.read(own) for own in ("0504", "8109", "4003", "12306")] == ["0504", "8109", "4003", "12306"]


def test_given_another_country_when_a_national_number_is_read_then_it_is_that_countrys() -> None:
    assert NumberPlan(region="DE").read("030 901820") == "+4930901820"
