"""Prompts over HTTP: the list with texts and recordings, listening, and the house's own recordings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal

from aiohttp import web
from pydantic import field_serializer
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.web.app import DATABASE
from callcenter.web.identity import AUDIT, address_of, requires, user_of
from callcenter.web.inputs import Input, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, isoformat, no_content
from ivr.conversion import from_wav
from ivr.languages import Language
from ivr.library import Entry, Library, Side
from ivr.menus import Menu
from ivr.own import OwnPrompts
from ivr.sound import RATE

MOST_BYTES = 32 * 1024 * 1024
PERMISSION = "prompts.manage"


@dataclass(frozen=True, slots=True)
class PromptParts:
    """What these routes need: the list, the house's recordings, and the menus in force."""

    library: Library
    own: OwnPrompts
    menus: Callable[[], Mapping[str, Menu]]


PARTS: web.AppKey[PromptParts] = web.AppKey("prompt_parts", PromptParts)

routes = web.RouteTableDef()


class SoundOut(Output):
    """A prompt in one language; `id` names it in addresses.

    `seconds`: of the shipped recording, null without one. `outdated`: it says another text than `text`, which holds
    the house's name. `own_seconds`, `own_changed_at`: of the house's own recording, which callers hear, null without
    one. `unusable`: why that file is not heard, empty if it is.
    """

    id: str
    text: str
    seconds: float | None
    outdated: bool
    own_seconds: float | None
    own_changed_at: datetime | None
    unusable: str

    @field_serializer("own_changed_at")
    def _instant(self, value: datetime | None) -> str | None:
        return isoformat(value)


class PromptOut(Output):
    """One prompt. `piece`: numbers, dates and so on are put together from it, and each language has its own pieces.

    `used_by`: the menu nodes that say it, as menu/node. A language is null where the prompt is not needed.
    """

    name: str
    piece: bool
    used_by: list[str]
    zh: SoundOut | None
    en: SoundOut | None


class PromptsOut(Output):
    """Every prompt of the house."""

    prompts: list[PromptOut]


class ListenIn(Input):
    """Which recording to hear: the one that callers hear, the house's own, or the shipped one."""

    source: Literal["heard", "own", "shipped"] = "heard"


def setup(app: web.Application, parts: PromptParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)


@routes.get("/api/v1/prompts")
@documented(Contract(answer=PromptsOut))
@requires(PERMISSION)
async def list_prompts(request: web.Request) -> web.Response:
    """Show every prompt with its words, its recordings and the menu nodes that say it."""
    parts = request.app[PARTS]
    entries = await asyncio.to_thread(parts.library.entries, parts.menus())
    return answer(PromptsOut(prompts=[_out(entry) for entry in entries]))


@routes.get("/api/v1/prompts/{id}/audio")
@documented(
    Contract(
        query=ListenIn,
        media="audio/wav",
        ids="string",
        also=(HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
    )
)
@requires(PERMISSION)
async def hear_prompt(request: web.Request) -> web.StreamResponse:
    """Send the sound of a prompt, or the part of it that the player asks for."""
    parts = request.app[PARTS]
    name = parts.library.full_name(request.match_info["id"])
    source = query(request, ListenIn).source
    own = parts.own.own(name) if source != "shipped" else None
    file = own or (parts.own.shipped(name) if source != "own" else None)
    if file is None:
        raise NotFound(kind="prompt", id=name)
    return web.FileResponse(file, headers={"Content-Type": "audio/wav", "Cache-Control": "private, no-cache"})


@routes.put("/api/v1/prompts/{id}/own")
@documented(Contract(upload="application/octet-stream", status=HTTPStatus.NO_CONTENT, ids="string"))
@requires(PERMISSION)
async def record_prompt(request: web.Request) -> web.Response:
    """Keep a WAV file, of any rate and form, as the house's own recording; callers hear it from now on."""
    parts = request.app[PARTS]
    name = parts.library.full_name(request.match_info["id"])
    sound = await asyncio.to_thread(from_wav, await _content(request))
    async with request.app[DATABASE].begin() as session:
        before = _kept(parts.own, name)
        after = {"recording": "own", "seconds": round(len(sound) / RATE, 2)}
        _note(request, session, "prompt.recorded", name, before, after)
        await parts.own.keep(name, sound)
    return no_content()


@routes.delete("/api/v1/prompts/{id}/own")
@documented(Contract(status=HTTPStatus.NO_CONTENT, ids="string"))
@requires(PERMISSION)
async def remove_recording(request: web.Request) -> web.Response:
    """Take the house's own recording away; callers hear the shipped one again."""
    parts = request.app[PARTS]
    name = parts.library.full_name(request.match_info["id"])
    async with request.app[DATABASE].begin() as session:
        before = _kept(parts.own, name)
        await parts.own.remove(name)
        _note(request, session, "prompt.removed", name, before, _kept(parts.own, name))
    return no_content()


async def _content(request: web.Request) -> bytes:
    """Read the file that was sent, up to what any prompt can need."""
    content = bytearray()
    async for block in request.content.iter_chunked(64 * 1024):
        content += block
        if len(content) > MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(max_size=MOST_BYTES, actual_size=len(content))
    return bytes(content)


def _kept(own: OwnPrompts, name: str) -> dict[str, Any]:
    if own.own(name) is not None:
        return {"recording": "own"}
    return {"recording": "shipped" if own.shipped(name) is not None else "none"}


def _note(
    request: web.Request, session: AsyncSession, action: str, name: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    request.app[AUDIT](
        session, user_of(request), action, ("prompt", name), before=before, after=after, address=address_of(request)
    )


def _out(entry: Entry) -> PromptOut:
    sides = {language: _sound(side) for language, side in entry.sides.items()}
    return PromptOut(
        name=entry.name,
        piece=entry.is_piece,
        used_by=list(entry.used_by),
        zh=sides.get(Language.ZH),
        en=sides.get(Language.EN),
    )


def _sound(side: Side) -> SoundOut:
    return SoundOut(
        id=side.name.replace("/", "."),
        text=side.words,
        seconds=side.seconds or None,
        outdated=side.outdated,
        own_seconds=side.own_seconds or None,
        own_changed_at=side.own_changed_at,
        unusable=side.unusable,
    )
