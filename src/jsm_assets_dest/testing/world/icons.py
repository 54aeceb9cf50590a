"""The icons of every workspace, and generated PNG images."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache

from .entities import Icon

_ICON_NAMES = {
    "2": "Application", "5": "Award", "7": "Badge", "9": "Bank", "11": "Book", "13": "Building", "15": "Bus",
    "17": "Calendar", "19": "Camera", "21": "Car", "23": "Certificate", "25": "Cloud", "27": "Computer",
    "28": "Cottage", "31": "Database", "34": "Document", "37": "Earth", "40": "Factory", "43": "File",
    "46": "Folder", "49": "Gear", "52": "Hard Drive", "55": "Headset", "58": "Key", "61": "Laptop",
    "64": "License", "67": "Lock", "68": "Mac OS", "69": "Marker", "70": "Master", "71": "Memory Slot",
    "72": "Mic", "78": "Mobile Phone", "84": "Monitor", "90": "Network", "96": "Office", "102": "Phone",
    "108": "Printer", "114": "Router", "120": "Server", "126": "User", "131": "Users", "140": "Virtual Machine",
    "150": "Windows", "164": "Service",
}  # fmt: skip

LAST_ICON_ID = 170
"""
Programs create types with "1" to "164". The ids are an open list of about 1 to 170, so all of them exist here.
"""

DEFAULT_ICON_ID = "2"
IMAGE_SIZES = (16, 48, 72, 144, 288)


def global_icons() -> dict[str, Icon]:
    """Return new icons by id. Ids 13, 28, 68 to 72, 131 and 164 have the names of Atlassian's examples."""
    ids = [str(number) for number in range(1, LAST_ICON_ID + 1)]
    return {icon_id: Icon(id=icon_id, name=_ICON_NAMES.get(icon_id, f"Icon {icon_id}")) for icon_id in ids}


@lru_cache(maxsize=64)
def image(size: int, seed: str) -> bytes:
    """Return a square PNG in one color that depends on the seed."""
    colour = zlib.crc32(seed.encode())
    pixel = bytes(((colour >> shift) & 0x7F) + 0x50 for shift in (0, 8, 16))
    rows = (b"\x00" + pixel * size) * size

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", header)
        + part(b"IDAT", zlib.compress(rows, 9))
        + part(b"IEND", b"")
    )
