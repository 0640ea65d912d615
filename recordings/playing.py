"""Sending a recording's sound to a player: whole or in the parts that it asks for, each listening noted first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedReader

import structlog
from aiohttp import web

from callcenter.web.identity import address_of, user_of
from callcenter.web.openapi import Contract
from recordings import wav
from recordings.listening import Listenings
from recordings.models import Recording
from recordings.ranges import ByteRange, RangeNotSatisfiable, byte_range
from recordings.service import RecordingGone
from recordings.store import Store

log = structlog.get_logger(__name__)

SOUND = Contract(
    media="audio/wav",
    also=(HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
)


@dataclass(frozen=True, slots=True)
class Played:
    """The answer to a player. `to_the_end`: sound was sent, and all of it up to the recording's end was taken."""

    response: web.StreamResponse
    to_the_end: bool = False


async def play(request: web.Request, recording: Recording, store: Store, listenings: Listenings) -> Played:
    """Send the sound of `recording`, or the part that the player asks for; the listening is noted first.

    Raises:
        RecordingGone: the file is not there, cannot be read, or was changed.
        DatabaseUnavailable: the listening cannot be noted, so nothing is played.
    """
    file = await asyncio.to_thread(_open_whole, store, recording)
    try:
        headers = _headers(recording)
        if request.method == "GET":
            await listenings.note(user_of(request), recording, address_of(request))
        if headers["ETag"] in _tags(request.headers.get("If-None-Match")):
            return Played(web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers))
        try:
            wanted = _wanted(request, headers["ETag"], recording.size)
        except RangeNotSatisfiable:
            headers["Content-Range"] = f"bytes */{recording.size}"
            return Played(web.Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers))
        return await _send(request, file, recording.size, wanted, headers)
    finally:
        file.close()


def _open_whole(store: Store, recording: Recording) -> BufferedReader:
    """Open the file, if it is as long as the books say.

    Raises:
        RecordingGone: it is not there, cannot be read, or was changed.
    """
    try:
        size = store.size_of(recording.path)
        if size == recording.size:
            return store.open(recording.path)
    except OSError:
        log.exception("recording_unreadable", recording_id=recording.id, path=recording.path)
        raise RecordingGone(id=recording.id) from None
    log.error("recording_gone", recording_id=recording.id, path=recording.path, size=size, expected=recording.size)
    raise RecordingGone(id=recording.id)


def _headers(recording: Recording) -> dict[str, str]:
    return {
        "ETag": f'"{recording.sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Type": "audio/wav",
        "Content-Disposition": f'inline; filename="{recording.name}.wav"',
    }


def _tags(header: str | None) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")} if header else set()


def _wanted(request: web.Request, tag: str, size: int) -> ByteRange | None:
    if request.headers.get("If-Range", tag).strip() != tag:
        return None
    return byte_range(request.headers.get("Range"), size)


async def _send(
    request: web.Request, file: BufferedReader, size: int, wanted: ByteRange | None, headers: dict[str, str]
) -> Played:
    status = HTTPStatus.OK
    part = wanted or ByteRange(0, size - 1)
    if wanted is not None:
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = part.length
    await response.prepare(request)
    if request.method != "GET":
        return Played(response)
    is_taken = await _copy(request, response, file, part)
    return Played(response, to_the_end=is_taken and part.last == size - 1)


async def _copy(request: web.Request, response: web.StreamResponse, file: BufferedReader, part: ByteRange) -> bool:
    """Send a part of the file; return whether the player took all of it."""
    await asyncio.to_thread(file.seek, part.first)
    left = part.length
    while left:
        block = await asyncio.to_thread(file.read, min(left, wav.BLOCK_BYTES))
        if not block:
            _abort(request)
            return False
        left -= len(block)
        try:
            await response.write(block)
        except ConnectionError:
            return False  # players drop a request whenever somebody moves to another place
    return True


def _abort(request: web.Request) -> None:
    """Cut the connection: with fewer bytes than promised, the player must not take what follows for sound."""
    log.error("recording_cut_while_played", path=request.path)
    if request.transport is not None:
        request.transport.abort()
