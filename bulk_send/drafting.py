"""A bulk while it is a draft: what it says, and who is moved between the two lists (spec I1-I3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bulk_send import eligibility
from bulk_send.models import SUBJECT_MAX, TEXT_MAX, Bulk, Purpose, Recipient, State, Type
from clinics import audit
from clinics.models import AuditAction, Practitioner, User
from notifications.bulk import delete_found, insert_found
from notifications.messages import one_line
from patients.models import Patient
from patients.names import search_key
from selection import false_positives
from selection.models import Member, Selection

PLAIN_BLANKS = " \n\t\u00a0"
NAMED = 20  # of those who fall out
FIELDS = ("type", "subject", "text", "purpose", "practitioner")


class Conflict(Exception):
    """A colleague changed or sent the draft meanwhile; `current` is the bulk as it is now."""

    def __init__(self, current: Bulk) -> None:
        super().__init__(_("Masseutsendelsen er endret av en annen i mellomtiden. Se over den, og prøv igjen."))
        self.current = current


@dataclass(frozen=True, slots=True)
class FellOut:
    """Those chosen who cannot get the new type: how many, and the first of them with the reason."""

    count: int
    named: Sequence[tuple[str, str]]  # name, reason code


def start(selection: Selection, *, by: User) -> Bulk:
    """Return the user's bulk for the selection: one not sent for good yet, or a new draft (back button, two tabs)."""
    begun = Bulk.objects.filter(selection=selection, created_by=by, state__in=[State.DRAFT, State.COUNTDOWN])
    bulk: Bulk | None = begun.order_by("pk").first()
    if bulk:
        return bulk
    closed = eligibility.unavailable(selection.clinic)
    first = next((kind for kind in Type if kind not in closed), Type.SMS)
    made: Bulk
    made, _is_new = Bulk.objects.get_or_create(
        selection=selection, created_by=by, state=State.DRAFT, defaults={"clinic": selection.clinic, "type": first}
    )
    return made


@transaction.atomic
def change(bulk: Bulk, *, version: int, by: User, **fields: Any) -> tuple[Bulk, FellOut]:
    """Change what the draft says; a new type lets those go who cannot get it. Raises Conflict, ValidationError.

    `fields` are some of type, subject, text, purpose and practitioner.
    """
    current = locked(bulk, version)
    before = current.type
    for name, value in cleaned(current, fields).items():
        setattr(current, name, value)
    current.version += 1
    current.updated_at = timezone.now()
    current.save(update_fields=[*fields, "version", "updated_at"])
    return current, let_go(current) if current.type != before else FellOut(0, ())


def cleaned(bulk: Bulk, fields: dict[str, Any]) -> dict[str, Any]:
    """Check every value. Raises ValidationError by field; a draft may be incomplete, never impossible."""
    errors: dict[str, str] = {}
    if unknown := set(fields) - set(FIELDS):
        raise TypeError(f"no such fields: {unknown}")
    if "type" in fields and fields["type"] not in Type.values:
        errors["type"] = _("Velg SMS eller EP-kontakt.")
    elif "type" in fields and (why := eligibility.unavailable(bulk.clinic).get(fields["type"])):
        errors["type"] = why
    if "subject" in fields:
        fields["subject"] = one_line(fields["subject"])
        if len(fields["subject"]) > SUBJECT_MAX:
            errors["subject"] = _("Emnet kan ha høyst %(most)s tegn.") % {"most": SUBJECT_MAX}
    if "text" in fields:
        fields["text"] = tidy(fields["text"])
        errors |= text_problem(fields["text"])
    if fields.get("purpose") and fields["purpose"] not in Purpose.values:
        errors["purpose"] = _("Velg et formål fra listen.")
    errors |= practitioner_problem(bulk, fields.get("practitioner"))
    if errors:
        raise ValidationError(errors)
    return fields


