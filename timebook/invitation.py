"""The .ics in an appointment's e-mail: stable UID, rising SEQUENCE, METHOD; no clinical text (RFC 5545, 5546)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText

from notifications.kinds import CANCELLATIONS, Kind
from timebook.models import Appointment


def calendar(appointment: Appointment, kind: Kind, *, attendee: str, now: datetime, language: str) -> str:
    """Return the calendar entry as iCalendar text: REQUEST when it stands, CANCEL when it does not."""
    is_cancelled = kind in CANCELLATIONS
    document = Calendar()
    document.add("prodid", "-//Pasientvarsel//NO")
    document.add("version", "2.0")
    document.add("method", "CANCEL" if is_cancelled else "REQUEST")
    with translation.override(language):
        document.add_component(entry(appointment, is_cancelled=is_cancelled, attendee=attendee, now=now))
    return str(document.to_ical().decode())


def published(appointment: Appointment, *, now: datetime) -> bytes:
    """Return the same entry for the patient's own calendar, as they fetch it in the portal: nobody is invited."""
    document = Calendar()
    document.add("prodid", "-//Pasientvarsel//NO")
    document.add("version", "2.0")
    document.add("method", "PUBLISH")
    document.add_component(happening(appointment, is_cancelled=not appointment.is_booked, now=now))
    return bytes(document.to_ical())


def entry(appointment: Appointment, *, is_cancelled: bool, attendee: str, now: datetime) -> Event:
    """Return the event with who invites whom."""
    event = happening(appointment, is_cancelled=is_cancelled, now=now)
    organizer = vCalAddress(f"mailto:{settings.DEFAULT_FROM_EMAIL}")
    organizer.params["cn"] = vText(appointment.clinic.alias)
    event["organizer"] = organizer
    invited = vCalAddress(f"mailto:{attendee}")  # a REQUEST has one (RFC 5546); the address, never the name
    invited.params["partstat"] = vText("ACCEPTED")
    event.add("attendee", invited)
    return event


def happening(appointment: Appointment, *, is_cancelled: bool, now: datetime) -> Event:
    """Return the event: when, where, with whom; never what for (spec C4)."""
    event = Event()
    event.add("uid", f"{appointment.uid}@pasientvarsel")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", appointment.starts_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("summary", _("Time hos %(clinic)s") % {"clinic": appointment.clinic.alias})
    event.add("description", _("Behandler: %(name)s") % {"name": appointment.practitioner.name})
    if appointment.place:
        where = (appointment.place.name, appointment.place.address)
        event.add("location", ", ".join(part for part in where if part))
    event.add("transp", "OPAQUE")
    return event
