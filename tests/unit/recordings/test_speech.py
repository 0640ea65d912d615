"""The speech engine: what is said is understood, and whatever fails fails for it alone."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.settings import Settings, load
from recordings.speech.engine import NoEngine, SpeechEngine, surely
from recordings.speech.process import RecogniserProcess, SpeechFailed
from tests import korean
from tests.korean import BOOKING, GUIDE

WORDS = [BOOKING, GUIDE]
ENOUGH_MB = 3000
SECONDS = 60.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine() -> AsyncIterator[SpeechEngine]:
    """The engine with the Korean model in the place of the Chinese one."""
    engine = SpeechEngine({"zh": korean.model()}, ENOUGH_MB)
    yield engine
    await engine.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("name", "word"), [("ko-booking", BOOKING), ("ko-guide", GUIDE)])
async def test_given_one_of_a_few_words_when_it_is_said_then_it_is_told_which(
    engine: SpeechEngine, name: str, word: str
) -> None:
    assert await engine.choose(korean.sound(name), "zh", WORDS, SECONDS) == word


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("sound", [korean.sound("ko-sentence"), bytes(16_000), b""])
async def test_given_a_sentence_or_nothing_when_a_word_is_wanted_then_nothing_is_sure(
    engine: SpeechEngine, sound: bytes
) -> None:
    assert await engine.choose(sound, "zh", WORDS, SECONDS) is None


@pytest.mark.asyncio(loop_scope="module")
async def test_given_speech_when_it_is_written_down_then_there_is_text_and_silence_has_none(
    engine: SpeechEngine,
) -> None:
    assert (await engine.transcribe(korean.sound("ko-booking"), "zh")).startswith("예")
    assert await engine.transcribe(bytes(32_000), "zh") == ""


@pytest.mark.asyncio(loop_scope="module")
async def test_given_words_when_looked_up_then_those_that_the_model_can_never_hear_are_told(
    engine: SpeechEngine,
) -> None:
    assert await engine.unknown_words("zh", [BOOKING, "예약하다", f"{GUIDE} {BOOKING}"]) == ["예약하다"]


@pytest.mark.asyncio(loop_scope="module")
async def test_given_a_language_without_a_model_then_it_is_not_understood_and_nothing_fails(
    engine: SpeechEngine,
) -> None:
    assert not engine.understands("en")
    assert await engine.choose(korean.sound("ko-guide"), "en", WORDS, SECONDS) is None
    with pytest.raises(NoEngine):
        await engine.transcribe(korean.sound("ko-guide"), "en")


@pytest.mark.parametrize("models", [{}, {"zh": "/nowhere/model"}])
def test_given_no_model_or_none_where_the_settings_name_it_then_the_house_goes_without(models: dict[str, str]) -> None:
    values = load(environment={}).model_dump(mode="json") | {"speech": {"models": models}}
    assert SpeechEngine.of(Settings.model_validate(values)).languages == frozenset()


async def test_given_a_model_that_is_not_loaded_in_time_then_the_caller_is_not_understood_but_the_next_one_is() -> None:
    engine = SpeechEngine({"zh": korean.model()}, ENOUGH_MB)
    assert await engine.choose(korean.sound("ko-guide"), "zh", WORDS, 0.05) is None
    await engine.prepare("zh")
    assert await engine.choose(korean.sound("ko-guide"), "zh", WORDS, SECONDS) == GUIDE
    await engine.close()


async def test_given_a_folder_that_is_no_model_then_the_failure_is_told(tmp_path: Path) -> None:
    process = RecogniserProcess(tmp_path, ENOUGH_MB, 0)
    with pytest.raises(SpeechFailed, match="could not be loaded"):
        await process.load()
    assert not process.is_loaded


async def test_given_a_model_that_needs_more_memory_than_allowed_then_only_its_process_ends() -> None:
    process = RecogniserProcess(korean.model(), 700, 0, load_seconds=10)
    with pytest.raises(SpeechFailed, match="could not be loaded"):
        await process.load()


async def test_given_a_recogniser_that_hangs_then_the_deadline_ends_it_and_the_next_question_starts_it_anew() -> None:
    others = await _children()
    engine = SpeechEngine({"zh": korean.model()}, ENOUGH_MB)
    await engine.prepare("zh")
    (pid,) = await _children() - others
    os.kill(pid, signal.SIGSTOP)
    assert await engine.choose(korean.sound("ko-guide"), "zh", WORDS, 0.3) is None
    assert await _children() == others
    assert await engine.choose(korean.sound("ko-guide"), "zh", WORDS, SECONDS) == GUIDE
    await engine.close()
    assert await _children() == others


async def test_given_a_recogniser_that_dies_then_the_next_question_starts_it_anew() -> None:
    others = await _children()
    engine = SpeechEngine({"zh": korean.model()}, ENOUGH_MB)
    await engine.prepare("zh")
    (pid,) = await _children() - others
    os.kill(pid, signal.SIGKILL)
    while pid in await _children():
        await asyncio.sleep(0.01)
    assert await engine.choose(korean.sound("ko-guide"), "zh", WORDS, SECONDS) == GUIDE
    await engine.close()


@pytest.mark.parametrize(
    ("heard", "word"),
    [
        ([("booking", 0.9)], "booking"),
        ([("my", 0.9), ("booking", 0.8)], "my booking"),
        ([("booking", 0.5)], None),
        ([("booking", 1.0), ("guide", 1.0)], None),
        ([("booking", 1.0), ("<UNK>", 1.0)], None),
        ([], None),
    ],
)
def test_given_what_was_heard_then_only_one_whole_and_sure_answer_counts(
    heard: list[tuple[str, float]], word: str | None
) -> None:
    assert surely(heard, ["booking", "my booking", "guide"]) == word


async def _children() -> set[int]:
    """The recogniser processes of this test run."""
    found = await asyncio.create_subprocess_exec(
        "pgrep", "-P", str(os.getpid()), "-f", "recordings.speech.worker", stdout=asyncio.subprocess.PIPE
    )
    told, _ = await found.communicate()
    return {int(pid) for pid in told.split()}
