"""What goes out over HTTP: JSON, instants, pages of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar, overload

from aiohttp import web
from pydantic import BaseModel

from callcenter.web.inputs import to_cursor

Row = TypeVar("Row")


class Output(BaseModel):
    """Base of everything sent to a client."""


def columns(row: object, shape: type[Output], *but: str) -> dict[str, Any]:
    """Take from a row of the database what `shape` shows, `but` for what the row does not have by that name."""
    return {name: getattr(row, name) for name in shape.model_fields if name not in but}


def answer(content: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Send `content` as JSON."""
    return web.Response(body=content.model_dump_json().encode(), status=status, content_type="application/json")


def no_content() -> web.Response:
    """Say that it is done and there is nothing to show."""
    return web.Response(status=HTTPStatus.NO_CONTENT)


@overload
def isoformat(instant: datetime) -> str: ...
@overload
def isoformat(instant: None) -> None: ...
@overload
def isoformat(instant: datetime | None) -> str | None: ...
def isoformat(instant: datetime | None) -> str | None:
    """Write an instant as ISO 8601 in UTC with Z."""
    return None if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def one_page(
    rows: Sequence[Row], limit: int, position: Callable[[Row], Sequence[Any]]
) -> tuple[Sequence[Row], str | None]:
    """Cut `rows`, read with a limit of `limit + 1`, to one page; return it with the cursor of the next, or None."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], to_cursor(position(rows[limit - 1]))
