"""What a file really is, by its content: PDF, JPEG, PNG or plain text, and nothing else (threat 20). Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from post.file_reasons import Why

MOST_PIXELS = 250_000_000  # a decompression bomb is a small file with a huge picture
MOST_INFLATED = 20_000_000  # bytes of a PDF's packed objects, all told
ABOUT_STREAM = 2_000  # bytes before a stream in which its dictionary stands
ZIP_TAIL = 66_000  # bytes from the end in which a ZIP's directory can be found, whatever stands before it
ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
PNG = b"\x89PNG\r\n\x1a\n"
PDF_ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia)(?![A-Za-z])")
PDF_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
JPEG_MARK = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # not stuffing, not restart marks
JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
MARKUP = re.compile(r"<\s*(!doctype|html|head|body|script|svg|iframe|object|embed|math|meta|\?xml|\?php|%)", re.I)
UNPRINTED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


class Refused(Exception):
    """The file is not taken; the text says why, in bokmål, and `why` in one word."""

    def __init__(self, why: Why, text: str) -> None:
        super().__init__(text)
        self.why = why


@dataclass(frozen=True, slots=True)
class Found:
    """What the content is, and the part of it that is kept."""

    content_type: str
    ending: str
    content: bytes


def inspect(content: bytes) -> Found:
    """Return what the file is; what hangs on after its end is cut off. Raises Refused."""
    if not content:
        raise Refused(Why.EMPTY, _("Filen er tom."))
    if content.startswith(ARCHIVES):
        raise Refused(Why.ARCHIVE, _("Arkiver (ZIP og lignende) tas ikke imot. Legg ved filene hver for seg."))
    if content.startswith(b"%PDF-"):
        found = Found("application/pdf", ".pdf", pdf(content))
    elif content.startswith(b"\xff\xd8\xff"):
        found = Found("image/jpeg", ".jpg", jpeg(content))
    elif content.startswith(PNG):
        found = Found("image/png", ".png", png(content))
    else:
        found = Found("text/plain", ".txt", plain_text(content))
    if b"PK\x05\x06" in found.content[-ZIP_TAIL:]:
        raise Refused(Why.ARCHIVE, _("Filen inneholder et arkiv og tas ikke imot."))
    return found


def pdf(content: bytes) -> bytes:
    """Return the PDF up to its end mark. Raises Refused for one with scripts, programs or files in it."""
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise broken("PDF")
    kept = content[: end + 5] + b"\n"
    outside, packed = taken_apart(kept)
    if any(PDF_ACTIVE.search(unescaped(part)) for part in [outside, *inflated(packed)]):
        raise Refused(
            Why.ACTIVE, _("PDF-en inneholder skript eller andre filer og tas ikke imot. Skriv den ut til PDF på nytt.")
        )
    return kept


def taken_apart(content: bytes) -> tuple[bytes, list[bytes]]:
    """Return what stands outside the PDF's streams, and the streams that hold objects; in one pass over the bytes."""
    outside, packed, at = [], [], 0
    while (begin := content.find(b"stream", at)) >= 0:
        inside = begin + len(b"stream")
        inside += 2 if content.startswith(b"\r\n", inside) else 1
        end = content.find(b"endstream", inside) if content[inside - 1 : inside] == b"\n" else -1
        outside.append(content[at:begin])
        if end < 0:  # the word alone, or a stream that never ends: all of it is looked into
            at = begin + len(b"stream")
            if content[inside - 1 : inside] == b"\n":
                break
            continue
        about = content[max(at, begin - ABOUT_STREAM) : begin].rpartition(b"obj")[2]
        if b"/ObjStm" in unescaped(about):
            packed.append(content[inside:end])
        at = end + len(b"endstream")
    outside.append(content[at:])
    return b"\n".join(outside), packed


def unescaped(part: bytes) -> bytes:
    """Undo the #4A way of writing names."""
    return PDF_HEX.sub(lambda found: bytes([int(found[1], 16)]), part)


def inflated(streams: list[bytes]) -> Iterator[bytes]:
    """Yield the streams unpacked; one that cannot be read, or too much of it all, is refused. Raises Refused."""
    left = MOST_INFLATED
    for stream in streams:
        try:
            content = zlib.decompressobj().decompress(stream, left)
        except zlib.error as error:
            raise Refused(
                Why.ACTIVE, _("PDF-en kan ikke kontrolleres. Lagre den uten passord, og legg den ved igjen.")
            ) from error
        left -= len(content)
        if left <= 0:
            raise Refused(Why.TOO_LARGE, _("PDF-en er for stor når den pakkes ut."))
        yield content


def jpeg(content: bytes) -> bytes:
    """Return the first picture: what phones hang on after its end is left out. Raises Refused."""
    at = 2
    while found := JPEG_MARK.search(content, at):
        mark, at = found[1][0], found.end()
        if mark == 0xD9:
            return content[:at]
        if mark == 0xD8:
            raise broken("JPEG")
        length = int.from_bytes(content[at : at + 2], "big")
        if length < 2 or at + length > len(content):
            raise broken("JPEG")
        if mark in JPEG_FRAMES:
            check_size(content[at + 5 : at + 7], content[at + 3 : at + 5])
        at += length
    raise broken("JPEG")


def png(content: bytes) -> bytes:
    """Return the picture up to its last chunk, with every checksum right. Raises Refused."""
    at = len(PNG)
    while at + 12 <= len(content):
        length, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            break
        if (at == len(PNG)) != (name == b"IHDR"):
            break
        if name == b"IHDR":
            check_size(content[at + 8 : at + 12], content[at + 12 : at + 16])
        if name == b"IEND":
            return content[:end]
        at = end
    raise broken("PNG")


def check_size(width: bytes, height: bytes) -> None:
    """Refuse a picture too large to be shown. Raises Refused."""
    pixels = int.from_bytes(width, "big") * int.from_bytes(height, "big")
    if not 0 < pixels <= MOST_PIXELS:
        raise Refused(Why.TOO_LARGE, _("Bildet er for stort til å vises."))


def plain_text(content: bytes) -> bytes:
    """Return the text in UTF-8; Windows' letters are read too. Raises Refused for markup, programs and the rest."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if UNPRINTED.search(text) or "\N{REPLACEMENT CHARACTER}" in text or text.startswith(("#!", "MZ")):
        raise Refused(Why.TYPE, _("Filtypen tas ikke imot. Legg ved PDF, JPEG, PNG eller ren tekst."))
    if MARKUP.search(text):
        raise Refused(Why.TYPE, _("Nettsider, SVG og skript tas ikke imot. Legg ved PDF, JPEG, PNG eller ren tekst."))
    return text.encode()


def broken(kind: str) -> Refused:
    """Return the refusal of a file that is not what it begins as."""
    return Refused(
        Why.BROKEN, _("Filen er ingen hel %(kind)s. Lagre den på nytt, og legg den ved igjen.") % {"kind": kind}
    )
