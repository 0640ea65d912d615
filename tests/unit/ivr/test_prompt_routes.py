"""Prompts over HTTP: the list, listening, the house's own recordings, and who may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pytest_aiohttp.plugin import AiohttpClient

from callcenter.db import Database
from callcenter.pbx.provisioning import PROMPTS
from ivr import prompt_routes
from tests.application import Application
from tests.prompts import sample_prompts, wav

HELLO = "/api/v1/prompts/zh.goodbye"


@pytest_asyncio.fixture
async def served(database: Database, tmp_path: Path, aiohttp_client: AiohttpClient) -> Application:
    built = Application(database, tmp_path / "dist")
    await built.add_users()
    prompt_routes.setup(built.web, sample_prompts(built, tmp_path))
    built.client = await aiohttp_client(built.web)
    return built


async def listed(served: Application, name: str) -> dict[str, Any]:
    answer = await served.client.get("/api/v1/prompts")
    return next(one for one in (await answer.json())["prompts"] if one["name"] == name)


async def test_given_the_sample_house_when_listed_then_texts_lengths_and_menu_nodes_are_told(
    served: Application,
) -> None:
    await served.sign_in("manager")
    prompt = await listed(served, "info-directions")
    assert prompt["used_by"] == ["main/directions"]
    assert prompt["zh"]["text"].startswith("酒店在云溪镇")
    assert prompt["en"]["seconds"] > 5
    assert (prompt["zh"]["own_seconds"], prompt["zh"]["outdated"], prompt["piece"]) == (None, False, False)
    piece = await listed(served, "digits/yao")
    assert (piece["piece"], piece["en"]) == (True, None)


async def test_given_an_upload_when_it_is_sound_then_callers_hear_it_and_the_audit_log_tells(
    served: Application,
) -> None:
    headers = await served.sign_in("manager")
    answer = await served.client.put(f"{HELLO}/own", data=wav(rate=44100, channels=2), headers=headers)
    assert answer.status == 204, await answer.text()
    assert (await listed(served, "goodbye"))["zh"]["own_seconds"] == pytest.approx(1, abs=0.2)
    own = await (await served.client.get(f"{HELLO}/audio")).read()
    shipped = await (await served.client.get(f"{HELLO}/audio?source=shipped")).read()
    assert shipped == (PROMPTS / "zh/goodbye.wav").read_bytes() != own
    entry = (await (await served.client.get("/api/v1/audit?action=prompt.recorded")).json())["items"][0]
    assert (entry["before"], entry["after"]["recording"]) == ({"recording": "shipped"}, "own")

    assert (await served.client.delete(f"{HELLO}/own", headers=headers)).status == 204
    assert (await (await served.client.get(f"{HELLO}/audio")).read()) == shipped
    again = await served.client.delete(f"{HELLO}/own", headers=headers)
    assert (again.status, (await again.json())["code"]) == (404, "no_own_recording")


async def test_given_an_upload_that_is_no_sound_when_sent_then_it_is_refused_and_nothing_changes(
    served: Application,
) -> None:
    headers = await served.sign_in("manager")
    answer = await served.client.put(f"{HELLO}/own", data=b"\xff\xfb an mp3", headers=headers)
    assert (answer.status, (await answer.json())["code"]) == (422, "prompt_sound_not_wav")
    assert (await listed(served, "goodbye"))["zh"]["own_changed_at"] is None


async def test_given_a_file_beyond_all_prompts_when_sent_then_it_is_refused(
    served: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_routes, "MOST_BYTES", 1000)
    headers = await served.sign_in("manager")
    answer = await served.client.put(f"{HELLO}/own", data=wav(), headers=headers)
    assert (answer.status, (await answer.json())["code"]) == (413, "too_large")


@pytest.mark.parametrize("name", ["both.goodbye", "zh.Goodbye", "zh...etc.passwd", "fr.goodbye", "zh"])
async def test_given_what_is_no_name_of_a_prompt_when_asked_for_then_there_is_none(
    served: Application, name: str
) -> None:
    headers = await served.sign_in("manager")
    assert (await served.client.get(f"/api/v1/prompts/{name}/audio")).status == 404
    assert (await served.client.put(f"/api/v1/prompts/{name}/own", data=wav(), headers=headers)).status == 404


async def test_given_a_part_of_the_sound_when_asked_for_then_only_that_is_sent(served: Application) -> None:
    await served.sign_in("manager")
    answer = await served.client.get(f"{HELLO}/audio", headers={"Range": "bytes=0-43"})
    assert (answer.status, answer.content_type, len(await answer.read())) == (206, "audio/wav", 44)
