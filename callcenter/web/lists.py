"""Any list of the API as a file: the list itself, read page by page through its own handler.

So a file holds what its reader would see on the page, with the same filters, masks and permission, by construction. A
slice names its lists once, each with its columns:

    routes = [exported("/api/v1/calls", list_calls, Listing("calls", Words(...), COLUMNS))]

and `GET /api/v1/calls/export?format=xlsx` takes the list's filters. Every export is written to the audit log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import BaseModel, create_model

from callcenter.settings import Words
from callcenter.web.app import CLOCK, DATABASE, ZONE
from callcenter.web.export import MEDIA, Batches, Column, FileFormat, Table, export
from callcenter.web.identity import AUDIT, Handler, address_of, requires, user_of
from callcenter.web.inputs import Input, query
from callcenter.web.openapi import Contract, documented

ACTION = "list.exported"
_PAGING = ("limit", "after")


def _items(page: Any) -> Sequence[Any]:
    rows: Sequence[Any] = page.items
    return rows


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as a file.

    Attributes:
        name: of the file, ASCII.
        title: of the sheet, and of the file in the reader's language.
        columns: what is written of each row.
        rows: takes the rows from the list's answer; one where the answer has several lists.
        part: which of these, for the address `…/export/part`; empty where there is only one.
        permission: what is wanted besides the list's own; None for nothing.
    """

    name: str
    title: Words
    columns: Sequence[Column[Any]]
    rows: Callable[[Any], Sequence[Any]] = _items
    part: str = ""
    permission: str | None = None


class _Export(Input):
    """As which file."""

    format: FileFormat = FileFormat.XLSX


def exported(path: str, handler: Handler, listing: Listing) -> web.RouteDef:
    """Return the route that gives the list behind `path`, which `handler` shows, as a file."""
    contract: Contract = handler.contract  # type: ignore[attr-defined]
    permission: str | None = handler.permission  # type: ignore[attr-defined]
    wanted = _filter_of(listing.name, contract)

    async def export_list(request: web.Request) -> web.StreamResponse:
        kind = query(request, wanted).format  # type: ignore[attr-defined]
        today = request.app[CLOCK].now().astimezone(request.app[ZONE]).date()
        table = Table(listing.name, listing.title, listing.columns, request.app[ZONE], today)

        async def note(rows: int) -> None:
            after = {"rows": rows, "format": kind.value, "filter": request.query_string}
            subject = ("list", listing.name)
            async with request.app[DATABASE].begin() as session:
                request.app[AUDIT](session, user_of(request), ACTION, subject, after=after, address=address_of(request))

        return await export(request, kind, table, _pages(request, handler, contract, listing), before_sending=note)

    name = listing.name.replace("-", "_")
    export_list.__name__ = f"export_{name}"
    export_list.__module__ = handler.__module__
    export_list.__doc__ = f"Give the list “{listing.title.en}” as a file; the export is logged."
    guarded = requires(listing.permission or permission)(
        documented(Contract(query=wanted, media=MEDIA, ids=contract.ids))(export_list)
    )
    return web.get(f"{path}/export/{listing.part}".rstrip("/"), guarded)


async def _pages(request: web.Request, handler: Handler, contract: Contract, listing: Listing) -> Batches:
    """Ask the list for one page after the other, as the same user with the same filters."""
    model = contract.answer
    if model is None:
        raise TypeError(f"{listing.name}: a list without a described answer")
    filters = {key: value for key, value in request.query.items() if key != "format"}
    if contract.query is not None and "limit" in contract.query.model_fields:
        filters["limit"] = str(_largest_page(contract.query))
    while True:
        answer = await handler(request.clone(rel_url=request.rel_url.with_query(filters)))
        if not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
            raise TypeError(f"{listing.name}: a list that does not answer in JSON")
        page = model.model_validate_json(answer.body)
        yield listing.rows(page)
        following = getattr(page, "next", None)
        if following is None:
            return
        filters["after"] = following


def _largest_page(model: type[BaseModel]) -> int:
    return int(model.model_json_schema()["properties"]["limit"]["maximum"])


def _filter_of(name: str, contract: Contract) -> type[BaseModel]:
    """Return the list's own filter without the paging, with the kind of file."""
    conditions = {} if contract.query is None else contract.query.model_fields
    fields: dict[str, Any] = {
        key: (condition.annotation, condition) for key, condition in conditions.items() if key not in _PAGING
    }
    model_name = "".join(part.title() for part in name.split("-")) + "Export"
    return create_model(model_name, __base__=_Export, __doc__="Which rows, as which file.", **fields)
