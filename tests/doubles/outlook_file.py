"""Messages in the compound file format that Outlook saves, for which no library writes any."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TypeAlias

Entry: TypeAlias = "bytes | dict[str, Entry]"

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR, _SMALL = 512, 64


def outlook_message(
    texts: Mapping[int, str],
    *,
    blobs: Mapping[int, bytes] | None = None,
    receivers: tuple[str, ...] = (),
    attached: tuple[str, ...] = (),
) -> bytes:
    """Return a message with these properties, the names of receivers and of attachments."""
    root: dict[str, Entry] = _properties(texts, 32, blobs or {})
    for number, name in enumerate(receivers):
        root[f"__recip_version1.0_#{number:08X}"] = _properties({0x3001: name}, 8, {})
    for number, name in enumerate(attached):
        root[f"__attach_version1.0_#{number:08X}"] = _properties({0x3707: name}, 8, {})
    return _compound(root)


def _properties(
    texts: Mapping[int, str], header: int, blobs: Mapping[int, bytes]
) -> dict[str, Entry]:
    held: dict[str, Entry] = {}
    listed = bytes(header)
    values = {(id, 0x001F): text.encode("utf-16-le") for id, text in texts.items()}
    values |= {(id, 0x0102): blob for id, blob in blobs.items()}
    for (id, kind), value in values.items():
        held[f"__substg1.0_{id:04X}{kind:04X}"] = value
        listed += struct.pack("<HHIII", kind, id, 6, len(value), 0)
    held["__properties_version1.0"] = listed
    return held


def _compound(root: dict[str, Entry]) -> bytes:
    """Return a compound file with these streams and folders, all of them small."""
    entries: list[list[object]] = [["Root Entry", 5, _FREE, _FREE, 0, 0]]
    small, chains = bytearray(), []

    def put(folder: dict[str, Entry]) -> int:
        first = before = _FREE
        for name, content in folder.items():
            number = len(entries)
            is_folder = isinstance(content, dict)
            entries.append([name, 1 if is_folder else 2, _FREE, _FREE, 0, 0])
            if before == _FREE:
                first = number
            else:
                entries[before][2] = number
            before = number
            if isinstance(content, dict):
                entries[number][3] = put(content)
            elif content:
                start = len(small) // _SMALL
                small.extend(content + bytes(-len(content) % _SMALL))
                count = len(small) // _SMALL - start
                chains.extend([*range(start + 1, start + count), _END])
                entries[number][4:] = [start, len(content)]
        return first

    entries[0][3] = put(root)
    directory = len(entries) * 128
    sizes = [-(-directory // _SECTOR), -(-len(chains) * 4 // _SECTOR), -(-len(small) // _SECTOR)]
    starts = [1, 1 + sizes[0], 1 + sizes[0] + sizes[1]]
    entries[0][4:] = [starts[2], len(small)]
    fat = [_FAT]
    for start, size in zip(starts, sizes, strict=True):
        fat += [*range(start + 1, start + size), _END]
    head = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 0x3E, 3, 0xFFFE, 9, 6, bytes(6), 0, 1,
        starts[0], 0, 4096, starts[1], sizes[1], _END, 0,
    )  # fmt: skip
    head += struct.pack("<109I", 0, *[_FREE] * 108)
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(_SECTOR, b"\xff")
    links = struct.pack(f"<{len(chains)}I", *chains)
    return b"".join((
        head, table, _padded(b"".join(map(_entry, entries))),
        _padded(links, b"\xff"), _padded(bytes(small)),
    ))  # fmt: skip


def _entry(entry: list[object]) -> bytes:
    name, kind, right, child, start, size = entry
    written = (str(name) + "\0").encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", written.ljust(64, b"\0"), len(written), kind, 1, _FREE, right, child,
        bytes(16), 0, 0, 0, start, size,
    )  # fmt: skip


def _padded(data: bytes, fill: bytes = b"\0") -> bytes:
    return data + fill * (-len(data) % _SECTOR)
