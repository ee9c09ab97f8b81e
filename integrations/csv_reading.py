"""Read CSV from any spreadsheet as a stream, and refuse what is none (threat 20)."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from integrations.fhir import refuse_oversized
from integrations.reasons import FileRefused

CHUNK = 1024 * 1024  # bytes
LONGEST_LINE = 256 * 1024  # bytes; a row of the clinic's has some hundreds
LONGEST_CELL = 32 * 1024  # characters
MOST_COLUMNS = 200
DELIMITERS = ";,\t"
NOTHING = "Ingenting er importert."
NUL = f"Filen er ikke en CSV-fil (den har binære tegn). Lagre regnearket som «CSV UTF-8». {NOTHING}"
LONG = f"Filen har en linje som er for lang. Se etter et anførselstegn som ikke er lukket. {NOTHING}"
UNKNOWN = f"Tegnsettet er ukjent. Lagre regnearket som «CSV UTF-8». {NOTHING}"
EMPTY = f"Filen er tom. Ta med overskriftsraden og minst én rad. {NOTHING}"


def encoding_of(path: Path) -> str:
    """Read the whole file once and return its encoding. Raises FileRefused for what is no text of sane lines."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    is_utf8, tail = True, 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if b"\0" in chunk:
                raise FileRefused(NUL)
            tail = refuse_long_lines(chunk, tail)
            is_utf8 = is_utf8 and decodes(decoder, chunk)
    if is_utf8 and decodes(decoder, b"", final=True):
        return "utf-8-sig"
    return "cp1252"


def refuse_long_lines(chunk: bytes, tail: int) -> int:
    """Return the length of the line the chunk ends in; `tail` is that of the one it began in. Raises FileRefused."""
    lines = chunk.replace(b"\r", b"\n").split(b"\n")
    lengths = [len(line) for line in lines]
    lengths[0] += tail
    if max(lengths) > LONGEST_LINE:
        raise FileRefused(LONG)
    return lengths[-1]


def decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    """Whether the next bytes are valid in the decoder's encoding."""
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def delimiter_of(header: str) -> str:
    """Return the delimiter that the header has most of; `;` when it has none."""
    return max(DELIMITERS, key=header.count)


def rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of every row that is not blank, the header first. Raises FileRefused."""
    refuse_oversized(path)
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        try:
            header = file.readline()
            file.seek(0)
            yield from cells(file, delimiter_of(header))
        except UnicodeDecodeError as error:
            raise FileRefused(UNKNOWN) from error


def cells(file: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of an open file. Raises FileRefused with the line number where quoting breaks down."""
    old_limit = csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, [cell.strip() for cell in row[:MOST_COLUMNS]]
    except csv.Error as error:
        raise FileRefused(
            f"Filen kan ikke leses videre fra linje {reader.line_num}: et anførselstegn er ikke lukket, "
            f"eller en celle er for lang. {NOTHING}"
        ) from error
    finally:
        csv.field_size_limit(old_limit)
