"""Which bytes of a file a player asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class RangeNotSatisfiable(Exception):
    """The file holds none of the bytes asked for."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """From byte `first` to byte `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """The number of bytes."""
        return self.last - self.first + 1


def byte_range(header: str | None, size: int) -> ByteRange | None:
    """Return the range that `header` asks for of a file of `size` bytes; None means the whole file.

    Headers that are malformed, of another unit or of several ranges are ignored, as the RFC allows.

    Raises:
        RangeNotSatisfiable: the range begins beyond the end.
    """
    match = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.group(0) == "bytes=-":
        return None
    begin, end = match.groups()
    if not begin:
        first, last = max(0, size - int(end)), size - 1
    else:
        first, last = int(begin), min(int(end), size - 1) if end else size - 1
        if end and int(end) < first:
            return None
    if first >= size:
        raise RangeNotSatisfiable
    return ByteRange(first, last)
