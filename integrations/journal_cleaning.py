"""Judge one journal entry by itself: its code, its days and its value. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

from integrations import code_systems
from integrations.reasons import Reason, Refused
from integrations.records import RawEntry
from integrations.times import read_day
from patients.journal import CODE_MAX, TEXT_MAX, CodeSystem, EntryType
from patients.registration import OLDEST

NUMBER = re.compile(
    r"^(?P<sign>[<>≤≥]=?)?\s*(?P<number>[-+]?(?:\d{1,3}(?:[ \u00a0]\d{3})+|\d+)(?:[.,]\d+)?(?:[eE][-+]?\d{1,3})?)$"
)
LONGEST_NUMBER = 60  # characters
TOO_MUCH = Decimal(10) ** 10  # ten digits before the point, four after it, as the rows hold
PLACES = Decimal("0.0001")
UNIT_MAX, ID_MAX = 20, 200  # characters, as the rows hold
KEPT_FIELDS = ("system", "code", "text", "starts_on", "ends_on", "value", "unit")


@dataclass(slots=True)
class CleanEntry:
    """A row that can be a journal entry."""

    raw: RawEntry
    patient: int
    external_id: str
    type: str
    system: str
    code: str
    text: str
    starts_on: date
    ends_on: date | None
    value: Decimal | None
    unit: str
    problems: list[Reason] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        """Return (type, external id): what the entry is known by at the clinic."""
        return self.type, self.external_id

    def kept(self) -> tuple[object, ...]:
        """Return what a later import may change, in the order of KEPT_FIELDS."""
        return tuple(getattr(self, name) for name in KEPT_FIELDS)


def clean(raw: RawEntry, patients: Mapping[str, int], *, now: datetime, zone: ZoneInfo) -> CleanEntry:
    """Return the row cleaned; `now` is aware. Raises Refused."""
    if raw.refusal:
        raise Refused(Reason(raw.refusal))
    if raw.type not in EntryType.values:
        raise Refused(Reason.BAD_ENTRY_TYPE)
    patient = patient_of(raw, patients)
    if patient is None:
        raise Refused(Reason.UNKNOWN_PATIENT)
    problems: list[Reason] = []
    starts_on, ends_on = days(raw, now, zone)
    system, code, display = coded(raw, problems)
    value, unit, words = measured(raw, problems)
    text = " ".join((raw.text or display).split())
    if not (code or text or raw.type == EntryType.CONTACT):
        raise Refused(Reason.NO_CODE)
    entry = CleanEntry(
        raw=raw,
        patient=patient,
        external_id="",
        type=raw.type,
        system=system.value,
        code=code,
        text=shortened(": ".join(filter(None, (text, words)))),
        starts_on=starts_on,
        ends_on=ends_on,
        value=value,
        unit=unit,
        problems=problems,
    )
    entry.external_id = id_of(raw) or fingerprint(entry)
    return entry


def patient_of(raw: RawEntry, patients: Mapping[str, int]) -> int | None:
    """Return the card by the best of the names that is known."""
    return next((patients[name] for name in raw.patient if name in patients), None)


def days(raw: RawEntry, now: datetime, zone: ZoneInfo) -> tuple[date, date | None]:
    """Return the first and the last day; what is over, nobody knows since when, ends as it begins. Raises Refused."""
    try:
        starts_on = read_day(raw.starts, zone)
    except (ValueError, OverflowError) as error:
        raise Refused(Reason.BAD_DAY) from error
    if not OLDEST <= starts_on <= now.astimezone(zone).date() + timedelta(days=1):
        raise Refused(Reason.BAD_DAY)
    if not raw.ends:
        return starts_on, starts_on if raw.is_over else None
    try:
        ends_on = read_day(raw.ends, zone, last=True)
    except (ValueError, OverflowError) as error:
        raise Refused(Reason.END_BEFORE_DAY) from error
    if ends_on < starts_on:
        raise Refused(Reason.END_BEFORE_DAY)
    return starts_on, ends_on


def coded(raw: RawEntry, problems: list[Reason]) -> tuple[CodeSystem, str, str]:
    """Return (table, code, words); the code in upper case without blanks, as searches compare it."""
    system, said, words = code_systems.best(raw.codings, raw.type)
    code = "".join(said.split()).upper()
    if len(code) > CODE_MAX:
        problems.append(Reason.LONG_CODE)
    return system, code[:CODE_MAX], words


def measured(raw: RawEntry, problems: list[Reason]) -> tuple[Decimal | None, str, str]:
    """Return (value, unit, words for the text): what is no plain number is kept as words."""
    answer, unit = " ".join(raw.answer.split()), " ".join(raw.unit.split())
    match = NUMBER.match(answer) if len(answer) <= LONGEST_NUMBER else None
    if not match:
        return None, "", " ".join(filter(None, (answer, unit))) if answer else ""
    number = Decimal(re.sub(r"[ \u00a0]", "", match["number"]).replace(",", "."))
    if abs(number) >= TOO_MUCH or len(unit) > UNIT_MAX:
        problems.append(Reason.BAD_VALUE)
        return None, "", f"{answer} {unit}".strip()
    return number.quantize(PLACES), unit, answer if match["sign"] else ""


def shortened(text: str) -> str:
    """Return the text as the row holds it."""
    return text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 1]}…"


def id_of(raw: RawEntry) -> str:
    """Return the sender's own id, folded to a fingerprint where the row cannot hold it; "" when there is none."""
    said = " ".join(raw.external_id.split())
    return said if len(said) <= ID_MAX else sha256(said.encode()).hexdigest()


def fingerprint(entry: CleanEntry) -> str:
    """Return an id for a file without ids: the same file is the same the second time."""
    parts = (entry.patient, entry.system, entry.code, entry.text, entry.starts_on, entry.value)
    return f"file:{sha256(repr(parts).encode()).hexdigest()}"
