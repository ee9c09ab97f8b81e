"""Appointments that DigiCare and Helsenorge have agreed with patients (spec D13); what comes late changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from clinics.models import Clinic
from integrations import answers, people
from integrations.events import Apply, Refused, register
from integrations.neighbour_models import ForeignVersion, Neighbour, Why
from integrations.people import Named
from integrations.reading import Malformed, Reader
from timebook import foreign
from timebook.foreign import Agreed
from timebook.models import ActorKind, AppointmentType, Source

LONGEST = timedelta(days=1)
ACTORS = {"patient": ActorKind.PATIENT, "clinic": ActorKind.STAFF}
MOST_VERSIONS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Version:
    """Which appointment of the neighbour's, and which version of it."""

    neighbour: Neighbour
    external_id: str
    number: int

    def is_news(self, clinic: Clinic) -> bool:
        """Whether nothing newer has come; from now on this is the newest. Needs the caller's transaction."""
        known: dict[str, Any] = {"clinic": clinic, "neighbour": self.neighbour, "external_id": self.external_id}
        ForeignVersion.objects.get_or_create(**known)
        row = ForeignVersion.objects.select_for_update().get(**known)
        if row.version >= self.number:
            return False
        row.version = self.number
        row.save(update_fields=["version"])
        return True


@dataclass(frozen=True, slots=True)
class Standing:
    """An appointment as it stands after it was made or changed there."""

    version: Version
    patient: Named
    practitioner_id: str
    practitioner_name: str
    place: str
    type: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    by: ActorKind

    def apply(self, clinic: Clinic, now: datetime) -> dict[str, Any]:
        """Write it into the timebook. Raises Refused."""
        if not self.version.is_news(clinic):
            return {"result": "superseded"}
        try:
            appointment = foreign.take_in(self.agreed(clinic), now, is_untold=answers.waits)
        except foreign.ChangedHere:
            raise Refused(Why.CHANGED_HERE) from None
        except foreign.Occupied:
            raise Refused(Why.SLOT_TAKEN) from None
        except foreign.OtherPatient:
            raise Refused(Why.OTHER_PATIENT) from None
        return {"result": "done", "appointment": appointment.pk}

    def agreed(self, clinic: Clinic) -> Agreed:
        """Find the clinic's own parts. Raises Refused."""
        place = people.place_of(clinic, self.place)
        kind = type_of(clinic, self.version.neighbour, self.type)
        return Agreed(
            source=Source(self.version.neighbour),
            external_id=self.version.external_id,
            patient=people.patient_of(clinic, self.patient),
            practitioner=people.practitioner_of(clinic, self.practitioner_id, self.practitioner_name),
            place=place,
            type=kind,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            remark=self.remark(has_place=place is not None, has_type=kind.name.lower() == self.type.lower()),
            by=self.by,
        )

    def remark(self, *, has_place: bool, has_type: bool) -> str:
        """Keep for the staff what the clinic has no row for; the patient never sees it."""
        lines = [self.reason] if self.reason else []
        if self.place and not has_place:
            lines.append(_("Sted oppgitt: %(name)s") % {"name": self.place})
        if self.type and not has_type:
            lines.append(_("Timetype oppgitt: %(name)s") % {"name": self.type})
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An appointment that has been cancelled there."""

    version: Version
    by: ActorKind

    def apply(self, clinic: Clinic, now: datetime) -> dict[str, Any]:
        """Cancel it; one that we have not heard of is remembered as cancelled."""
        if not self.version.is_news(clinic):
            return {"result": "superseded"}
        source = Source(self.version.neighbour)
        found = foreign.cancel(clinic, source, self.version.external_id, by=self.by, now=now)
        return {"result": "done"} | ({"appointment": found.pk} if found else {})


def read_standing(neighbour: Neighbour, said: Reader) -> Apply:
    """Read `appointment.created` and `appointment.changed`, which say the same. Raises Malformed."""
    version = read_version(neighbour, said)
    patient = people.read_patient(said)
    who = said.part("practitioner")
    external_id, name = who.optional("id", 200), who.optional("name", 120)
    who.close()
    if not external_id and not name:
        raise Malformed("data.practitioner")
    starts_at, ends_at = said.moment("startsAt"), said.moment("endsAt")
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise Malformed("data.endsAt")
    return Standing(
        version=version,
        patient=patient,
        practitioner_id=external_id,
        practitioner_name=name,
        place=said.optional("place", 80),
        type=said.optional("type", 80),
        starts_at=starts_at,
        ends_at=ends_at,
        reason=said.optional("reason", 1_500),
        by=ACTORS[said.one_of("by", ACTORS)],
    ).apply


def read_cancelled(neighbour: Neighbour, said: Reader) -> Apply:
    """Read `appointment.cancelled`. Raises Malformed."""
    return Cancelled(read_version(neighbour, said), ACTORS[said.one_of("by", ACTORS)]).apply


def read_version(neighbour: Neighbour, said: Reader) -> Version:
    """Read which appointment. Raises Malformed."""
    return Version(neighbour, said.text("id", 120), said.number("version", MOST_VERSIONS))


def type_of(clinic: Clinic, neighbour: Neighbour, name: str) -> AppointmentType:
    """Return the clinic's type of that name, else the neighbour's own, which is offered for nothing else."""
    rows = AppointmentType.objects.of(clinic)
    if name and (found := rows.filter(name__iexact=name).first()):
        return found  # type: ignore[no-any-return]
    own = _("Time fra %(neighbour)s") % {"neighbour": neighbour.label}
    made: AppointmentType = rows.get_or_create(clinic=clinic, name=own, defaults={"is_active": False})[0]
    return made


for one in (Neighbour.DIGICARE, Neighbour.HELSENORGE):
    register(one, "appointment.created", read_standing)
    register(one, "appointment.changed", read_standing)
    register(one, "appointment.cancelled", read_cancelled)
