from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.ranges import ByteRange, RangeNotSatisfiable, byte_range

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-", ByteRange(0, 999)),
        ("bytes=0-0", ByteRange(0, 0)),
        ("bytes=10-19", ByteRange(10, 19)),
        ("bytes=999-", ByteRange(999, 999)),
        ("bytes=990-5000", ByteRange(990, 999)),
        ("bytes=-10", ByteRange(990, 999)),
        ("bytes=-5000", ByteRange(0, 999)),
        (" bytes=5-6 ", ByteRange(5, 6)),
    ],
)
def test_given_one_range_when_read_then_it_is_cut_to_the_file(header: str, expected: ByteRange) -> None:
    assert byte_range(header, SIZE) == expected


@pytest.mark.parametrize(
    "header", [None, "", "bytes=", "bytes=-", "bytes=a-b", "bytes=20-10", "bytes=0-1,5-6", "seconds=0-1", "bytes=１-２"]
)
def test_given_no_range_that_we_serve_when_read_then_the_whole_file_is_meant(header: str | None) -> None:
    assert byte_range(header, SIZE) is None


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=99999999999-", "bytes=-0"])
def test_given_a_range_beyond_the_end_when_read_then_it_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        byte_range(header, SIZE)


@given(header=st.text(max_size=40) | st.from_regex(r"bytes=[0-9]{0,20}-[0-9]{0,20}"), size=st.integers(1, 10**9))
def test_given_any_header_when_read_then_a_range_lies_inside_the_file(header: str, size: int) -> None:
    try:
        found = byte_range(header, size)
    except RangeNotSatisfiable:
        return
    assert found is None or 0 <= found.first <= found.last < size
