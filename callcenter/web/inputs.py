"""What comes in over HTTP, checked: bodies, queries, ids in paths. Whatever does not fit raises a named error."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError, to_json

from callcenter.errors import InvalidInput, NotFound

MAX_ID = 2**63 - 1
YEARS = range(2000, 2200)

M = TypeVar("M", bound=BaseModel)
D = TypeVar("D", bound=date)


class Input(BaseModel):
    """Base of everything read from a client: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _printable(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("string_unicode", "contains invalid characters")
    return value


def _printable_lines(value: str) -> str:
    for line in value.split("\n"):
        _printable(line)
    return value


def _in_range(value: D) -> D:
    if value.year not in YEARS:
        raise PydanticCustomError("year_out_of_range", "year out of range")
    return value


Text = Annotated[str, AfterValidator(_printable)]
"""Text that both databases can hold: no control characters, no lone surrogates."""

Paragraph = Annotated[str, AfterValidator(_printable_lines)]
"""Text that may go over several lines."""

Instant = Annotated[AwareDatetime, AfterValidator(_in_range)]
"""An instant with its zone, in a year that makes sense."""

Day = Annotated[date, AfterValidator(_in_range)]
"""A day of the hotel, in a year that makes sense."""

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
"""The number of a row of ours."""


async def body(request: web.Request, model: type[M]) -> M:
    """Read the JSON body.

    Raises:
        InvalidInput: it is not JSON, is not declared as such, or does not fit `model`.
    """
    if request.content_type != "application/json":
        raise InvalidInput(problems=[{"field": "", "code": "content_type"}])
    raw = await request.read()
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise _invalid(error) from error


def query(request: web.Request, model: type[M]) -> M:
    """Read the query string; an empty value counts as not given.

    Raises:
        InvalidInput: it does not fit `model`.
    """
    try:
        return model.model_validate({key: value for key, value in request.query.items() if value})
    except ValidationError as error:
        raise _invalid(error) from error


def path_id(request: web.Request, kind: str, name: str = "id") -> int:
    """Read a numeric id from the path.

    Raises:
        NotFound: it is no id that a row of ours can have.
    """
    text = request.match_info[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= MAX_ID):
        raise NotFound(kind=kind, id=text[:64])
    return int(text)


def to_cursor(position: Sequence[Any]) -> str:
    """Turn the last row's place in the order into a cursor that clients hand back unread."""
    return base64.urlsafe_b64encode(to_json([position[0], position[1]])).decode().rstrip("=")


def from_cursor(cursor: str) -> tuple[datetime, int]:
    """Read a cursor made by `to_cursor` in a list by time.

    Raises:
        InvalidInput: it is not one of ours.
    """
    instant, number = position_of(cursor, datetime)
    return instant, number


def position_of(cursor: str, kind: type) -> tuple[Any, int]:
    """Read a cursor made by `to_cursor` in a list sorted by values of a `kind`: datetime, date, str or int.

    Raises:
        InvalidInput: it is not one of ours.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        value, number = _POSITIONS[kind].validate_json(raw)
    except (ValidationError, binascii.Error, ValueError) as error:
        raise InvalidInput(problems=[{"field": "after", "code": "cursor"}]) from error
    if not 0 <= number <= MAX_ID:
        raise InvalidInput(problems=[{"field": "after", "code": "cursor"}])
    return value, number


def _invalid(error: ValidationError) -> InvalidInput:
    return InvalidInput(
        problems=[
            {
                "field": ".".join(str(part) for part in detail["loc"]),
                "code": detail["type"],
                "context": {key: str(value) for key, value in detail.get("ctx", {}).items()},
            }
            for detail in error.errors(include_url=False, include_input=False)
        ]
    )


_POSITIONS: dict[type, TypeAdapter[tuple[Any, int]]] = {
    datetime: TypeAdapter(tuple[Instant, int]),
    date: TypeAdapter(tuple[Day, int]),
    str: TypeAdapter(tuple[Annotated[Text, Field(max_length=128)], int]),
    int: TypeAdapter(tuple[Annotated[int, Field(ge=-MAX_ID, le=MAX_ID)], int]),
}
