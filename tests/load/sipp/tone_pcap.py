"""Write a pcap of RTP for SIPp's `play_pcap_audio`: a tone, then optional key presses.

Use: python tests/load/sipp/tone_pcap.py OUT.pcap --seconds 30 --frequency 440 [--key 1@5.0 ...]
"""

from __future__ import annotations

import argparse
import struct
from collections.abc import Iterator
from pathlib import Path

from callcenter.simulator.codecs import FRAME_SECONDS, TELEPHONE_EVENT, Codec, Tone, digit_payloads, payloads

GLOBAL_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
LOOPBACK = bytes([127, 0, 0, 1])


def packets(seconds: float, frequency: int, keys: dict[int, str]) -> Iterator[tuple[int, bytes]]:
    """Yield (frame number, RTP packet); `keys` maps a frame number to the key pressed there, over the tone."""
    tone = payloads(Tone(frequency), Codec.PCMU).frames
    pressed: list[tuple[int, bytes]] = []
    for frame in range(round(seconds / FRAME_SECONDS)):
        if frame in keys:
            pressed = [(frame * 160, payload) for payload in digit_payloads(keys[frame])]
        if pressed:
            timestamp, payload = pressed.pop(0)
            marker = 0x80 if payload[2:] == struct.pack("!H", 160) else 0
            yield frame, struct.pack("!BBHII", 0x80, TELEPHONE_EVENT | marker, frame + 1, timestamp, 0x5151) + payload
        else:
            yield frame, struct.pack("!BBHII", 0x80, 0, frame + 1, frame * 160, 0x5151) + tone[frame % len(tone)]


def record(frame: int, rtp: bytes) -> bytes:
    """Wrap one RTP packet as Ethernet, IPv4 and UDP with its pcap header."""
    udp = struct.pack("!HHHH", 6000, 6000, 8 + len(rtp), 0) + rtp
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, LOOPBACK, LOOPBACK) + udp
    ethernet = bytes(12) + b"\x08\x00" + ip
    microseconds = frame * 20_000
    return struct.pack("<IIII", *divmod(microseconds, 1_000_000), len(ethernet), len(ethernet)) + ethernet


def write(path: Path, *, seconds: float, frequency: int, keys: dict[float, str] | None = None) -> None:
    """Write the file; `keys` maps seconds to keys."""
    at = {round(second / FRAME_SECONDS): key for second, key in (keys or {}).items()}
    path.write_bytes(GLOBAL_HEADER + b"".join(record(*each) for each in packets(seconds, frequency, at)))


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--frequency", type=int, default=440)
    parser.add_argument("--key", action="append", default=[], help="KEY@SECONDS")
    given = parser.parse_args()
    keys = {float(second): key for key, _, second in (each.partition("@") for each in given.key)}
    write(given.path, seconds=given.seconds, frequency=given.frequency, keys=keys)


if __name__ == "__main__":
    main()
