"""Lists in the order of a column that the reader chooses, page by page: no row is shown twice or left out.

A page goes on behind the place (the column's value, the row's id) of the last row before it, so a column that is
sorted by is never null; who lacks a value is given one that stands at an end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

Rows = TypeVar("Rows", bound=Select[Any])

NEVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Where something that has not happened stands among instants."""


class Way(StrEnum):
    """Which end of a column comes first."""

    ASCENDING = "ascending"
    DESCENDING = "descending"


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column that a list can be sorted by; `of` reads its value from a row, `kind` is that of the values."""

    column: ColumnElement[Any] | InstrumentedAttribute[Any]
    kind: type
    of: Callable[[Any], Any]


def sorted_page(
    statement: Rows,
    key: SortKey,
    number: InstrumentedAttribute[int],
    way: Way,
    limit: int,
    after: tuple[Any, int] | None = None,
) -> Rows:
    """Let `statement` return at most `limit` rows in the order of `key`, beyond the place `after`."""
    column = key.column
    if after is not None:
        value, last = after
        if way is Way.ASCENDING:
            statement = statement.where(and_(column >= value, or_(column > value, number > last)))
        else:
            statement = statement.where(and_(column <= value, or_(column < value, number < last)))
    places = (column.asc(), number.asc()) if way is Way.ASCENDING else (column.desc(), number.desc())
    return statement.order_by(*places).limit(limit)
