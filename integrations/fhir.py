"""Read FHIR R4 as a stream: bundles of any type, single resources and NDJSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import ijson
from django.conf import settings

from integrations import fhir_fields, fhir_journal
from integrations.reasons import FileRefused, Reason
from integrations.records import Raw
from integrations.report import Report, Where

LARGEST_RESOURCE = 32 * 1024 * 1024  # bytes read for one resource; a bundle may be as large as a file may be
LARGEST_FIRST_LINE = 1024 * 1024  # bytes read to tell NDJSON from a bundle on one line
DEEPEST = 200  # levels; R4 resources have some ten
BUFFER = 8 * 1024  # bytes; also bounds how deep a chunk can go before it is noticed
STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
BROKEN = "Filen er ikke gyldig JSON, eller den er kuttet. Eksporter den på nytt. Ingenting er importert."
ENCODING = "Filen er ikke UTF-8. Eksporter den som UTF-8. Ingenting er importert."
TOO_LARGE = "Filen har en post som er for stor. Eksporter uten vedlegg. Ingenting er importert."
NOT_FHIR = "Filen har ingen FHIR-ressurser. Velg en FHIR R4-fil (JSON). Ingenting er importert."


class Metered:
    """A file that refuses to feed one resource without end, or brackets without end: parsing those is quadratic."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.since = 0
        self.depth = 0
        self.unclosed = b""  # how a string began that goes on in the next chunk

    def read(self, size: int = -1) -> bytes:
        """Read, and count what has been read since the last resource. Raises FileRefused."""
        chunk = self.file.read(size)
        self.since += len(chunk)
        self.measure(chunk)
        if self.since > LARGEST_RESOURCE or self.depth > DEEPEST:
            raise FileRefused(TOO_LARGE)
        return chunk

    def measure(self, chunk: bytes) -> None:
        """Follow the nesting outside strings."""
        bare, quote, rest = STRINGS.sub(b"", self.unclosed + chunk).partition(b'"')
        escapes = len(rest) - len(rest.rstrip(b"\\"))
        self.unclosed = quote + b"\\" * (escapes % 2)
        self.depth += bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")


def refuse_oversized(path: Path) -> None:
    """Raise FileRefused above settings.IMPORT_MAX_BYTES."""
    if path.stat().st_size > settings.IMPORT_MAX_BYTES:
        megabytes = settings.IMPORT_MAX_BYTES // 1024**2
        raise FileRefused(f"Filen er for stor. Del den i filer på høyst {megabytes} MB. Ingenting er importert.")


def read(path: Path, report: Report, name: str = "") -> Iterator[Raw]:
    """Yield the rows of one file; other resource types are counted by name. Raises FileRefused.

    `name` is the file's name in the report, that of the path unless given.
    """
    refuse_oversized(path)
    seen = 0
    for seen, (url, resource) in enumerate(resources(path), start=1):
        where = Where(name or path.name, seen, label_of(resource))
        yield from rows_of(url, resource, where, report)
    if not seen:
        raise FileRefused(NOT_FHIR)


def resources(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield (fullUrl, resource) of every resource in the file, one in memory at a time. Raises FileRefused."""
    try:
        if is_ndjson(path):
            yield from (("", document) for document in lines(path))
            return
        is_bundle = False
        for entry in parsed(path, "entry.item"):
            is_bundle = True
            if isinstance(entry, dict) and "resource" in entry:
                yield str(entry.get("fullUrl") or ""), entry["resource"]
        if not is_bundle:
            yield from (("", document) for document in parsed(path, "") if is_single(document))
    except (ijson.JSONError, RecursionError) as error:
        raise FileRefused(BROKEN) from error
    except UnicodeDecodeError as error:
        raise FileRefused(ENCODING) from error


def opened(path: Path) -> IO[bytes]:
    """Open the file after a byte order mark, if it has one."""
    file = path.open("rb")
    if file.read(3) != b"\xef\xbb\xbf":
        file.seek(0)
    return file


def parsed(path: Path, prefix: str) -> Iterator[Any]:
    """Yield every value under the prefix."""
    with opened(path) as file:
        metered = Metered(file)
        for value in ijson.items(metered, prefix, use_float=True, buf_size=BUFFER):
            metered.since = 0
            yield value


def is_ndjson(path: Path) -> bool:
    """Whether the first line is a whole resource, and others follow."""
    with opened(path) as file:
        first = file.readline(LARGEST_FIRST_LINE)
        if not first.endswith(b"\n"):
            return False
        return is_single(loaded(first))


def lines(path: Path) -> Iterator[Any]:
    """Yield the resource of each line; None for a line that is none. Raises FileRefused for an endless line."""
    with opened(path) as file:
        while line := file.readline(LARGEST_RESOURCE):
            if len(line) == LARGEST_RESOURCE:
                raise FileRefused(TOO_LARGE)
            if line.strip():
                yield loaded(line)


def loaded(line: bytes) -> Any:
    """Return the JSON of one line, or None."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def is_single(document: Any) -> bool:
    """Whether this is one resource; a bundle that comes here had no entries."""
    return is_resource(document) and document["resourceType"] != "Bundle"


def is_resource(value: Any) -> bool:
    """Whether the value looks like a FHIR resource."""
    return isinstance(value, dict) and isinstance(value.get("resourceType"), str)


def label_of(resource: Any) -> str:
    """Return `Patient/123` for the report."""
    if not is_resource(resource):
        return "?"
    return f"{resource['resourceType'][:40]}/{str(resource.get('id') or '?')[:64]}"


def rows_of(url: str, resource: Any, where: Where, report: Report) -> list[Raw]:
    """Return the rows a resource makes; none for other types, counted, and for what cannot be read, reported."""
    if not is_resource(resource):
        report.refuse(where, Reason.UNREADABLE)
        return []
    kind = resource["resourceType"]
    mapping, entries = fhir_fields.MAPPINGS.get(kind), fhir_journal.MAPPINGS.get(kind)
    is_read = mapping or entries or kind in fhir_fields.RECOGNISED
    report.count(f"{'read' if is_read else 'other'}.{kind[:40]}")
    try:
        if entries:
            return entries(url, resource, where)
        return [mapping(url, resource, where)] if mapping else []
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):  # a field of another shape than R4 says
        report.refuse(where, Reason.UNREADABLE)
        return []
