"""Who of a clinic's patients is active at its e-contact provider: asked nightly and on demand (spec I2, I3).

A batch's answer is written before the next is asked. What breaks off leaves the marks of those not asked as they were,
and is tried again with a pause. The marks of a provider that the clinic no longer has go at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from clinics import audit
from clinics.models import AuditAction, Clinic, User
from integrations import calls, gateways
from integrations.gateways import HttpGateway
from integrations.neighbour_models import ActiveCheck, Result, Why
from notifications import hints
from notifications.providers.base import LookupFailed
from patients.models import Patient

log = logging.getLogger(__name__)
PATH = "/econtact/v1/active"
BATCH = 1_000  # patients in one question
NIGHT = range(1, 5)  # hours at the clinic
EVERY = timedelta(hours=20)
TRY_AGAIN = timedelta(minutes=15)  # after an attempt that broke off: a provider that is down is left alone
GIVEN_UP = timedelta(minutes=15)  # a worker that has been at it this long is dead
Asked = Sequence[tuple[int, dict[str, str], bool]]  # patient's pk, how they are named, the mark as it is


class BrokeOff(Exception):
    """The provider did not answer as the contract says."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@transaction.atomic
def want(clinic: Clinic, *, by: User, now: datetime) -> None:
    """Ask as soon as a worker is free; pressing twice asks once."""
    row = check_of(clinic)
    row.wanted_at = now
    row.save(update_fields=["wanted_at"])
    audit.record(AuditAction.SETTING, clinic=clinic, actor=by, what="asked who is active")
    transaction.on_commit(lambda: hints.offer("integrations.tasks.refresh_active"), robust=True)


def check_of(clinic: Clinic) -> ActiveCheck:
    """Return the clinic's row."""
    row: ActiveCheck = ActiveCheck.objects.get_or_create(clinic=clinic)[0]
    return row


def shown(clinic: Clinic, neighbour: str) -> ActiveCheck | None:
    """Return what the neighbour's page tells, None for one that is not the clinic's e-contact provider."""
    if clinic.econtact_provider != neighbour:
        return None
    found: ActiveCheck | None = ActiveCheck.objects.of(clinic).filter(provider__in=["", neighbour]).first()
    return found or ActiveCheck(clinic=clinic)


def last_asked(clinic: Clinic) -> datetime | None:
    """Return when the provider that the clinic has now was last asked about everyone."""
    found = ActiveCheck.objects.of(clinic).filter(provider=clinic.econtact_provider).first()
    return found.asked_at if found else None


def forget_former(now: datetime) -> None:
    """Take the marks of every provider that a clinic no longer has; a new one is asked as soon as a worker is free."""
    former = ActiveCheck.objects.exclude(provider="").exclude(provider=F("clinic__econtact_provider"))
    for pk in former.values_list("pk", flat=True):
        with transaction.atomic():
            row = former.select_for_update(of=("self",)).select_related("clinic").filter(pk=pk).first()
            if row is None or is_at_it(row, now):  # done by another worker; or one asks the former: next time
                continue
            Patient.objects.of(row.clinic).filter(has_econtact=True).update(has_econtact=False)
            row.provider, row.begun_at, row.asked_at, row.asked, row.active, row.reason = "", None, None, 0, 0, ""
            row.wanted_at, row.tried_at = (now if row.clinic.econtact_provider else None), None
            row.save()


def due(now: datetime) -> list[int]:
    """Return the clinics to ask about now: those that somebody waits for, and each night the others."""
    rows = Clinic.objects.filter(is_active=True).exclude(econtact_provider="").order_by("pk")
    known = {row.clinic_id: row for row in ActiveCheck.objects.filter(clinic__in=rows)}
    return [clinic.pk for clinic in rows if is_due(clinic, known.get(clinic.pk), now)]


