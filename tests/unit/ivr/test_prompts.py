import json
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml

from callcenter.settings import ROOT, Hotel
from ivr import rendering, tones, voices
from ivr.languages import Language
from ivr.sound import SILENCE_DBFS, Samples, finish, frame_levels, read_wav, speech_level, to_telephone
from ivr.texts import PromptTextsInvalid, load_prompts

PROMPTS = ROOT / "ivr" / "prompts"
SAMPLE_HOUSE = Hotel.model_validate(yaml.safe_load((ROOT / "config/hotel.yaml").read_text(encoding="utf-8"))["hotel"])
HOUSE = {Language.ZH: SAMPLE_HOUSE.name.zh, Language.EN: SAMPLE_HOUSE.name.en}
TEXTS = load_prompts(PROMPTS, HOUSE)
FILES = sorted(rendering.fingerprints(TEXTS, PROMPTS))
GREETINGS = ["greeting-morning", "greeting-afternoon", "greeting-evening"]


class Tone:
    """A speaker that says everything as half a second of a tone, and counts."""

    rate = 24_000

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str, language: Language, pace: float = 1.0) -> Samples:
        self.said.append(text)
        return 0.1 * np.sin(2 * np.pi * 440 * np.arange(12_000) / self.rate)


@pytest.fixture
def small_folder(tmp_path: Path) -> Path:
    (tmp_path / "zh.yaml").write_text("hello: 您好，{house}\nbye: 再见\n", encoding="utf-8")
    (tmp_path / "en.yaml").write_text("hello: Hello, {house}\nbye: Goodbye\n", encoding="utf-8")
    (tmp_path / "both.yaml").write_text("[hello]\n", encoding="utf-8")
    return tmp_path


def build(folder: Path, house: str = "Example Inn") -> tuple[list[str], list[str]]:
    speaker = Tone()
    texts = load_prompts(folder, dict.fromkeys(Language, house))
    return sorted(rendering.build(texts, folder, speaker)), speaker.said


def test_given_the_texts_when_compared_with_the_files_then_each_has_the_other() -> None:
    present = [path for kind in ("zh", "en", "both") for path in (PROMPTS / kind).rglob("*.wav")]
    assert sorted(str(path.relative_to(PROMPTS).with_suffix("")) for path in present) == sorted([*FILES, "both/pause"])


def test_given_the_texts_of_today_when_compared_with_what_was_rendered_then_nothing_is_stale() -> None:
    assert rendering.stale(TEXTS, PROMPTS) == []
    assert sorted(json.loads((PROMPTS / "rendered.json").read_text(encoding="utf-8"))) == FILES


