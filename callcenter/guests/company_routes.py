"""Companies over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from callcenter.guests.companies import CompanyDraft, filed_late
from callcenter.guests.models import Company
from callcenter.guests.parts import PARTS, by
from callcenter.guests.rules import GuestRules
from callcenter.guests.schemas import CompanyFilter, CompanyIn, CompanyList, CompanyOut
from callcenter.web.app import DATABASE
from callcenter.web.identity import requires
from callcenter.web.inputs import body, path_id, query
from callcenter.web.openapi import Contract, documented
from callcenter.web.output import answer

routes = web.RouteTableDef()


@routes.get("/api/v1/companies")
@documented(Contract(query=CompanyFilter, answer=CompanyList))
@requires("guests.read")
async def list_companies(request: web.Request) -> web.Response:
    """Show companies, the active first."""
    wanted = query(request, CompanyFilter)
    parts = request.app[PARTS]
    async with request.app[DATABASE].read() as session:
        found = await parts.companies.page(session, wanted.q)
    return answer(CompanyList(items=[_out(company, parts.guests.rules) for company in found]))


@routes.post("/api/v1/companies")
@documented(Contract(body=CompanyIn, answer=CompanyOut, status=HTTPStatus.CREATED))
@requires("guests.companies")
async def create_company(request: web.Request) -> web.Response:
    """File a company."""
    wanted = await body(request, CompanyIn)
    parts = request.app[PARTS]
    async with request.app[DATABASE].begin() as session:
        company = await parts.companies.create(session, CompanyDraft(**wanted.model_dump()), by(request))
    return answer(_out(company, parts.guests.rules), HTTPStatus.CREATED)


@routes.put("/api/v1/companies/{id}")
@documented(Contract(body=CompanyIn, answer=CompanyOut))
@requires("guests.companies")
async def change_company(request: web.Request) -> web.Response:
    """Change a company."""
    number = path_id(request, "company")
    wanted = await body(request, CompanyIn)
    parts = request.app[PARTS]
    async with request.app[DATABASE].begin() as session:
        company = await parts.companies.change(session, number, CompanyDraft(**wanted.model_dump()), by(request))
    return answer(_out(company, parts.guests.rules))


def _out(company: Company, rules: GuestRules) -> CompanyOut:
    fields = {name: getattr(company, name) for name in CompanyOut.model_fields if name != "filed_late"}
    return CompanyOut(**fields, filed_late=filed_late(company, rules))