def is_due(clinic: Clinic, row: ActiveCheck | None, now: datetime) -> bool:
    """Whether the clinic's turn has come; a worker at it is left alone."""
    if row and is_at_it(row, now):
        return False
    if row and row.wanted_at:
        return True
    if row and row.tried_at and now - row.tried_at < TRY_AGAIN:
        return False
    is_old = row is None or row.asked_at is None or now - row.asked_at > EVERY
    return is_old and now.astimezone(clinic.zone).hour in NIGHT


def is_at_it(row: ActiveCheck, now: datetime) -> bool:
    """Whether a worker is asking, and not given up."""
    return row.begun_at is not None and now - row.begun_at < GIVEN_UP


def refresh(pk: int, now: datetime) -> bool:
    """Ask about everyone at the clinic. Returns whether that was done; another worker's clinic is left alone."""
    clinic = Clinic.objects.get(pk=pk)
    if not clinic.econtact_provider:  # taken away meanwhile
        return False
    row = check_of(clinic)
    free = Q(begun_at=None) | Q(begun_at__lt=now - GIVEN_UP)
    if not ActiveCheck.objects.filter(free, pk=row.pk).update(begun_at=now, wanted_at=None):
        return False
    done: dict[str, Any] = {"begun_at": None, "tried_at": None, "provider": clinic.econtact_provider}
    why: Why | None = None
    try:
        asked, active = ask_all(clinic)
    except BrokeOff as error:
        why, done["tried_at"] = error.why, now
    else:
        done |= {"asked_at": now, "asked": asked, "active": active}
    ActiveCheck.objects.filter(pk=row.pk).update(**done, reason=why or "")
    calls.note(clinic, clinic.econtact_provider, "active", Result.FAILED if why else Result.DONE, why, now)
    return why is None


def ask_all(clinic: Clinic) -> tuple[int, int]:
    """Ask by the batch and write the marks. Returns how many were asked about, and how many are active."""
    gateway = gateways.made(clinic.econtact_provider)
    if not gateway.is_set_up:
        raise BrokeOff(Why.NO_ADDRESS)
    if gateway.is_real and clinic.is_demo:
        raise BrokeOff(Why.NOT_GRANTED)  # invented people are nobody the provider knows
    asked = active = 0
    for batch in batches(clinic):
        named = [one for one in batch if one[1]["value"]]
        found = ask(gateway, named) if named else set()
        write(batch, found)
        asked, active = asked + len(named), active + sum(one[1]["value"] in found for one in named)
    return asked, active


def batches(clinic: Clinic) -> Iterator[Asked]:
    """Yield the clinic's patients, 1,000 at a time, in constant memory and without holding the database."""
    last = 0
    rows = Patient.objects.of(clinic).order_by("pk").annotate(national=F("person__national_number"))
    while page := list(rows.filter(pk__gt=last).values_list("pk", "national", "local_number", "has_econtact")[:BATCH]):
        last = page[-1][0]
        yield [(pk, gateways.numbered(national or "", local), mark) for pk, national, local, mark in page]


def ask(gateway: HttpGateway, named: Asked) -> set[str]:
    """Return the numbers of those who are active. Raises BrokeOff."""
    try:
        status, answer = gateway.ask("POST", PATH, {"recipients": [name for _, name, _ in named]})
    except LookupFailed:
        raise BrokeOff(Why.NO_CONTACT) from None
    if status in (401, 403):
        raise BrokeOff(Why.OUR_KEY)
    if status != 200 or not isinstance(answer, Mapping) or not isinstance(answer.get("active"), list):
        raise BrokeOff(Why.THEIR_ERROR)
    return {name["value"] for _, name, _ in named}.intersection(one for one in answer["active"] if isinstance(one, str))


def write(batch: Asked, active: set[str]) -> None:
    """Set the marks that have changed, one statement each way."""
    for mark in (True, False):
        changed = [pk for pk, name, was in batch if (name["value"] in active) == mark and was != mark]
        Patient.objects.filter(pk__in=changed).update(has_econtact=mark)
