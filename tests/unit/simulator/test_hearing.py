from __future__ import annotations

import random
import wave
from array import array

import pytest

from callcenter.simulator.codecs import Clip, Codec, Tone, decode, payloads, read_wav, sine
from callcenter.simulator.hearing import (
    Sound,
    find_prompt,
    hears,
    hears_prompt,
    is_silent,
    read_recording,
    tone_power,
    tone_share,
    tones_over_time,
)
from callcenter.simulator.hearing import read_wav as read_channels
from callcenter.simulator.rtp import Packet, assemble


def tone(frequency: int, seconds: float = 1.0, amplitude: int = 4000) -> array:
    return sine(Tone(frequency, amplitude))[: round(8000 * seconds)]


def silence(seconds: float) -> array:
    return array("h", bytes(2 * round(8000 * seconds)))


def mixed(one: array, other: array) -> array:
    return array("h", (a + b for a, b in zip(one, other, strict=True)))


def speech(seed: int, seconds: float) -> array:
    """Noise that rises and falls like words."""
    chance = random.Random(seed)
    pcm = array("h")
    while len(pcm) < 8000 * seconds:
        loud = chance.choice([0, 800, 3000, 8000])
        pcm.extend(chance.randint(-loud, loud) for _ in range(chance.randrange(400, 2400)))
    return pcm[: round(8000 * seconds)]


def test_given_a_tone_then_another_when_looked_at_over_time_then_each_is_in_its_windows():
    sound = Sound(tone(440, 0.5) + silence(0.3) + tone(700, 0.5))
    found = [sorted(window.tones) for window in tones_over_time(sound, [440, 700])]
    assert found == [[440]] * 5 + [[]] * 3 + [[700]] * 5


def test_given_two_tones_at_once_when_listened_then_both_are_heard_and_no_third():
    sound = Sound(mixed(tone(440), tone(700)))
    assert hears(sound, 440)
    assert hears(sound, 700)
    assert not hears(sound, 900, share=0.05)


def test_given_noise_when_listened_then_no_tone_is_heard_and_it_is_not_silence():
    noise = Sound(speech(1, 2.0))
    assert tone_share(noise, 440) < 0.2
    assert not is_silent(noise)


def test_given_faint_hum_or_nothing_when_listened_then_it_is_silent():
    assert is_silent(Sound(tone(50, amplitude=60)))
    assert is_silent(Sound(array("h")))
    assert not hears(Sound(array("h")), 440)


def test_given_half_a_tone_when_asked_for_parts_then_only_its_part_has_it():
    sound = Sound(silence(1) + tone(440, 1.0))
    assert hears(sound, 440, 1.0, 2.0)
    assert not hears(sound, 440, 0.0, 1.0, share=0.05)
    assert is_silent(sound, 0.0, 1.0)


def test_given_a_pure_tone_when_measured_then_all_energy_is_at_its_frequency():
    assert tone_power(tone(440), 8000, 440) == pytest.approx(1.0, abs=0.01)
    assert tone_power(tone(440), 8000, 700) < 0.01
    assert tone_power(silence(0.1), 8000, 700) == 0.0


def test_given_a_prompt_after_ringing_when_looked_for_then_it_is_found_where_it_begins():
    prompt = Sound(speech(7, 3.0))
    sound = Sound(tone(425, 1.0) + silence(0.5) + prompt.pcm + silence(0.5))
    coded = Sound(decode(b"".join(frames_of(sound.pcm)), Codec.PCMA))
    found = find_prompt(coded, prompt)
    assert found is not None
    assert found.at == pytest.approx(1.5, abs=0.03)
    assert found.likeness > 0.95
    assert hears_prompt(coded, prompt)


def test_given_other_speech_when_a_prompt_is_looked_for_then_it_is_not_heard():
    prompt = Sound(speech(7, 3.0))
    assert not any(hears_prompt(Sound(speech(seed, 8.0)), prompt) for seed in range(20, 30))
    assert not hears_prompt(Sound(silence(5)), prompt)
    assert find_prompt(Sound(silence(1)), prompt) is None


def test_given_a_raw_recording_when_read_then_left_is_heard_and_right_is_said(tmp_path):
    left, right = tone(440), tone(700)
    path = tmp_path / "1.raw"
    path.write_bytes(array("h", (sample for pair in zip(left, right, strict=True) for sample in pair)).tobytes())
    recording = read_recording(path)
    assert hears(recording.heard, 440)
    assert not hears(recording.heard, 700, share=0.05)
    assert hears(recording.said, 700)


def test_given_a_stereo_wav_when_read_then_there_is_one_sound_per_channel(tmp_path):
    path = tmp_path / "two.wav"
    pcm = array("h", (sample for pair in zip(tone(440), tone(700), strict=True) for sample in pair))
    write_wav(path, pcm, channels=2)
    left, right = read_channels(path)
    assert (hears(left, 440), hears(right, 700), left.seconds) == (True, True, 1.0)
    with pytest.raises(ValueError, match="mono"):
        read_wav(path)


@pytest.mark.parametrize("codec", [Codec.PCMU, Codec.PCMA])
def test_given_g711_when_every_code_is_decoded_and_encoded_then_it_is_the_same_sound(codec):
    samples = decode(bytes(range(256)), codec)
    again = decode(b"".join(frames_of(samples, codec)), codec)[:256]
    assert again == samples


def test_given_known_g711_codes_when_decoded_then_they_are_the_standards_values():
    assert list(decode(bytes([0x00, 0x80, 0xFF, 0x7F]), Codec.PCMU)) == [-32124, 32124, 0, 0]
    assert list(decode(bytes([0xD5, 0x55, 0xAA, 0x2A]), Codec.PCMA)) == [8, -8, 32256, -32256]


def test_given_packets_of_two_sources_with_a_gap_when_laid_on_a_line_then_the_gap_is_silence():
    code = payloads(Tone(440), Codec.PCMU).frames
    first = [Packet(10 + n * 0.02, 0, n, n * 160, 1, code[n]) for n in range(10)]
    second = [Packet(10.5 + n * 0.02, 0, 900 + n, 77 + n * 160, 2, code[n]) for n in range(10)]
    heard = assemble(first + second, Codec.PCMU)
    assert heard.began_at == 10
    assert len(heard.pcm) == round(0.7 * 8000)
    assert not any(heard.pcm[1600:4000])
    assert any(heard.pcm[4000:])


def test_given_late_and_swapped_packets_when_laid_on_a_line_then_their_timestamps_order_them():
    code = payloads(Tone(400), Codec.PCMU).frames
    packets = [Packet(10 + n * 0.02, 0, n, (2**32 - 320 + n * 160) % 2**32, 1, code[n]) for n in range(10)]
    packets[3], packets[4] = packets[4], packets[3]
    heard = assemble(packets, Codec.PCMU)
    assert list(heard.pcm) == list(decode(b"".join(code[:10]), Codec.PCMU))


def frames_of(pcm: array, codec: Codec = Codec.PCMA) -> tuple[bytes, ...]:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        write_wav(path, pcm)
        coded = payloads(Clip(path), codec)
        return coded.frames[: coded.repeat_from]


def write_wav(path, pcm: array, *, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(pcm.tobytes())
