"""What is done about guests over HTTP: contacts, follow-ups, checks, ownership."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.guests import people, store
from callcenter.guests.models import Guest
from callcenter.guests.parts import PARTS, by, mask_for, rows_of, whole
from callcenter.guests.schemas import GuestOut
from callcenter.guests.work_models import FollowUp, GuestClaim
from callcenter.guests.work_schemas import (
    AbilityIn,
    AssignIn,
    CheckIn,
    ClaimIn,
    ClaimList,
    ClaimOut,
    ContactIn,
    DoneIn,
    DropIn,
    FollowUpFilter,
    FollowUpOut,
    FollowUpPage,
    OwnerList,
    OwnerOut,
)
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires, user_of
from callcenter.web.inputs import body, from_cursor, path_id, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer, no_content, one_page

routes = web.RouteTableDef()


@routes.post("/api/v1/guests/{id}/contacts")
@documented(Contract(body=ContactIn, answer=GuestOut, status=HTTPStatus.CREATED))
@requires("guests.edit")
async def note_contact(request: web.Request) -> web.Response:
    """Note that the house contacted a guest."""
    number = path_id(request, "guest")
    wanted = await body(request, ContactIn)
    async with request.app[DATABASE].begin() as session:
        follow_ups = request.app[PARTS].follow_ups
        guest = await follow_ups.contact(session, number, wanted.channel, wanted.side, wanted.note, by(request))
        return answer(await _whole(request, session, guest), HTTPStatus.CREATED)


@routes.get("/api/v1/follow-ups")
@documented(Contract(query=FollowUpFilter, answer=FollowUpPage))
@requires("guests.read")
async def list_follow_ups(request: web.Request) -> web.Response:
    """Show the contacts that are owed, the earliest due first."""
    wanted = query(request, FollowUpFilter)
    after = from_cursor(wanted.after) if wanted.after else None
    async with request.app[DATABASE].read() as session:
        found = await request.app[PARTS].follow_ups.page(
            session,
            state=wanted.state,
            kind=wanted.kind,
            owner_id=wanted.owner_id,
            due_by=wanted.due_by,
            limit=wanted.limit + 1,
            after=after,
        )
        shown, cursor = one_page(found, wanted.limit, lambda row: (row.due_at, row.id))
        return answer(FollowUpPage(items=await _follow_ups(request, session, shown), next=cursor))


@routes.post("/api/v1/follow-ups/{id}/done")
@documented(Contract(body=DoneIn, status=HTTPStatus.NO_CONTENT))
@requires("guests.edit")
async def finish_follow_up(request: web.Request) -> web.Response:
    """Close a follow-up with the contact that was made."""
    number = path_id(request, "follow_up")
    wanted = await body(request, DoneIn)
    async with request.app[DATABASE].begin() as session:
        await request.app[PARTS].follow_ups.done(session, number, wanted.channel, wanted.note, by(request))
    return no_content()


@routes.post("/api/v1/follow-ups/{id}/dropped")
@documented(Contract(body=DropIn, status=HTTPStatus.NO_CONTENT))
@requires("guests.edit")
async def drop_follow_up(request: web.Request) -> web.Response:
    """Close a follow-up without a contact, with a reason."""
    number = path_id(request, "follow_up")
    wanted = await body(request, DropIn)
    async with request.app[DATABASE].begin() as session:
        await request.app[PARTS].follow_ups.drop(session, number, wanted.reason, by(request))
    return no_content()


@routes.post("/api/v1/guests/{id}/check")
@documented(Contract(body=CheckIn, answer=GuestOut))
@requires("guests.check")
async def check_guest(request: web.Request) -> web.Response:
    """Note that a new card was checked; with a remark it goes back to be completed."""
    number = path_id(request, "guest")
    wanted = await body(request, CheckIn)
    async with request.app[DATABASE].begin() as session:
        guest = await request.app[PARTS].checks.check(session, number, wanted.remark, by(request))
        return answer(await _whole(request, session, guest))


@routes.post("/api/v1/guests/{id}/review")
@documented(Contract(answer=GuestOut))
@requires("guests.review")
async def review_guest(request: web.Request) -> web.Response:
    """Let a card count as the house's record."""
    number = path_id(request, "guest")
    async with request.app[DATABASE].begin() as session:
        guest = await request.app[PARTS].checks.review(session, number, by(request))
        return answer(await _whole(request, session, guest))


@routes.post("/api/v1/guests/{id}/conversion")
@documented(Contract(answer=GuestOut))
@requires("guests.edit")
async def convert_guest(request: web.Request) -> web.Response:
    """Turn a potential customer into a guest."""
    number = path_id(request, "guest")
    async with request.app[DATABASE].begin() as session:
        guest = await request.app[PARTS].checks.convert(session, number, by(request))
        return answer(await _whole(request, session, guest))


