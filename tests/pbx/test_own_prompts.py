"""A house's own recording of a prompt is what callers hear, without a restart of anything."""

from __future__ import annotations

import asyncio
import math
import struct
import wave
from pathlib import Path

from tests.pbx.house import running_house
from tests.pbx.switchboard import MENU_TONES, WITH_MENU, desk_of, running_switchboard, tones_in
from tests.pbx.test_menu import calling

OWN_TONE = 2900
RATE = 16000
"""Not the telephone's: whatever WAV is put there is made fit."""


def record(file: Path) -> None:
    """A tone of one second, as a studio would deliver it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    samples = (round(8000 * math.sin(2 * math.pi * OWN_TONE * index / RATE)) for index in range(RATE))
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


async def test_given_an_own_recording_of_the_menu_when_put_into_the_house_s_folder_then_the_next_caller_hears_it(
    tmp_path: Path,
) -> None:
    with running_switchboard(node="own_prompts") as board, running_house(board, tmp_path) as house:
        played = board.pbx.folder / "lib" / "sounds" / "zh" / "menu-main.wav"
        shipped = played.read_bytes()
        record(house.settings.own_prompts_folder / "zh" / "menu-main.wav")
        await house.until(lambda: asyncio.to_thread(lambda: played.read_bytes() != shipped), "the own recording")

        async with calling(board, desk_of(WITH_MENU[0])) as call, asyncio.timeout(10):
            while OWN_TONE not in tones_in(call, (OWN_TONE, MENU_TONES["menu-main"])):
                await asyncio.sleep(0.1)
        assert tones_in(call, (OWN_TONE, MENU_TONES["menu-main"])) == [OWN_TONE]
