"""Rows as the files have them, before anything is judged: plain strings that can be spooled to disk."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from integrations.report import Where


class RawPractitioner(NamedTuple):
    """A practitioner; `external_id` is what a second import finds them by."""

    where: Where
    refs: list[str]
    external_id: str
    name: str
    title: str


class RawPatient(NamedTuple):
    """A patient. `refs` are the names that other rows of the files use for it."""

    where: Where
    refs: list[str]
    given_name: str
    family_name: str
    national_number: str
    local_number: str
    birth_date: str
    sex: str
    email: str
    phone: str
    consent: str
    preferred_method: str
    practitioner: str
    is_dead: bool
    in_use: bool
    postal_code: str
    municipality: str
    has_econtact: str


class RawAppointment(NamedTuple):
    """An appointment. Times as written; `patient` and `practitioner` are references, best first."""

    where: Where
    external_id: str
    patient: list[str]
    practitioner: list[str]
    place: str
    types: list[str]
    starts: str
    ends: str
    minutes: str
    status: str


class RawMedication(NamedTuple):
    """A medicine that entries name by reference; `codings` as in RawEntry."""

    where: Where
    refs: list[str]
    codings: list[list[str]]
    text: str


class RawEntry(NamedTuple):
    """A journal entry. `codings` are [system, code, words]; `medication` is a reference where it has none itself.

    `answer` is a number or words. `is_over` ends an entry whose end is not known. `refusal` is the Reason for which the
    sender itself does not stand by the entry, else "".
    """

    where: Where
    type: str
    external_id: str
    patient: list[str]
    codings: list[list[str]]
    text: str
    medication: str
    starts: str
    ends: str
    is_over: bool
    answer: str
    unit: str
    refusal: str


KINDS = (RawPractitioner, RawPatient, RawAppointment, RawMedication, RawEntry)
Raw = RawPractitioner | RawPatient | RawAppointment | RawMedication | RawEntry
Row = TypeVar("Row", RawPractitioner, RawPatient, RawAppointment, RawMedication, RawEntry)


class Spool:
    """Rows of all files on disk, by kind: patients can be written before the appointments that name them.

    Costs no memory, and a file that breaks off half-way has written nothing yet.
    """

    def __init__(self) -> None:
        self.files = {
            kind: tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - closed by close()
            for kind in KINDS
        }
        self.totals = dict.fromkeys(self.files, 0)

    def add(self, raw: Raw) -> None:
        """Append one row."""
        self.files[type(raw)].write(json.dumps(raw) + "\n")
        self.totals[type(raw)] += 1

    def batches(self, kind: type[Row], size: int) -> Iterator[list[Row]]:
        """Yield all rows of a kind, `size` at a time."""
        lines = self.files[kind]
        lines.seek(0)
        while batch := [restored(kind, json.loads(line)) for line in islice(lines, size)]:
            yield batch

    def close(self) -> None:
        """Let go of the disk space."""
        for lines in self.files.values():
            lines.close()


def restored(kind: type[Row], values: list[Any]) -> Row:
    """Return the row that was spooled as a list."""
    return kind(Where(*values[0]), *values[1:])
