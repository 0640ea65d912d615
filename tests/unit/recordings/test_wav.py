from __future__ import annotations

import hashlib
import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings import wav


@given(data=st.binary(max_size=4096), form=st.sampled_from(wav.FORMS))
def test_given_whole_frames_when_made_a_wav_then_a_player_reads_the_same_sound(data: bytes, form: wav.Form) -> None:
    frames = len(data) // form.frame_bytes
    file = io.BytesIO(b"".join(wav.blocks(io.BytesIO(data), frames, form)))
    with wave.open(file) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, form.channels, 2)
        assert sound.readframes(frames + 1) == data[: frames * form.frame_bytes]
    file.seek(0)
    assert wav.measure(file) == (frames, form)


def test_given_less_sound_than_announced_when_made_a_wav_then_it_is_unreadable() -> None:
    with pytest.raises(wav.SoundUnreadable):
        list(wav.blocks(io.BytesIO(b"\0" * 8), 3, wav.CALL))


def test_given_an_input_error_when_made_a_wav_then_it_is_unreadable() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(wav.SoundUnreadable):
        list(wav.blocks(Broken(), 3, wav.CALL))


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", b"not a sound file at all, but long enough to hold a header of one", wav.header(4, wav.CALL)[:30]],
)
def test_given_no_wav_header_when_read_then_it_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="header"):
        wav.measure(io.BytesIO(content))


def test_given_a_file_of_three_channels_when_read_then_it_is_refused() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(3)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 3)
    file.seek(0)
    with pytest.raises(ValueError, match="channels"):
        wav.measure(file)


def test_given_sound_of_an_hour_when_made_a_wav_then_no_block_is_larger_than_the_limit() -> None:
    class Silence(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            return bytes(size)

    digest, total = hashlib.sha256(), 0
    for block in wav.blocks(Silence(), 3600 * wav.RATE, wav.CALL):
        assert len(block) <= wav.BLOCK_BYTES
        total += len(block)
        digest.update(block)
    assert total == wav.HEADER_BYTES + 3600 * wav.CALL.bytes_per_second
