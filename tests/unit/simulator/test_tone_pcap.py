from __future__ import annotations

import struct

from callcenter.simulator.codecs import Codec, decode
from callcenter.simulator.hearing import Sound, hears
from tests.load.sipp.tone_pcap import write


def rtp_of(pcap: bytes) -> list[tuple[float, bytes]]:
    packets, at = [], 24
    while at < len(pcap):
        seconds, micros, size, _ = struct.unpack_from("<IIII", pcap, at)
        packets.append((seconds + micros / 1e6, pcap[at + 16 + 42 : at + 16 + size]))
        at += 16 + size
    return packets


def test_given_a_tone_and_a_key_when_written_as_pcap_then_sipp_has_packets_every_20_ms_with_both(tmp_path):
    path = tmp_path / "tone.pcap"
    write(path, seconds=2.0, frequency=440, keys={1.0: "5"})
    packets = rtp_of(path.read_bytes())
    assert [round(at * 1000) for at, _ in packets] == [n * 20 for n in range(100)]
    sequences = [struct.unpack_from("!H", rtp, 2)[0] for _, rtp in packets]
    assert sequences == list(range(1, 101))
    sound = b"".join(rtp[12:] for _, rtp in packets if rtp[1] & 0x7F == 0)
    assert hears(Sound(decode(sound, Codec.PCMU)), 440)
    keys = [(at, rtp) for at, rtp in packets if rtp[1] & 0x7F == 101]
    assert [rtp[12] for _, rtp in keys] == [5] * 8
    assert keys[0][0] == 1.0
    assert [rtp[1] & 0x80 for _, rtp in keys] == [0x80] + [0] * 7
    assert {rtp[4:8] for _, rtp in keys} == {struct.pack("!I", 50 * 160)}
