"""Numbers of guests are masked for those who need not know them."""

import pytest

from callcenter.web.masking import mask


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812341234", "138****1234"),
        ("+8613812341234", "+86****1234"),
        ("057186612345", "057****2345"),
        ("86612345", "****45"),
        ("8001", "8001"),
        ("0301", "0301"),
        ("anonymous", "anonymous"),
        ("", ""),
        ("sip:13812341234@192.0.2.1", "sip:138****1234@192.0.2.1"),
    ],
)
def test_given_a_number_when_masked_then_outside_numbers_lose_their_middle(number: str, shown: str) -> None:
    assert mask(number) == shown
