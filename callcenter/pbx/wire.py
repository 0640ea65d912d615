"""The bytes of Asterisk's manager interface: blocks of `Key: value` lines, each block ended by an empty line.

Bytes are split into blocks first and decoded afterwards, so a character that arrives in two reads survives.
What is not UTF-8 (a caller's name in GBK, say) is decoded with replacement characters and kept as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from callcenter.errors import InvalidInput

LINE_END = b"\r\n"
BLOCK_END = b"\r\n\r\n"
BANNER = b"Asterisk Call Manager/"

# Asterisk reads a line into 1024 bytes, its end included, and drops a longer one while it keeps the rest of the
# action: what was asked would silently be something else.
LONGEST_LINE = 1022
MOST_LINES = 127

# The head of every event that Asterisk sends of itself, when it has a name and stamps its events.
_HEAD = ("Event", "Privilege", "Timestamp", "SystemName")
# Asterisk's name begins each of these.
_CHANNEL_IDS = (
    "Uniqueid",
    "Linkedid",
    "DestUniqueid",
    "DestLinkedid",
    "SwapUniqueid",
    "TransfererUniqueid",
    "OrigTransfererUniqueid",
    "ParkeeUniqueid",
)
_REPEATABLE = frozenset({"ChanVariable", "DestChanVariable", "Variable", "Output"})

FieldValue = str | int | list[str] | tuple[str, ...]

# No key that was read from a line can hold a line end, so nobody can send such a field.
_RAW = "\r\nraw"


class WireOverflow(ValueError):
    """More bytes came without the end of a block than one message can have."""


class BadField(InvalidInput):
    """A key or value of an action cannot be sent as it is; params: `problems`, a list of `{field, reason}`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(problems=[{"field": field, "reason": reason}])


class Splitter:
    """Cuts a stream of bytes, in pieces of any size, into blocks.

    `banner` is the greeting line of the last connection seen in the stream, once its first block is complete.
    """

    def __init__(self, limit: int = 1 << 20) -> None:
        self.banner = ""
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next piece and return the blocks that it completes, without their empty lines.

        Raises:
            WireOverflow: more than `limit` bytes wait for the end of their block; the stream is of no use then.
        """
        self._buffer += data
        end = self._buffer.rfind(BLOCK_END, max(0, self._searched - len(BLOCK_END) + 1))
        blocks: list[bytes] = []
        if end >= 0:
            blocks = bytes(self._buffer[:end]).split(BLOCK_END)
            del self._buffer[: end + len(BLOCK_END)]
        self._searched = len(self._buffer)
        if len(self._buffer) > self._limit:
            raise WireOverflow(f"{len(self._buffer)} bytes without the end of a message")
        stripped = (self._without_banner(block).strip(LINE_END) for block in blocks)
        return [block for block in stripped if block]

    def _without_banner(self, block: bytes) -> bytes:
        if not block.startswith(BANNER):
            return block
        line, _, rest = block.partition(LINE_END)
        self.banner = line.decode("ascii", "replace")
        return rest


def parse(block: bytes) -> dict[str, str]:
    r"""Read a block into its fields.

    The values of a repeated key (`Variable`, the `Output` of a command) are joined with a line feed. A line
    without a colon carries no field and is left out. See `raw_value` for what is not UTF-8.
    """
    try:
        text = block.decode()
    except UnicodeDecodeError:
        return _parse_undecodable(block)
    lines = text.split("\r\n")
    fields: dict[str, str] = {}
    for line in lines:
        key, separator, value = line.partition(": ")
        if not separator:
            return _parse_irregular(lines)
        fields[key] = value
    return fields if len(fields) == len(lines) else _parse_irregular(lines)


def has_genuine_head(fields: Mapping[str, str], system_name: str) -> bool:
    """Tell whether an event begins as Asterisk begins its own; see `has_genuine_ids`.

    A caller can send line ends in his number (`%0D%0A` in the user part of an address), which Asterisk writes as they
    are: into the middle of a true event, and behind it, as events of his own. He does not know `system_name`, a
    secret that stands in the head of each event and begins the id of each channel.
    """
    return tuple(islice(fields, len(_HEAD))) == _HEAD and fields["SystemName"] == system_name


def has_genuine_ids(fields: Mapping[str, str], system_name: str) -> bool:
    """Tell whether every channel is one of the Asterisk that bears this name, and nothing was written in between."""
    begin = f"{system_name}-"
    if not all(fields[key].startswith(begin) for key in _CHANNEL_IDS if fields.get(key)):
        return False
    return not any("\n" in value for key, value in fields.items() if key not in _REPEATABLE)


def raw_value(fields: Mapping[str, str], key: str) -> bytes:
    """Return the bytes of a parsed value as they came, also when they are not UTF-8.

    Raises:
        KeyError: there is no such field.
    """
    kept = fields.get(key + _RAW)
    return fields[key].encode() if kept is None else kept.encode("latin-1")


def format_action(name: str, fields: Mapping[str, FieldValue]) -> bytes:
    """Write one action; a list gives one line for each of its items.

    Raises:
        BadField: a key or value holds CR, LF or NUL (it would become a second action), cannot be encoded, a key is
            empty or holds a colon, or Asterisk would not read the line or the action to its end.
    """
    lines = [_line("Action", name)]
    for key, value in fields.items():
        values = value if isinstance(value, list | tuple) else [value]
        lines += [_line(key, str(item)) for item in values]
    if len(lines) > MOST_LINES:
        raise BadField(name, f"more than {MOST_LINES} lines in one action")
    return LINE_END.join(lines) + BLOCK_END


def _line(key: str, value: str) -> bytes:
    if not key or ":" in key:
        raise BadField(key, "a key is not empty and holds no colon")
    if any(mark in text for text in (key, value) for mark in "\r\n\0"):
        raise BadField(key, "CR, LF and NUL cannot be sent")
    try:
        line = f"{key}: {value}".encode()
    except UnicodeEncodeError as error:
        raise BadField(key, "is not text that can be encoded in UTF-8") from error
    if len(line) > LONGEST_LINE:
        raise BadField(key, f"longer than the {LONGEST_LINE} bytes that Asterisk reads of a line")
    return line


def _parse_irregular(lines: list[str]) -> dict[str, str]:
    """Read lines among which are repeated keys, keys without a blank after the colon, or no keys at all."""
    fields: dict[str, str] = {}
    for line in lines:
        key, colon, value = line.partition(": ") if ": " in line else line.partition(":")
        if key in fields:
            fields[key] += "\n" + value
        elif colon:
            fields[key] = value
    return fields


def _parse_undecodable(block: bytes) -> dict[str, str]:
    """Read a block that is not UTF-8: values that do not decode are also kept, byte for byte, for `raw_value`."""
    # latin-1 gives each byte one character and back: the fields are cut as ever, then decoded one by one.
    fields: dict[str, str] = {}
    for key, value in parse(block.decode("latin-1").encode()).items():
        raw = value.encode("latin-1")
        fields[key] = raw.decode("utf-8", "replace")
        if raw != fields[key].encode():
            fields[key + _RAW] = value
    return fields
