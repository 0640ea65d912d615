from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.simulator.facts import EndedBy
from callcenter.simulator.phone import Phone
from callcenter.simulator.sdp import MediaDirection, read
from callcenter.simulator.sip import MalformedMessage, Message, parameter, parse, tag_of, uri_of, user_of
from callcenter.simulator.transactions import Timers

REQUEST = (
    b"INVITE sip:8001@127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bKa;rport\r\n"
    b'f: "Mr Li;tag=no" <sip:139@h;tag=inner>;tag=abc\r\nTo: <sip:8001@h>\r\ni: one\r\nCSeq: 7 INVITE\r\n'
    b"Subject: folded\r\n over two lines\r\nl: 4\r\n\r\nbody"
)
WORDS = [
    b"INVITE", b"SIP/2.0", b"200", b"OK", b"\r\n", b" ", b":", b";tag=", b"branch=z9hG4bK1", b"Via", b"CSeq", b"1 BYE",
    b"1 INVITE", b"Call-ID", b"a", b"From", b"To", b"<sip:x@y>", b"m=audio 1 RTP/AVP 0", b"c=IN IP4 ", b"99999",
    b"Contact", b"BYE", b"CANCEL", b"NOTIFY", b"ACK", b"401", b"WWW-Authenticate", b"Digest nonce=",
]  # fmt: skip
NEARLY_SIP = st.lists(st.sampled_from(WORDS) | st.binary(max_size=6), max_size=60).map(b"".join)


STARTS = [
    *(f"{method} sip:8001@h SIP/2.0" for method in ("INVITE", "ACK", "BYE", "CANCEL", "NOTIFY", "UPDATE", "REFER"))
]
STARTS += [f"SIP/2.0 {status} Words" for status in (100, 180, 183, 200, 302, 401, 407, 486, 491)]
BODIES = [
    "",
    "SIP/2.0 200 OK",
    "m=audio 9 RTP/AVP 0 8\r\nc=IN IP4 127.0.0.1\r\n",
    "m=audio 9 RTP/AVP\r\nc=IN IP4 999.0.0.1",
]


@st.composite
def damaged_messages(draw: st.DrawFn, call_id: str, branch: str) -> bytes:
    """A message for this call, some bytes of which may have been changed."""
    tag = draw(st.sampled_from(["", ";tag=x"]))
    method = draw(st.sampled_from(["INVITE", "BYE", "CANCEL"]))
    via = draw(st.sampled_from([branch, "z9hG4bKother", "z9hG4bKthird"]))
    lines = [
        draw(st.sampled_from(STARTS)),
        f"Via: SIP/2.0/UDP h;branch={via}",
        "From: <sip:a@h>;tag=y",
        f"To: <b>{tag}",
    ]
    lines += [f"Call-ID: {call_id}", f"CSeq: 7 {method}", "Contact: <sip:c@h>", 'WWW-Authenticate: Digest nonce="n"']
    data = bytearray(("\r\n".join(lines) + "\r\n\r\n" + draw(st.sampled_from(BODIES))).encode())
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


def test_given_compact_names_and_folding_when_parsed_then_headers_have_their_long_names():
    message = parse(REQUEST)
    assert (message.method, message.uri, message.call_id, message.cseq) == ("INVITE", "sip:8001@127.0.0.1", "one", 7)
    assert message.get("subject") == "folded over two lines"
    assert message.branch == "z9hG4bKa"
    assert message.body == "body"


def test_given_tags_inside_name_and_uri_when_read_then_only_the_headers_own_counts():
    value = parse(REQUEST).get("from")
    assert (tag_of(value), user_of(value)) == ("abc", "139")
    assert uri_of("sip:8001@h;x=1") == "sip:8001@h"
    assert parameter("a;b=1;cc=2", "c") == ""


def test_given_a_message_when_written_and_parsed_then_it_is_the_same():
    message = parse(REQUEST)
    again = parse(message.encode())
    assert again == message


@pytest.mark.parametrize("missing", [b"v:", b"f:", b"To:", b"i:", b"CSeq:"])
def test_given_a_needed_header_is_missing_when_parsed_then_it_is_malformed(missing):
    lines = [line for line in REQUEST.split(b"\r\n") if not line.startswith(missing)]
    with pytest.raises(MalformedMessage):
        parse(b"\r\n".join(lines))


@given(datagram=st.binary(max_size=200) | NEARLY_SIP)
def test_given_garbage_when_parsed_then_it_is_a_message_or_malformed(datagram):
    try:
        assert isinstance(parse(datagram), Message)
    except MalformedMessage:
        return


@given(body=st.text(max_size=300) | NEARLY_SIP.map(lambda data: data.decode("utf-8", "replace")))
def test_given_garbage_when_read_as_sdp_then_it_never_raises(body):
    media = read(body)
    assert media is None or 0 < media.port < 65536


@given(data=st.data())
async def test_given_garbage_datagrams_when_they_reach_a_phone_in_a_call_then_nothing_is_raised(data):
    quick = Timers(t1=0.01, t2=0.01, give_up=0.01)
    async with Phone("op8001", server=("127.0.0.1", 9), timers=quick) as target:
        call = target.call("8002")
        for datagram in data.draw(st.lists(st.binary(max_size=100) | NEARLY_SIP, max_size=4)):
            target._socket.datagram_received(datagram, ("127.0.0.1", 9))
        damaged = damaged_messages(call.call_id, call.invite.branch)
        for datagram in data.draw(st.lists(damaged, min_size=1, max_size=6)):
            target._socket.datagram_received(datagram, ("127.0.0.1", 9))
        assert target._socket.is_open
        for dialog in list(target.dialogs.values()):
            dialog.finish(EndedBy.THIS_PHONE, 0)


@pytest.mark.parametrize(
    ("wish", "offered", "answer"),
    [
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendrecv", "sendonly", "recvonly"),
        ("sendrecv", "inactive", "inactive"),
        ("sendonly", "sendrecv", "sendonly"),
        ("sendonly", "sendonly", "inactive"),
        ("inactive", "sendrecv", "inactive"),
    ],
)
def test_given_a_wish_when_a_direction_is_offered_then_the_answer_follows_rfc_3264(wish, offered, answer):
    assert MediaDirection(wish).answer_to(MediaDirection(offered)) == answer
