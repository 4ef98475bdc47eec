"""Takes from a shared library what only debuggers read: the tables after the last part that a program loads.

Run as `python shrink.py FILE...`. Any machine can do this for any other; `strip` is for its own machine only.
The format is the 64-bit ELF of https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

_IDENT = b"\x7fELF\x02\x01"  # 64 bit, little endian
_PROGRAM_TABLE = 0x20
_SECTION_TABLE = 0x28
_PROGRAM_ENTRIES = 0x36
_SECTION_ENTRIES = 0x3C


def shrunk(library: bytes) -> bytes:
    """The library up to the end of its last segment, with no section table; raises ValueError for what is no ELF."""
    if not library.startswith(_IDENT):
        raise ValueError("not a 64-bit little-endian ELF file")
    (table,) = struct.unpack_from("<Q", library, _PROGRAM_TABLE)
    size, count = struct.unpack_from("<HH", library, _PROGRAM_ENTRIES)
    end = table + size * count
    for number in range(count):
        offset, _, _, length = struct.unpack_from("<4Q", library, table + number * size + 8)
        end = max(end, offset + length)
    kept = bytearray(library[:end])
    struct.pack_into("<Q", kept, _SECTION_TABLE, 0)
    struct.pack_into("<HH", kept, _SECTION_ENTRIES, 0, 0)
    return bytes(kept)


if __name__ == "__main__":
    for _name in sys.argv[1:]:
        _place = Path(_name)
        _place.write_bytes(shrunk(_place.read_bytes()))
