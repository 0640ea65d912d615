"""What rooms may dial, as a setting: patterns, and what they mean for the exchange."""

from pathlib import Path

import pytest

from callcenter.settings import load
from callcenter.settings.room_phones import LONGEST_NUMBER, of_each_length
from tests.unit.settings.test_settings import MINIMAL, mistakes, written


def test_given_a_pattern_for_any_rest_when_written_out_then_each_length_has_one_without_an_open_end() -> None:
    patterns = of_each_length("00*")
    assert patterns[0] == "00X"
    assert [len(pattern) for pattern in patterns] == list(range(3, LONGEST_NUMBER + 1))
    assert of_each_length("NXXXXXX") == ["NXXXXXX"]


@pytest.mark.parametrize("pattern", ["0!", "[1-9]XX", "_X.", "0.", "12*4", "N" * 21])
def test_given_a_pattern_that_could_mean_more_than_digits_when_loaded_then_it_is_refused(
    tmp_path: Path, pattern: str
) -> None:
    found = mistakes(tmp_path, MINIMAL + f'room_phones: {{local: ["{pattern}"]}}\n')
    assert list(found) == ["room_phones.local.0"]


def test_given_a_room_with_the_number_of_the_fire_brigade_when_loaded_then_it_is_refused(tmp_path: Path) -> None:
    text = MINIMAL + 'rooms: [{first: "118", last: "120", type: standard}]\npbx: {short_numbers: "10086"}\n'
    assert "119" in mistakes(tmp_path, text)["rooms.0"][2]


def test_given_no_setting_when_loaded_then_a_vacant_room_dials_inside_only(tmp_path: Path) -> None:
    assert load(written(tmp_path, MINIMAL), {}).room_phones.vacant_class == "internal"
