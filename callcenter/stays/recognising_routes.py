"""Who may be meant by a name that is typed at check-in, over HTTP (requirements 4, special-attention list)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from aiohttp import web
from pydantic import Field

from callcenter.guests import documents
from callcenter.guests.kinds import Sex
from callcenter.stays import recognising
from callcenter.stays.parts import PARTS
from callcenter.stays.recognising import Known
from callcenter.web.identity import requires, user_of
from callcenter.web.inputs import Input, Text, query
from callcenter.web.masking import mask
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import Output, answer

SEE_CONFIDENTIAL = "stays.see_confidential"
SEE_NUMBERS = "guests.see_numbers"

routes = web.RouteTableDef()


class NameFilter(Input):
    """What was typed: a name, pinyin, initials, or a number."""

    q: Annotated[Text, Field(min_length=1, max_length=64)]


class KnownOut(Output):
    """Somebody who may be meant. `document` is masked; it is filled in from the card when he is registered.

    `room`: where he is in house now, empty where he is not. `stays`: how often he stayed before.
    """

    guest_id: int
    name: str
    latin: str
    phone: str
    sex: str
    birthday: date | None
    nationality: str
    origin: str
    address: str
    language: str
    level: str
    document_type: str
    document: str
    attention_colour: str | None
    attention_reason: str
    room: str
    stays: int
    last_departure: date | None


class KnownList(Output):
    """Who may be meant, the likeliest first."""

    items: list[KnownOut]


@routes.get("/api/v1/known-persons")
@documented(Contract(query=NameFilter, answer=KnownList))
@requires("stays.manage")
async def list_known_persons(request: web.Request) -> web.Response:
    """Show who may be meant by a typed name: on the special-attention list, in house now, a guest of former times."""
    wanted, user = query(request, NameFilter), user_of(request)
    by_number = user.may(SEE_NUMBERS)
    async with request.app[PARTS].database.read() as session:
        found = await recognising.known(session, wanted.q, by_number=by_number, confidential=user.may(SEE_CONFIDENTIAL))
    return answer(KnownList(items=[_out(one, see_numbers=by_number) for one in found]))


def _out(one: Known, *, see_numbers: bool) -> KnownOut:
    guest, paper = one.card.guest, recognising.paper_of(one.card, foreign=False)
    phone = next((number.number for number in one.card.numbers), "")
    return KnownOut(
        guest_id=guest.id,
        name=guest.name,
        latin=f"{guest.latin_surname} {guest.latin_given}".strip(),
        phone=phone if see_numbers else mask(phone),
        sex="" if guest.sex == Sex.UNKNOWN else guest.sex,
        birthday=guest.birthday,
        nationality=guest.nationality,
        origin=guest.origin,
        address=guest.address,
        language=guest.language,
        level=guest.level,
        document_type="" if paper is None else paper.type.value,
        document="" if paper is None else documents.masked(paper.number),
        attention_colour=guest.attention_colour,
        attention_reason=guest.attention_reason,
        room=one.room,
        stays=one.stays,
        last_departure=one.last_departure,
    )