@routes.get("/api/v1/guests/{id}/claims")
@documented(Contract(answer=ClaimList))
@requires("guests.read")
async def list_claims(request: web.Request) -> web.Response:
    """Show who says that a guest is theirs, the first record first."""
    number = path_id(request, "guest")
    async with request.app[DATABASE].read() as session:
        found = await request.app[PARTS].guests.ownership.claims(session, await store.current_id(session, number))
        return answer(await _claims(session, found))


@routes.post("/api/v1/guests/{id}/claims")
@documented(Contract(body=ClaimIn, answer=ClaimList, status=HTTPStatus.CREATED))
@requires("guests.edit")
async def claim_guest(request: web.Request) -> web.Response:
    """Say that a guest is one's own customer: at once where it is nobody's, else the manager decides."""
    number = path_id(request, "guest")
    wanted = await body(request, ClaimIn)
    ownership = request.app[PARTS].guests.ownership
    async with request.app[DATABASE].begin() as session:
        user_id = user_of(request).user_id
        made = await ownership.claim(session, number, wanted.side, user_id, wanted.note, by(request))
        return answer(await _claims(session, await ownership.claims(session, made.guest_id)), HTTPStatus.CREATED)


@routes.put("/api/v1/guests/{id}/owner")
@documented(Contract(body=AssignIn, answer=GuestOut))
@requires("guests.assign")
async def assign_guest(request: web.Request) -> web.Response:
    """Decide whose customer a guest is, with a reason."""
    number = path_id(request, "guest")
    wanted = await body(request, AssignIn)
    ownership = request.app[PARTS].guests.ownership
    async with request.app[DATABASE].begin() as session:
        guest = await ownership.assign(session, number, wanted.side, wanted.owner_id, wanted.reason, by(request))
        return answer(await _whole(request, session, guest))


@routes.get("/api/v1/guest-disputes")
@documented(Contract(answer=ClaimList))
@requires("guests.read")
async def list_disputes(request: web.Request) -> web.Response:
    """Show the claims that wait for the manager, the oldest first."""
    async with request.app[DATABASE].read() as session:
        return answer(await _claims(session, await request.app[PARTS].guests.ownership.disputes(session)))


@routes.get("/api/v1/guest-owners")
@documented(Contract(answer=OwnerList))
@requires("guests.read")
async def list_owners(request: web.Request) -> web.Response:
    """Show who can own customers, with how many each has and gets."""
    async with request.app[DATABASE].read() as session:
        found = await people.owners(session)
    return answer(OwnerList(items=[OwnerOut.model_validate(one, from_attributes=True) for one in found]))


@routes.put("/api/v1/guest-owners/{id}")
@documented(Contract(body=AbilityIn, status=HTTPStatus.NO_CONTENT))
@requires("guests.assign")
async def set_ability(request: web.Request) -> web.Response:
    """Say what share of new customers somebody gets."""
    number = path_id(request, "user")
    wanted = await body(request, AbilityIn)
    async with request.app[DATABASE].begin() as session:
        ownership = request.app[PARTS].guests.ownership
        await ownership.set_ability(session, number, wanted.side, wanted.ability, by(request))
    return no_content()


async def _whole(request: web.Request, session: AsyncSession, guest: Guest) -> GuestOut:
    return await whole(session, await store.card(session, guest.id), mask_for(request))


async def _follow_ups(request: web.Request, session: AsyncSession, found: Sequence[FollowUp]) -> list[FollowUpOut]:
    guests = await store.by_ids(session, [row.guest_id for row in found])
    cards = {number: card.guest.id for card in await store.cards(session, guests) for number in card.ids}
    rows = {row.id: row for row in await rows_of(session, guests, mask_for(request))}
    names = await people.names_of(session, {row.owner_id for row in found if row.owner_id is not None})
    columns = [name for name in FollowUpOut.model_fields if name not in ("guest", "owner")]
    return [
        FollowUpOut(
            **{name: getattr(row, name) for name in columns},
            guest=rows[cards[row.guest_id]],
            owner=names.get(row.owner_id or 0),
        )
        for row in found
    ]


async def _claims(session: AsyncSession, found: Sequence[GuestClaim]) -> ClaimList:
    users = await people.names_of(session, {claim.user_id for claim in found})
    wanted = {claim.guest_id for claim in found}
    named = await session.execute(select(Guest.id, Guest.name).where(Guest.id.in_(wanted)))
    guests = {number: name for number, name in named}
    columns = [name for name in ClaimOut.model_fields if name not in ("guest", "user")]
    return ClaimList(
        items=[
            ClaimOut(
                **{name: getattr(claim, name) for name in columns},
                guest=guests[claim.guest_id],
                user=users.get(claim.user_id, ""),
            )
            for claim in found
        ]
    )
