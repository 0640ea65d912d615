"""Session descriptions of one audio stream: what a phone offers, what the other side answered (RFC 4566, 3264)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from callcenter.simulator.codecs import Codec


class MediaDirection(StrEnum):
    """Who may send sound, seen from the side that writes it."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        """Whether the writer sends sound."""
        return self in (MediaDirection.SENDRECV, MediaDirection.SENDONLY)

    @property
    def receives(self) -> bool:
        """Whether the writer wants to receive sound."""
        return self in (MediaDirection.SENDRECV, MediaDirection.RECVONLY)

    def answer_to(self, offered: MediaDirection) -> MediaDirection:
        """Return what a side that wishes this direction answers to an offered one (RFC 3264, 6.1)."""
        sends, receives = self.sends and offered.receives, self.receives and offered.sends
        if sends:
            return MediaDirection.SENDRECV if receives else MediaDirection.SENDONLY
        return MediaDirection.RECVONLY if receives else MediaDirection.INACTIVE


@dataclass(frozen=True, slots=True)
class RemoteMedia:
    """Where the other side wants its sound, which of our codecs it can take, and its payload types."""

    host: str
    port: int
    codecs: tuple[Codec, ...]
    payload_types: dict[Codec, int]
    telephone_event: int | None
    direction: MediaDirection


def write(
    *,
    host: str,
    port: int,
    codecs: Mapping[Codec, int],
    direction: MediaDirection,
    version: int,
    digits_type: int | None,
) -> str:
    """Return a session description with one audio stream.

    `codecs` are given with their payload types, best first; `digits_type` is that of RFC 4733 digits.
    """
    types = [str(number) for number in codecs.values()]
    lines = ["v=0", f"o=- 1 {version} IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
    attributes = [f"a=rtpmap:{number} {codec.value.rtpmap}" for codec, number in codecs.items()]
    if digits_type is not None:
        types.append(str(digits_type))
        attributes += [f"a=rtpmap:{digits_type} telephone-event/8000", f"a=fmtp:{digits_type} 0-15"]
    lines += [f"m=audio {port} RTP/AVP {' '.join(types)}", *attributes, "a=ptime:20", f"a={direction}"]
    return "\r\n".join(lines) + "\r\n"


def read(body: str) -> RemoteMedia | None:
    """Return the audio stream that a description names, or None where there is none (or it is refused)."""
    audio = re.search(r"^m=audio (\d{1,5}) \S+((?: \d{1,3})*)", body, re.MULTILINE)
    host = re.search(r"^c=IN IP4 (\d{1,3}(?:\.\d{1,3}){3})", body, re.MULTILINE)
    if not audio or not host or not 0 < int(audio[1]) < 65536:
        return None
    names = {int(number): name.lower() for number, name in re.findall(r"^a=rtpmap:(\d{1,3}) (\S+)", body, re.MULTILINE)}
    names = {0: "pcmu/8000", 8: "pcma/8000"} | names
    offered = [int(number) for number in audio[2].split()]
    types = {
        codec: number for number in offered for codec in Codec if codec.value.rtpmap.lower() == names.get(number, "")
    }
    events = [number for number in offered if names.get(number, "") == "telephone-event/8000"]
    direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\b", body, re.MULTILINE)
    return RemoteMedia(
        host=host[1],
        port=int(audio[1]),
        codecs=tuple(types),
        payload_types=types,
        telephone_event=events[0] if events else None,
        direction=MediaDirection(direction[1]) if direction else MediaDirection.SENDRECV,
    )
