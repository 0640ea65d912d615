"""The house's own recordings: they win, at once, whoever puts them there, and give way again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from callcenter.clock import SystemClock
from callcenter.health import Alarms
from ivr.conversion import SoundNotWav, SoundSilent, SoundTooLong, SoundTooShort, from_wav
from ivr.own import NoOwnRecording, OwnPrompts
from ivr.sound import read_wav, speech_level, write_wav
from tests.prompts import wav


class House:
    """Shipped prompts of one name, an own folder, and an exchange that notes what it shall play."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.alarms = Alarms(SystemClock())
        self.plays: dict[str, Path | None] = {}
        for name, hertz in (("zh/hello", 300), ("en/hello", 500), ("both/hello", 400)):
            write_wav(folder / "shipped" / f"{name}.wav", 0.2 * np.sin(np.arange(4000) * hertz / 8000 * 2 * np.pi))
        self.own = self.restarted()

    def restarted(self) -> OwnPrompts:
        places = (self.folder / "own", self.folder / "shipped", self.folder / "made")
        return OwnPrompts(*places, self.plays.__setitem__, self.alarms)

    def put(self, name: str, content: bytes) -> Path:
        file = self.folder / "own" / f"{name}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize(
    ("rate", "channels", "kind", "bits"),
    [(8000, 1, 1, 16), (44100, 2, 1, 16), (48000, 1, 1, 24), (16000, 1, 1, 8), (22050, 1, 1, 32), (48000, 2, 3, 32)],
)
def test_given_a_wav_of_any_form_when_converted_then_it_is_telephone_sound_of_the_common_level(
    rate: int, channels: int, kind: int, bits: int
) -> None:
    sound = from_wav(wav(0.5, rate=rate, channels=channels, kind=kind, bits=bits, loudness=0.05))
    assert len(sound) / 8000 == pytest.approx(0.5, abs=0.1)
    assert speech_level(sound) == pytest.approx(-20, abs=1)
    crossings = np.count_nonzero(np.diff(np.signbit(sound[400:-400])))
    assert crossings / 2 / (len(sound) - 800) * 8000 == pytest.approx(440, abs=15)


def test_given_a_law_and_mu_law_when_converted_then_they_are_heard_as_the_exchange_encodes_them() -> None:
    from callcenter.pbx.sounds import alaw, ulaw

    pcm = wav(0.3)[44:]
    for kind, encode in ((6, alaw), (7, ulaw)):
        coded = encode(pcm)
        head = wav(0.1, bits=8)[:20] + bytes([kind, 0]) + wav(0.1, bits=8)[22:40]
        sound = from_wav(head + len(coded).to_bytes(4, "little") + coded)
        expected = from_wav(wav(0.3))
        size = min(len(sound), len(expected))
        assert np.corrcoef(sound[:size], expected[:size])[0, 1] > 0.999


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", SoundNotWav),
        (b"ID3 an mp3 file", SoundNotWav),
        (wav()[:30], SoundNotWav),
        (wav()[:20] + b"\x55\x00" + wav()[22:], SoundNotWav),
        (wav(0.02), SoundTooShort),
        (wav(181, rate=4000, bits=8), SoundTooLong),
        (wav(loudness=0), SoundSilent),
    ],
)
def test_given_a_file_that_cannot_be_used_when_converted_then_the_reason_is_named(
    content: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        from_wav(content)


async def test_given_an_own_recording_when_kept_then_the_exchange_plays_it_and_both_languages_hold_it(
    house: House,
) -> None:
    await house.own.keep("zh/hello", from_wav(wav()))
    assert house.plays["zh/hello"] == house.folder / "own" / "zh" / "hello.wav"
    both = house.plays["both/hello"]
    assert both is not None
    own, english = (
        read_wav(file) for file in (house.folder / "own/zh/hello.wav", house.folder / "shipped/en/hello.wav")
    )
    assert np.array_equal(read_wav(both), np.concatenate([own, np.zeros(2000), english]))


async def test_given_an_own_recording_when_removed_then_the_shipped_one_is_played_again(house: House) -> None:
    await house.own.keep("zh/hello", from_wav(wav()))
    await house.own.remove("zh/hello")
    assert house.plays["zh/hello"] == house.folder / "shipped" / "zh" / "hello.wav"
    assert house.plays["both/hello"] == house.folder / "shipped" / "both" / "hello.wav"
    with pytest.raises(NoOwnRecording):
        await house.own.remove("zh/hello")


async def test_given_a_studio_file_put_there_by_hand_when_looked_at_then_it_is_played_in_telephone_form(
    house: House,
) -> None:
    content = wav(rate=44100, channels=2)
    file = house.put("en/hello", content)
    await house.own.look()
    played = house.plays["en/hello"]
    assert played == house.folder / "made" / "en" / "hello.wav"
    assert len(read_wav(played)) > 7000
    assert file.read_bytes() == content


async def test_given_a_file_that_is_no_sound_when_looked_at_then_the_shipped_one_stays_and_an_alarm_says_so(
    house: House,
) -> None:
    house.put("zh/hello", b"not a sound")
    await house.own.look()
    assert house.plays["zh/hello"] == house.folder / "shipped" / "zh" / "hello.wav"
    assert [alarm.code for alarm in house.alarms.current] == ["own_prompt_unusable"]
    assert list(house.own.unusable()) == ["zh/hello"]
    house.put("zh/hello", wav())
    await house.own.look()
    assert list(house.alarms.current) == []


async def test_given_a_recording_taken_away_while_we_were_gone_when_started_then_the_shipped_one_is_played(
    house: House,
) -> None:
    await house.own.keep("zh/hello", from_wav(wav()))
    (house.folder / "own" / "zh" / "hello.wav").unlink()
    house.plays.clear()
    await house.restarted().look()
    assert house.plays["zh/hello"] == house.folder / "shipped" / "zh" / "hello.wav"


async def test_given_nothing_changed_when_looked_again_then_nothing_is_handed_over(house: House) -> None:
    await house.own.keep("zh/hello", from_wav(wav()))
    house.plays.clear()
    await house.own.look()
    assert house.plays == {}


async def test_given_a_prompt_of_the_house_only_when_recorded_and_removed_then_the_exchange_forgets_it(
    house: House,
) -> None:
    await house.own.keep("zh/our-offer", from_wav(wav()))
    assert house.plays["zh/our-offer"] is not None
    await house.own.remove("zh/our-offer")
    assert house.plays["zh/our-offer"] is None
