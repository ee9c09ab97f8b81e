"""Small files of every kind, made by hand."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib


def chunk(name: bytes, content: bytes) -> bytes:
    """Return one PNG chunk with its checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int = 1, height: int = 1) -> bytes:
    """Return a grey PNG; a huge one is a bomb of a few bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * min(1000, (width + 1) * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def segment(mark: int, content: bytes) -> bytes:
    """Return one JPEG segment."""
    return bytes([0xFF, mark]) + struct.pack(">H", len(content) + 2) + content


def jpeg(width: int = 1, height: int = 1) -> bytes:
    """Return the structure of a JPEG, with stuffed bytes, a restart mark and a thumbnail inside its first segment."""
    thumbnail = b"Exif\0\0\xff\xd8\xff\xd9"
    frame = segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + segment(0xE1, thumbnail) + segment(0xDB, b"\0" * 65) + frame + scan + b"\xff\xd9"


def pdf(inside: bytes = b"<< /Type /Catalog >>") -> bytes:
    """Return a PDF with one object."""
    return b"%PDF-1.7\n1 0 obj\n" + inside + b"\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def packed(inside: bytes) -> bytes:
    """Return a PDF whose object is inside a packed object stream."""
    stream = zlib.compress(inside)
    return pdf(b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + stream + b"\nendstream")


def archive() -> bytes:
    """Return a ZIP that unpacks to ten megabytes of nothing."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("bombe.txt", b"\0" * 10_000_000)
    return file.getvalue()
