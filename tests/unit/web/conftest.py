"""The application with every slice."""

from __future__ import annotations

from pathlib import Path

import pytest_asyncio
from pytest_aiohttp.plugin import AiohttpClient

from callcenter.db import Database
from callcenter.exports import add_sound_exports
from ivr import prompt_routes
from recordings import exclusions
from recordings import routes as recording_routes
from recordings.listening import Listenings
from recordings.store import Store
from recordings.voicemail import routes as voicemail_routes
from tests.application import Application
from tests.prompts import sample_prompts


@pytest_asyncio.fixture
async def whole(database: Database, tmp_path: Path, aiohttp_client: AiohttpClient) -> Application:
    """Serve every slice."""
    built = Application(database, tmp_path / "dist")
    await built.add_users()
    await built.add_rooms()
    listenings = Listenings(database, built.clock, built.audit)
    recording_routes.setup(built.web, recording_routes.RecordingParts(Store(tmp_path / "recordings"), listenings))
    parts = voicemail_routes.VoicemailParts(
        Store(tmp_path / "recordings"), listenings, built.clock, built.audit, lambda: None
    )
    voicemail_routes.setup(built.web, parts)
    prompt_routes.setup(built.web, sample_prompts(built, tmp_path))
    exclusions.setup(built.web, exclusions.ExclusionParts(built.telephony))
    add_sound_exports(built.web)
    built.client = await aiohttp_client(built.web)
    return built
