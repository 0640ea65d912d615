"""`callcenter prompts check`: what is wrong with a file as sound, and whether it says its text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from callcenter.settings import ROOT, load
from ivr.judging import Fault, error_rate, measure, rivals, units
from ivr.languages import Language
from ivr.prompt_check import PromptCheck
from ivr.prompt_parts import house_names
from ivr.sound import Samples, write_wav
from ivr.texts import Prompt, load_prompts
from ivr.transcriber import Whisper
from tests.prompts import wav

PROMPTS = ROOT / "ivr" / "prompts"
ZH, EN = Language.ZH, Language.EN


class Hears:
    """A listener who hears these words, and finds texts with the word `likeliest` the likeliest."""

    def __init__(self, words: str, likeliest: str = "") -> None:
        self.words = words
        self.likeliest = likeliest

    def transcribe(self, sound: Samples, language: Language) -> str:
        return self.words

    def likelihoods(self, sound: Samples, language: Language, texts: Sequence[str]) -> list[float]:
        return [0.0 if self.likeliest in text else -1.0 for text in texts]


def tone(level: float, *, seconds: float = 1.0, before: float = 0.0, after: float = 0.0) -> Samples:
    sound = level * np.sin(np.arange(round(8000 * seconds)) * 0.3)
    return np.concatenate([np.zeros(round(8000 * before)), sound, np.zeros(round(8000 * after))])


@pytest.mark.parametrize(
    ("sound", "faults"),
    [
        (tone(0.14), ()),
        (tone(0), (Fault.SILENT,)),
        (tone(0.05), (Fault.TOO_QUIET,)),
        (tone(0.3), (Fault.TOO_LOUD,)),
        (tone(1.2), (Fault.TOO_LOUD, Fault.CLIPPED)),
        (tone(0.14, before=0.5), (Fault.SILENCE_BEFORE,)),
        (tone(0.14, after=0.5), (Fault.SILENCE_AFTER,)),
    ],
)
def test_given_a_file_when_measured_then_level_peaks_and_ends_are_judged(
    tmp_path: Path, sound: Samples, faults: tuple[Fault, ...]
) -> None:
    write_wav(tmp_path / "x.wav", sound)
    assert measure(tmp_path / "x.wav", is_piece=False).faults == faults


def test_given_a_piece_with_a_pause_before_it_when_measured_then_that_is_too_much(tmp_path: Path) -> None:
    write_wav(tmp_path / "x.wav", tone(0.14, before=0.2))
    assert measure(tmp_path / "x.wav", is_piece=True).faults == (Fault.SILENCE_BEFORE,)


@pytest.mark.parametrize(
    ("content", "fault"),
    [(None, Fault.MISSING), (b"no sound", Fault.WRONG_FORMAT), (wav(rate=16000), Fault.WRONG_FORMAT)],
)
def test_given_no_telephone_sound_when_measured_then_that_is_said(
    tmp_path: Path, content: bytes | None, fault: Fault
) -> None:
    if content is not None:
        (tmp_path / "x.wav").write_bytes(content)
    assert measure(tmp_path / "x.wav", is_piece=False).faults == (fault,)


@pytest.mark.parametrize(
    ("expected", "heard", "language", "rate"),
    [
        ("请您稍候。", "请您稍后", ZH, 0.0),
        ("咨询请按一。", "資詢,請按1", ZH, 0.0),
        ("前台二十四小时为您服务", "前台24小时为您服务。", ZH, 0.0),
        ("一共一百零五元", "一共105元", ZH, 0.0),
        ("第三位", "第四位", ZH, 1 / 3),
        ("请按一", "", ZH, 1.0),
        ("For English, press nine.", "for english press 9", EN, 0.0),
        ("Room one hundred and five", "Room 105.", EN, 0.0),
        ("press one", "press two", EN, 0.5),
        ("press one", "press one press one", EN, 1.0),
    ],
)
def test_given_what_was_heard_when_compared_then_sounds_count_and_not_their_spelling(
    expected: str, heard: str, language: Language, rate: float
) -> None:
    assert error_rate(expected, heard, language) == pytest.approx(rate)


def test_given_figures_in_a_text_when_parted_then_they_are_spelled_out() -> None:
    assert units("0301", ZH) == ["ling", "san", "ling", "yi"]
    assert units("2000", ZH) == ["liang", "qian"]
    assert units("115", EN) == ["one", "hundred", "and", "fifteen"]


def small_check(folder: Path, listener: Hears) -> PromptCheck:
    pieces = [
        Prompt(f"zh/digits/{number}", words, words, group="n", within=("zh/sum", "{}"))
        for number, words in enumerate(("零", "一", "二", "十二"))
    ]
    prompts = [Prompt("zh/sum", "一共", "一共"), Prompt("zh/hello", "您好", "您好"), *pieces]
    for prompt in prompts:
        write_wav(folder / f"{prompt.name}.wav", tone(0.14, seconds=0.5))
    return PromptCheck({prompt.name: prompt for prompt in prompts}, lambda name: folder / f"{name}.wav", listener)


def test_given_a_prompt_that_says_something_else_when_checked_then_its_words_are_wrong(tmp_path: Path) -> None:
    right, wrong = (
        next(iter(small_check(tmp_path, Hears(words)).verdicts(("zh/hello",)))) for words in ("您好。", "再见。")
    )
    assert (right.faults, right.errors) == ((), 0)
    assert (wrong.faults, wrong.heard) == ((Fault.WRONG_WORDS,), "再见。")


def test_given_a_piece_when_checked_then_it_must_be_likelier_than_what_sounds_like_it(tmp_path: Path) -> None:
    verdicts = {
        verdict.prompt.name: verdict
        for verdict in small_check(tmp_path, Hears("", likeliest="一共十二")).verdicts(("zh/digits",))
    }
    assert verdicts["zh/digits/3"].faults == ()
    assert (verdicts["zh/digits/2"].faults, verdicts["zh/digits/2"].heard) == ((Fault.WRONG_WORDS,), "十二")


def test_given_a_piece_when_its_rivals_are_chosen_then_they_are_the_words_most_like_it() -> None:
    prompts = load_prompts(PROMPTS, dict.fromkeys(Language, "Example Inn"))
    piece = prompts["zh/digits/15"]
    group = [prompt for prompt in prompts.values() if prompt.group == piece.group]
    assert {"二十五", "七十五"} <= {rival.words for rival in rivals(piece, group)}


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Whisper:
    return Whisper(tmp_path_factory.mktemp("whisper"), deadline_seconds=300)


def test_given_prompts_of_this_house_when_really_listened_to_then_each_says_its_text_and_no_other(
    whisper: Whisper, tmp_path: Path
) -> None:
    prompts = load_prompts(PROMPTS, house_names(load(environment={})))
    wanted = ("zh/goodbye", "en/goodbye", "zh/digits/37", "en/digits/15", "en/month/12")
    check = PromptCheck(prompts, lambda name: PROMPTS / f"{name}.wav", whisper)
    assert [verdict.faults for verdict in check.verdicts(wanted)] == [()] * len(wanted)

    def swapped(name: str) -> Path:
        return PROMPTS / f"{ {'zh/goodbye': 'zh/connecting', 'zh/digits/37': 'zh/digits/64'}.get(name, name) }.wav"

    wrong = PromptCheck(prompts, swapped, whisper).verdicts(("zh/goodbye", "zh/digits/37"))
    assert [verdict.faults for verdict in wrong] == [(Fault.WRONG_WORDS,)] * 2
