"""The application with every slice."""

from __future__ import annotations

from collections.abc import AsyncIterator
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
    return await _served(database, tmp_path, aiohttp_client)


@pytest_asyncio.fixture
async def on_each_database(
    sqlite_url: str, postgresql_url: str, tmp_path: Path, aiohttp_client: AiohttpClient
) -> AsyncIterator[list[Application]]:
    """Serve every slice on each kind of database."""
    databases = [Database(sqlite_url), Database(postgresql_url)]
    yield [
        await _served(database, tmp_path / kind, aiohttp_client)
        for database, kind in zip(databases, ("sqlite", "postgresql"), strict=True)
    ]
    for database in databases:
        await database.close()


async def _served(database: Database, folder: Path, aiohttp_client: AiohttpClient) -> Application:
    built = Application(database, folder / "dist")
    await built.add_users()
    await built.add_rooms()
    listenings = Listenings(database, built.clock, built.audit)
    recording_routes.setup(built.web, recording_routes.RecordingParts(Store(folder / "recordings"), listenings))
    parts = voicemail_routes.VoicemailParts(
        Store(folder / "recordings"), listenings, built.clock, built.audit, lambda: None
    )
    voicemail_routes.setup(built.web, parts)
    prompt_routes.setup(built.web, sample_prompts(built, folder))
    exclusions.setup(built.web, exclusions.ExclusionParts(built.telephony))
    add_sound_exports(built.web)
    built.client = await aiohttp_client(built.web)
    return built