@pytest.mark.parametrize("name", [*FILES, "music/creek", "tones/beep"])
def test_given_a_prompt_when_opened_then_it_is_telephone_sound(name: str) -> None:
    with wave.open(str(PROMPTS / f"{name}.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)


@pytest.mark.parametrize("name", FILES)
def test_given_a_prompt_when_measured_then_its_level_is_even_and_its_ends_are_short(name: str) -> None:
    sound = read_wav(PROMPTS / f"{name}.wav")
    assert speech_level(sound) == pytest.approx(-20, abs=1.5)
    assert 20 * np.log10(np.abs(sound).max()) <= -2.9
    heard = np.flatnonzero(frame_levels(sound) > SILENCE_DBFS)
    assert heard[0] * 0.01 <= 0.15
    assert len(sound) / 8000 - (heard[-1] + 1) * 0.01 <= 0.15


@pytest.mark.parametrize("name", GREETINGS)
def test_given_a_greeting_when_heard_then_both_languages_take_at_most_nine_seconds(name: str) -> None:
    chinese, english, both = (read_wav(PROMPTS / kind / f"{name}.wav") for kind in ("zh", "en", "both"))
    assert len(both) / 8000 <= 9
    assert np.array_equal(both[: len(chinese)], chinese)
    assert np.array_equal(both[-len(english) :], english)


@pytest.mark.parametrize("name", FILES)
def test_given_any_prompt_when_heard_then_it_is_neither_cut_off_nor_drawn_out(name: str) -> None:
    seconds = len(read_wav(PROMPTS / f"{name}.wav")) / 8000
    kind = name.partition("/")[2]
    shortest, longest = (0.08, 1.5) if name in TEXTS and TEXTS[name].is_piece else (0.4, 13.0)
    if kind.startswith(("menu-", "info-", "voicemail-")):  # a key cuts these short
        longest = 17.0
    assert shortest <= seconds <= longest


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", GREETINGS)
def test_given_a_greeting_when_read_then_it_names_the_house_and_offers_help(language: Language, name: str) -> None:
    text = TEXTS[f"{language}/{name}"].words
    assert HOUSE[language] in text
    assert {"zh": "请问有什么可以帮到您", "en": "how may I help you"}[language] in text


def test_given_nothing_changed_when_built_again_then_nothing_is_rendered(small_folder: Path) -> None:
    first, _ = build(small_folder)
    assert first == ["both/hello", "en/bye", "en/hello", "zh/bye", "zh/hello"]
    assert build(small_folder) == ([], [])


def test_given_another_house_name_when_built_then_only_what_names_it_is_rendered(small_folder: Path) -> None:
    build(small_folder)
    rendered, said = build(small_folder, house="Sample Lodge")
    assert rendered == ["both/hello", "en/hello", "zh/hello"]
    assert said == ["您好，Sample Lodge", "Hello, Sample Lodge"]


def test_given_another_text_when_built_then_only_that_prompt_is_rendered(small_folder: Path) -> None:
    build(small_folder)
    (small_folder / "en.yaml").write_text("hello: Hello, {house}\nbye: See you soon\n", encoding="utf-8")
    assert build(small_folder) == (["en/bye"], ["See you soon"])


def test_given_another_voice_when_built_then_what_it_reads_is_rendered_again(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(small_folder)
    monkeypatch.setitem(voices.VOICES, Language.EN, voices.Voice("another", "0" * 64, 1.0))
    assert build(small_folder)[0] == ["both/hello", "en/bye", "en/hello"]


def test_given_a_piece_with_another_carrier_when_built_then_it_is_read_in_it_and_its_ends_are_close(
    small_folder: Path,
) -> None:
    pieces = "en:\n  - {{carrier: '{}', pace: 0.9, within: ['{{}}'], words: {{digits/1: one}}}}\n"
    (small_folder / "pieces.yaml").write_text(pieces.format("[{}] room"), encoding="utf-8")
    build(small_folder)
    (small_folder / "pieces.yaml").write_text(pieces.format("room [{}]"), encoding="utf-8")
    assert build(small_folder) == (["en/digits/1"], ["room [one]"])
    heard = np.flatnonzero(frame_levels(read_wav(small_folder / "en/digits/1.wav")) > SILENCE_DBFS)
    assert heard[0] <= 3


def test_given_a_lost_file_when_built_then_it_comes_back(small_folder: Path) -> None:
    build(small_folder)
    (small_folder / "en" / "bye.wav").unlink()
    assert build(small_folder) == (["en/bye"], ["Goodbye"])


def test_given_a_text_was_removed_when_built_then_its_files_go_too(small_folder: Path) -> None:
    build(small_folder)
    for language in Language:
        (small_folder / f"{language}.yaml").write_text("hello: Hello\n", encoding="utf-8")
    build(small_folder)
    assert not list(small_folder.rglob("bye.wav"))


def test_given_a_text_in_one_language_only_when_loaded_then_it_is_named(small_folder: Path) -> None:
    (small_folder / "en.yaml").write_text("hello: Hello\n", encoding="utf-8")
    with pytest.raises(PromptTextsInvalid, match="bye"):
        load_prompts(small_folder, dict.fromkeys(Language, "Example Inn"))


def test_given_a_bilingual_prompt_without_text_when_built_then_it_is_named(small_folder: Path) -> None:
    (small_folder / "both.yaml").write_text("[missing]\n", encoding="utf-8")
    with pytest.raises(PromptTextsInvalid, match="missing"):
        build(small_folder)


def test_given_sound_above_the_telephone_band_when_converted_then_it_does_not_fold_back() -> None:
    time = np.arange(24_000) / 24_000
    kept = to_telephone(np.sin(2 * np.pi * 1000 * time), 24_000)[500:-500]
    lost = to_telephone(np.sin(2 * np.pi * 5000 * time), 24_000)[500:-500]
    assert np.sqrt(np.mean(kept**2)) == pytest.approx(np.sqrt(0.5), rel=0.02)
    assert np.abs(lost).max() < 0.001


def test_given_speech_with_sharp_peaks_when_finished_then_its_peaks_are_held() -> None:
    time = np.arange(8000) / 8000
    sound = 0.02 * np.sin(2 * np.pi * 300 * time)
    sound[::800] += 0.9
    finished = finish(sound)
    assert 20 * np.log10(np.abs(finished).max()) <= -2.9


def test_given_the_composer_when_it_plays_again_then_the_music_on_hold_is_the_committed_one() -> None:
    committed = read_wav(PROMPTS / "music/creek.wav")
    assert np.abs(tones.compose() - committed).max() < 2 / 32767


def test_given_the_music_on_hold_when_measured_then_it_is_long_soft_and_loops_without_a_click() -> None:
    music = read_wav(PROMPTS / "music/creek.wav")
    assert 60 <= len(music) / 8000 <= 90
    assert 10 * np.log10(np.mean(music**2)) == pytest.approx(-26, abs=0.5)
    assert 20 * np.log10(np.abs(music).max()) <= -3
    levels = frame_levels(music)
    assert max(len(run) for run in _quiet_runs(levels)) * 0.01 < 1
    assert abs(music[0] - music[-1]) < np.percentile(np.abs(np.diff(music)), 99)


def _quiet_runs(levels: Samples) -> list[range]:
    loud = [-1, *np.flatnonzero(levels > -50), len(levels)]
    return [range(before + 1, after) for before, after in pairwise(loud)]