def tidy(text: str) -> str:
    """Make line ends one kind, other blanks plain ones, and drop soft hyphens, which Word leaves behind."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00ad", "")
    return "".join(" " if char.isspace() and char not in PLAIN_BLANKS else char for char in lines)


def text_problem(text: str) -> dict[str, str]:
    """Refuse what no phone or portal could show."""
    if len(text) > TEXT_MAX:
        return {"text": _("Teksten kan ha høyst %(most)s tegn.") % {"most": TEXT_MAX}}
    if any(not char.isprintable() and char not in PLAIN_BLANKS and char != "\u200d" for char in text):
        return {"text": _("Teksten har usynlige styretegn. Lim den inn som ren tekst.")}
    return {}


def practitioner_problem(bulk: Bulk, practitioner: Practitioner | None) -> dict[str, str]:
    """Refuse a practitioner of another clinic: the gate has scoped it already, this is the second wall."""
    if practitioner and practitioner.clinic_id != bulk.clinic_id:
        return {"practitioner": _("Behandleren hører ikke til klinikken.")}
    return {}


def locked(bulk: Bulk, version: int | None = None) -> Bulk:
    """Lock the bulk and return it fresh. Raises Conflict when it is no draft, or not the version looked at."""
    rows = Bulk.objects.select_for_update(of=("self",)).select_related("clinic", "selection__clinic")
    row: Bulk = rows.get(pk=bulk.pk)
    if not row.is_draft or (version is not None and row.version != version):
        raise Conflict(row)
    return row


def available(bulk: Bulk) -> QuerySet[Member]:
    """Return the right-hand list: those of the selection who are not moved, in its order.

    NOT IN reads the recipients once. NOT EXISTS would be joined by what the planner believes of a list that was filled
    a moment ago, which is that it is empty: a hundred thousand times a hundred thousand.
    """
    chosen = Recipient.objects.filter(bulk=bulk).order_by().values("patient")
    return members(bulk).exclude(patient__in=chosen).order_by("position")


def possible(bulk: Bulk) -> QuerySet[Member]:
    """Return those who can be moved, to be read a page at a time."""
    return able(bulk, available(bulk), by_row=True)


def able(bulk: Bulk, rows: QuerySet[Member], *, by_row: bool = False) -> QuerySet[Member]:
    """Keep those who can get the type, and whom nobody has marked falsk positiv (spec H3)."""
    why_not = eligibility.why_not(bulk.type, bulk.clinic, "patient__", by_row=by_row)
    return rows.annotate(why=why_not).filter(why="").exclude(patient__in=false_positives.among(bulk.selection))


def named_like(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Keep those whose name has words that begin so; æøå and accents do not stand in the way."""
    for word in search_key(text).split():
        rows = rows.filter(patient__search_name__regex=rf"(^| ){word}")
    return rows


@transaction.atomic
def choose(bulk: Bulk, patient_ids: Sequence[int]) -> None:
    """Move these to the left, those of them who can be (spec I2, I3). Raises Conflict."""
    current = locked(bulk)
    move(current, members(current).filter(patient__in=patient_ids))


@transaction.atomic
def choose_all(bulk: Bulk, text: str = "") -> None:
    """Move everyone possible to the left, or of those whose name fits. Raises Conflict."""
    current = locked(bulk)
    move(current, named_like(members(current), text))


def members(bulk: Bulk) -> QuerySet[Member]:
    """Return everyone of the selection, moved already or not."""
    return Member.objects.filter(selection=bulk.selection_id)


def move(bulk: Bulk, rows: QuerySet[Member]) -> None:
    """Insert those who can be moved as recipients, in the database; one who is there already stays.

    It does not ask who is there: the list would be read again for each row that it grows by. Needs the bulk's row lock.
    """
    found = able(bulk, rows).order_by("position").values_list("patient", "position")
    like = {"clinic": bulk.clinic_id, "bulk": bulk.pk, "state": "chosen", "reason": ""}
    is_begun = Recipient.objects.filter(bulk=bulk).exists()
    insert_found(Recipient, like, ["patient", "position"], found, skips_known=is_begun)
    touch(bulk)


@transaction.atomic
def remove(bulk: Bulk, patient_ids: Sequence[int]) -> None:
    """Move these back to the right. Raises Conflict."""
    current = locked(bulk)
    delete_found(Recipient.objects.filter(bulk=current, patient__in=patient_ids))
    touch(current)


@transaction.atomic
def remove_all(bulk: Bulk) -> None:
    """Move everyone back to the right. Raises Conflict."""
    current = locked(bulk)
    delete_found(Recipient.objects.filter(bulk=current))
    touch(current)


def touch(bulk: Bulk) -> None:
    """Raise the version: a colleague who sends must have seen these recipients."""
    bulk.version += 1
    bulk.updated_at = timezone.now()
    bulk.save(update_fields=["version", "updated_at"])


def let_go(bulk: Bulk) -> FellOut:
    """Move those back who cannot get the type, and say who they are."""
    judged = Recipient.objects.filter(bulk=bulk).annotate(why=eligibility.why_not(bulk.type, bulk.clinic, "patient__"))
    out = judged.exclude(why="")
    count = out.count()
    rows = out.order_by("position").values_list("patient", "why")[:NAMED]
    names = Patient.objects.of(bulk.clinic).in_bulk([pk for pk, _why in rows])
    named = [(names[pk].name, why) for pk, why in rows]
    delete_found(Recipient.objects.filter(pk__in=out.order_by().values("pk")))
    return FellOut(count, named)


@transaction.atomic
def discard(bulk: Bulk, *, by: User) -> None:
    """Throw the draft away; the selection stays, so that one can begin anew. Raises Conflict."""
    current = locked(bulk)
    audit.record(AuditAction.BULK, clinic=current.clinic, actor=by, what=f"discarded {current.pk}")
    delete_found(Recipient.objects.filter(bulk=current))
    current.delete()
