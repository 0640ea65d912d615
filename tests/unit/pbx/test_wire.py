"""The bytes of the manager interface."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.pbx.wire import LONGEST_LINE, BadField, Splitter, WireOverflow, format_action, parse, raw_value

STREAM = (
    b"Asterisk Call Manager/11.0.0\r\n"
    b"Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n"
    + "Event: Newchannel\r\nCallerIDName: 云溪\r\nAccountCode: \r\n\r\n".encode()
    + b"Event: Hangup\r\nCause: 16\r\n\r\n"
)
BLOCKS = [
    b"Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted",
    "Event: Newchannel\r\nCallerIDName: 云溪\r\nAccountCode: ".encode(),
    b"Event: Hangup\r\nCause: 16",
]


@given(st.lists(st.integers(min_value=0, max_value=len(STREAM)), max_size=12))
def test_given_a_stream_cut_anywhere_when_fed_piece_by_piece_then_the_blocks_are_the_same(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    splitter = Splitter()
    blocks = [block for start, end in pairwise(edges) for block in splitter.feed(STREAM[start:end])]
    assert blocks == BLOCKS
    assert splitter.banner == "Asterisk Call Manager/11.0.0"


def test_given_a_stream_byte_by_byte_when_fed_then_the_blocks_are_the_same() -> None:
    splitter = Splitter()
    assert [block for byte in STREAM for block in splitter.feed(bytes([byte]))] == BLOCKS


def test_given_extra_empty_lines_when_split_then_they_make_no_blocks() -> None:
    assert Splitter().feed(b"\r\nEvent: A\r\n\r\n\r\nEvent: B\r\n\r\n\r\n\r\n") == [b"Event: A", b"Event: B"]


def test_given_no_banner_when_split_then_the_first_block_is_whole() -> None:
    assert Splitter().feed(b"Event: A\r\n\r\n") == [b"Event: A"]


def test_given_input_without_an_end_when_it_passes_the_limit_then_it_overflows() -> None:
    splitter = Splitter(limit=1000)
    assert splitter.feed(b"x" * 1000) == []
    with pytest.raises(WireOverflow):
        splitter.feed(b"x")


def test_given_many_complete_blocks_in_one_piece_when_larger_than_the_limit_then_nothing_overflows() -> None:
    assert len(Splitter(limit=100).feed(b"Event: A\r\n\r\n" * 1000)) == 1000


def test_given_a_block_when_parsed_then_each_line_is_a_field() -> None:
    assert parse(BLOCKS[1]) == {"Event": "Newchannel", "CallerIDName": "云溪", "AccountCode": ""}


def test_given_a_value_with_colons_and_blanks_when_parsed_then_only_the_separating_blank_is_taken() -> None:
    assert parse(b"Data: sip:a@b: c\r\nWide:   x ") == {"Data": "sip:a@b: c", "Wide": "  x "}
    assert parse(b"Data: sip:a@b: c\r\nTight:value\r\nNone:") == {"Data": "sip:a@b: c", "Tight": "value", "None": ""}


def test_given_repeated_keys_when_parsed_then_their_values_are_joined_by_line_feeds() -> None:
    answer = parse(b"Response: Success\r\nOutput: one\r\nOutput: \r\nOutput: three\r\nVariable: A=1\r\nVariable: B=2")
    assert answer == {"Response": "Success", "Output": "one\n\nthree", "Variable": "A=1\nB=2"}


def test_given_lines_without_a_colon_when_parsed_then_they_carry_no_field() -> None:
    assert parse(b"ndid: 1\r\nnothing\r\n\r\nnothing") == {"ndid": "1"}


def test_given_a_name_in_gbk_when_parsed_then_it_is_replaced_and_its_bytes_are_kept() -> None:
    name = "云溪".encode("gbk")
    fields = parse(b"Event: Newchannel\r\nCallerIDName: " + name + "\r\nConnectedLineName: 总机".encode())
    assert fields["Event"] == "Newchannel"
    assert "\N{REPLACEMENT CHARACTER}" in fields["CallerIDName"]
    assert raw_value(fields, "CallerIDName").decode("gbk") == "云溪"
    assert fields["ConnectedLineName"] == "总机"
    assert raw_value(fields, "ConnectedLineName").decode() == "总机"


def test_given_a_sender_who_forges_a_raw_field_when_parsed_then_it_is_an_ordinary_value() -> None:
    fields = parse(b"CallerIDName: Li\r\nCallerIDName\nraw: Wang\r\nCallerIDName:raw: Wang\r\nraw: Wang")
    assert raw_value(fields, "CallerIDName") == b"Li"


@given(st.binary(max_size=200))
def test_given_any_bytes_when_parsed_then_every_value_can_be_had_as_it_came(block: bytes) -> None:
    fields = parse(b"Event: Test\r\n" + block)
    for key in fields:
        if "\r" not in key:
            assert all(part in b"Event: Test\r\n" + block for part in raw_value(fields, key).split(b"\n"))


def test_given_an_action_when_formatted_then_lists_give_repeated_lines() -> None:
    written = format_action("Originate", {"ActionID": "7", "Variable": ["A=1", "B=云"], "Priority": 1})
    assert (
        written == "Action: Originate\r\nActionID: 7\r\nVariable: A=1\r\nVariable: B=云\r\nPriority: 1\r\n\r\n".encode()
    )


@pytest.mark.parametrize("mark", ["\r", "\n", "\0", "\r\n\r\nAction: Originate\r\nChannel: PJSIP/trunk/0900"])
@pytest.mark.parametrize("place", ["name", "key", "value", "item"])
def test_given_cr_lf_or_nul_anywhere_when_formatted_then_it_is_refused(mark: str, place: str) -> None:
    bad = f"Li{mark}"
    with pytest.raises(BadField):
        format_action(
            bad if place == "name" else "Setvar",
            {
                bad if place == "key" else "Variable": bad if place == "value" else "GUEST",
                "Value": ["x", bad if place == "item" else "y"],
            }
            if place != "name"
            else {},
        )


@pytest.mark.parametrize("key", ["", "A:B"])
def test_given_a_key_that_is_none_when_formatted_then_it_is_refused(key: str) -> None:
    with pytest.raises(BadField):
        format_action("Setvar", {key: "x"})


def test_given_a_lone_surrogate_when_formatted_then_it_is_refused() -> None:
    with pytest.raises(BadField):
        format_action("Setvar", {"Value": "\ud800"})


def test_given_a_line_longer_than_asterisk_reads_when_formatted_then_it_is_refused() -> None:
    fits = "x" * (LONGEST_LINE - len("Value: "))
    assert len(format_action("Setvar", {"Value": fits}).split(b"\r\n")[1]) == LONGEST_LINE
    with pytest.raises(BadField):
        format_action("Setvar", {"Value": fits + "x"})


def test_given_more_lines_than_asterisk_reads_when_formatted_then_it_is_refused() -> None:
    with pytest.raises(BadField):
        format_action("Originate", {"Variable": ["A=1"] * 127})
