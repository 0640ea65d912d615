"""Mending Debian's Asterisk after it is unpacked: transcoding must not drop the sound of a newly connected phone.

Debian builds Asterisk with a patch of its own (2016_opus_plc) that makes `ast_translate` count missing RTP packets by
their sequence numbers and drop late ones. A translator outlives a transfer, the next phone's numbers begin elsewhere,
so in half of all transfers every frame of the new phone counts as late: it is missing from the recording, and from
the guest's ear when codecs differ, for minutes. In the other half up to 32,767 packets count as lost.

The patch begins with "is the last sequence number at most 0xffff?". The mend makes the answer always no: one byte, a
conditional jump made unconditional, after which the function does what Asterisk's own source says. Only that
comparison in that function of that file is touched, and only when it is found exactly once; any other build stays as
it is. Run by unpack.sh as `mend_translator.py FILE`; exits 1 with a sentence when it does not know the build.
"""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

FUNCTION = b"ast_translate"
BEGINNING = 256
"""The comparison stands in the first bytes of the function, right after its entry."""

_X86_64 = 62
_DYNSYM = 11
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")

# cmp REGISTER, 0xffff; ja FURTHER (short or near) … cmp REGISTER, 0x8000: "late" is decided a few instructions on
_COMPARISON = re.compile(
    rb"(?:\x3d|\x81[\xf8-\xff])\xff\xff\x00\x00(?P<jump>\x77|\x0f\x87)(?=.{1,80}?(?:\x3d|\x81[\xf8-\xff])\x00\x80\x00\x00)",
    re.DOTALL,
)
_MENDED = re.compile(
    rb"(?:\x3d|\x81[\xf8-\xff])\xff\xff\x00\x00(?:\xeb|\x90\xe9)(?=.{1,80}?(?:\x3d|\x81[\xf8-\xff])\x00\x80\x00\x00)",
    re.DOTALL,
)
_ALWAYS = {b"\x77": b"\xeb", b"\x0f\x87": b"\x90\xe9"}


class UnknownBuild(Exception):
    """The program is not the build that this mend is for; the message says in what."""


def mend(program: bytes) -> bytes:
    """Return `program` (an ELF file) with the comparison decided; one that is mended already is returned as it is.

    Raises:
        UnknownBuild: the function or the comparison is not where it is expected.
    """
    begin = _offset_of_function(program)
    code = program[begin : begin + BEGINNING]
    if len(_MENDED.findall(code)) == 1:
        return program
    found = list(_COMPARISON.finditer(code))
    if len(found) != 1:
        raise UnknownBuild(f"the comparison is found {len(found)} times in ast_translate")
    jump = found[0]["jump"]
    at = begin + found[0].start("jump")
    return program[:at] + _ALWAYS[jump] + program[at + len(jump) :]


def _offset_of_function(program: bytes) -> int:
    """Find where the function begins in the file, through the table of symbols that modules are linked by."""
    try:
        if program[:6] != b"\x7fELF\x02\x01" or struct.unpack_from("<H", program, 18)[0] != _X86_64:
            raise UnknownBuild("not a program for x86-64")
        table, count = struct.unpack_from("<Q", program, 40)[0], struct.unpack_from("<H", program, 60)[0]
        sections = [_SECTION.unpack_from(program, table + 64 * number) for number in range(count)]
        symbols = next(section for section in sections if section[1] == _DYNSYM)
        names = sections[symbols[6]]
        for at in range(symbols[4], symbols[4] + symbols[5], _SYMBOL.size):
            name, _, _, index, address, _ = _SYMBOL.unpack_from(program, at)
            end = program.index(b"\0", names[4] + name)
            if program[names[4] + name : end] == FUNCTION and 0 < index < count:
                return int(address - sections[index][3] + sections[index][4])
    except (struct.error, StopIteration, IndexError, ValueError) as error:
        raise UnknownBuild("its tables cannot be read") from error
    raise UnknownBuild("it has no function ast_translate")


def main(arguments: list[str]) -> int:
    """Mend the file that is named."""
    file = Path(arguments[1])
    program = file.read_bytes()
    try:
        mended = mend(program)
    except UnknownBuild as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if mended != program:
        file.write_bytes(mended)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
