"""Opus through PyAV: only imported by phones that speak it, since PyAV comes with the test requirements."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import av

from callcenter.simulator.codecs import samples

FRAME = 960


def encode(pcm: array[int]) -> tuple[bytes, ...]:
    """Encode 8 kHz mono samples into packets of 20 ms."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48000, "mono", "s16"
    encoder.options = {"frame_duration": "20", "application": "voip"}
    upsampler = av.AudioResampler(format="s16", layout="mono", rate=48000, frame_size=FRAME)
    source = av.AudioFrame(format="s16", layout="mono", samples=len(pcm))
    source.sample_rate = 8000
    source.planes[0].update(pcm.tobytes())
    packets: list[bytes] = []
    for frame in [*upsampler.resample(source), *upsampler.resample(None)]:
        if frame.samples == FRAME:
            packets += [bytes(packet) for packet in encoder.encode(frame)]
    packets += [bytes(packet) for packet in encoder.encode(None)]
    return tuple(packets)


def decode(packets: Sequence[bytes]) -> list[array[int]]:
    """Decode packets into 8 kHz mono samples, one piece for each packet; what cannot be decoded is silence."""
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = 48000, "mono"
    downsampler = av.AudioResampler(format="s16", layout="mono", rate=8000)
    pieces: list[array[int]] = []
    for packet in packets:
        piece = array("h")
        try:
            for frame in decoder.decode(av.Packet(packet)):
                for low in downsampler.resample(frame):
                    piece.extend(samples(bytes(low.planes[0])[: low.samples * 2]))
        except av.error.InvalidDataError:
            piece = array("h", bytes(320))
        pieces.append(piece)
    return pieces
