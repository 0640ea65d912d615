"""A whole house for tests of the desk: a real Asterisk, the real application, and a browser for each operator.

Each browser's microphone says a tone of its own, so that who hears whom can be told everywhere.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import struct
import tempfile
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from callcenter.clock import SystemClock
from callcenter.staff.passwords import Passwords
from callcenter.staff.roles import Role
from callcenter.staff.service import NewUser, ensure_users
from tests.application import PASSWORD
from tests.browser.conftest import FLAGS
from tests.pbx.house import House, running_house
from tests.pbx.switchboard import Switchboard, running_switchboard

RATE = 48000
OPERATORS = ("op1", "op2", "op3")


class DeskHouse:
    """The exchange `board`, the application `house`, and the browsers that look at it."""

    def __init__(self, board: Switchboard, house: House, folder: Path) -> None:
        self.board = board
        self.house = house
        self._folder = folder

    async def add_users(self) -> None:
        """Create op1 to op3 and a supervisor."""
        wanted = [NewUser(name, f"Operator {name[2:]}", Role.OPERATOR) for name in OPERATORS]
        wanted.append(NewUser("sup1", "Supervisor 1", Role.SUPERVISOR))
        async with self.house.books() as database, database.begin() as session:
            await ensure_users(session, wanted, Passwords(), SystemClock(), PASSWORD)

    @contextlib.asynccontextmanager
    async def browser(self, tone: int, *flags: str) -> AsyncIterator[Browser]:
        """A Chromium whose microphone says a tone; each is a process of its own, since the tone is a flag."""
        voice = self._folder / f"voice-{tone}.wav"
        say(voice, tone)
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        assert chromium, "Chromium is not installed: apt-get install chromium"
        microphone = [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={voice}",
        ]
        async with async_playwright() as playwright:
            started = await playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, *(flags or microphone)])
            try:
                yield started
            finally:
                await started.close()

    async def sign_in(self, browser: Browser, user: str) -> BrowserContext:
        """Sign somebody in; nothing that a page throws is overlooked by the one who closes the context."""
        context = await browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
        context.set_default_timeout(15_000)
        answer = await context.request.post(
            f"{self.house.url}/api/v1/session", data={"username": user, "password": PASSWORD}
        )
        assert answer.ok, await answer.text()
        return context

    async def open_desk(self, context: BrowserContext, extension: str, kind: str = "browser") -> Page:
        """Open the desk with this phone."""
        page = await context.new_page()
        await page.goto(f"{self.house.url}/sign-in")
        await page.evaluate(
            "phone => localStorage.setItem('desk-phone', JSON.stringify(phone))", {"extension": extension, "kind": kind}
        )
        await page.goto(f"{self.house.url}/desk")
        return page


@contextlib.contextmanager
def running_desk_house() -> Iterator[DeskHouse]:
    """Start a house and end it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="desk-"))
    try:
        with running_switchboard(node="desk") as board, running_house(board, folder) as house:
            yield DeskHouse(board, house, folder)
    finally:
        shutil.rmtree(folder)


def say(file: Path, tone: int) -> None:
    """Write some seconds of a tone, which Chromium repeats; a whole number of waves, so that nothing clicks."""
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        samples = (round(9000 * math.sin(2 * math.pi * tone * n / RATE)) for n in range(RATE * 5))
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
