"""Numbers and rooms whose calls are never recorded; the exchange keeps the list, so it holds without us."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from callcenter.errors import InvalidInput
from callcenter.telephony import Telephony
from callcenter.web.app import DATABASE
from callcenter.web.identity import AUDIT, address_of, requires, user_of
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer, no_content

_NUMBER = re.compile(r"\+?[0-9]{3,20}")


@dataclass(frozen=True, slots=True)
class ExclusionParts:
    """What these routes need: the exchange."""

    telephony: Telephony


PARTS: web.AppKey[ExclusionParts] = web.AppKey("exclusion_parts", ExclusionParts)

routes = web.RouteTableDef()


class ExclusionsOut(Output):
    """The numbers and rooms that are never recorded, without a leading +."""

    numbers: list[str]


def setup(app: web.Application, parts: ExclusionParts) -> None:
    """Add this slice's routes to `app`."""
    app[PARTS] = parts
    app.add_routes(routes)


@routes.get("/api/v1/recording-exclusions")
@documented(Contract(answer=ExclusionsOut))
@requires("recordings.exclude")
async def list_exclusions(request: web.Request) -> web.Response:
    """Show the numbers and rooms that are never recorded."""
    return answer(ExclusionsOut(numbers=await request.app[PARTS].telephony.numbers_not_recorded()))


@routes.put("/api/v1/recording-exclusions/{number}")
@documented(Contract(status=HTTPStatus.NO_CONTENT, ids="string"))
@requires("recordings.exclude")
async def exclude(request: web.Request) -> web.Response:
    """Record calls of this number or room no more, from its next call on."""
    return await _set(request, excluded=True)


@routes.delete("/api/v1/recording-exclusions/{number}")
@documented(Contract(status=HTTPStatus.NO_CONTENT, ids="string"))
@requires("recordings.exclude")
async def include(request: web.Request) -> web.Response:
    """Record calls of this number or room again, from its next call on."""
    return await _set(request, excluded=False)


async def _set(request: web.Request, *, excluded: bool) -> web.Response:
    number = request.match_info["number"]
    if _NUMBER.fullmatch(number) is None:
        raise InvalidInput(problems=[{"field": "number", "code": "string_pattern_mismatch"}])
    await request.app[PARTS].telephony.exclude_from_recording(number, excluded=excluded)
    action = "recording.excluded" if excluded else "recording.included"
    async with request.app[DATABASE].begin() as session:
        request.app[AUDIT](session, user_of(request), action, ("number", number), address=address_of(request))
    return no_content()
