"""The calendar feed: make, rotate and end it, find it by its secret, and write it (RFC 5545); no clinical text ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from clinics import audit
from clinics.hashing import hashed
from clinics.models import AuditAction, AuditEvent, Clinic, Practitioner, User
from timebook.feed_models import CalendarFeed, Shows
from timebook.models import Appointment, Status

BEHIND, AHEAD = timedelta(days=30), timedelta(days=90)
LOGGED = "calendar feed"


def practitioner_of(user: User, clinic: Clinic) -> Practitioner | None:
    """Return who the user is in the clinic's timebook."""
    found: Practitioner | None = Practitioner.objects.of(clinic).filter(user=user, is_active=True).first()
    return found


def of(practitioner: Practitioner, user: User) -> CalendarFeed | None:
    """Return the user's feed; one that an earlier user of the practitioner's left is none."""
    found: CalendarFeed | None = CalendarFeed.objects.filter(practitioner=practitioner, user=user).first()
    return found


@transaction.atomic
def make(practitioner: Practitioner, *, by: User, shows: Shows, now: datetime) -> str:
    """Make the feed, or give it a new secret; the address before it is dead at once. Returns the secret."""
    secret = token_urlsafe(24)
    fresh = {"clinic": practitioner.clinic, "user": by, "secret_hash": hashed(secret), "shows": shows, "made_at": now}
    CalendarFeed.objects.update_or_create(practitioner=practitioner, defaults=fresh)
    audit.record(AuditAction.SETTING, clinic=practitioner.clinic, actor=by, what=f"{LOGGED} made: {shows}")
    return secret


@transaction.atomic
def end(practitioner: Practitioner, *, by: User) -> bool:
    """Let nobody read it any more. Returns False when there was none."""
    gone, _by_model = CalendarFeed.objects.filter(practitioner=practitioner).delete()
    if gone:
        audit.record(AuditAction.SETTING, clinic=practitioner.clinic, actor=by, what=f"{LOGGED} withdrawn")
    return bool(gone)


def find(secret: str) -> CalendarFeed | None:
    """Return the feed of someone who still works at the clinic as this practitioner, in one query."""
    rows = CalendarFeed.objects.filter(
        secret_hash=hashed(secret),
        clinic__is_active=True,
        practitioner__is_active=True,
        practitioner__user=F("user"),
        user__is_active=True,
        user__memberships__clinic=F("clinic"),
        user__memberships__is_active=True,
    )
    found: CalendarFeed | None = rows.select_related("clinic", "practitioner", "user").first()
    return found


def appointments(feed: CalendarFeed, now: datetime) -> Sequence[Appointment]:
    """Return what stands from 30 days back to 90 ahead, in one query."""
    rows = Appointment.objects.of(feed.clinic).filter(practitioner=feed.practitioner, status=Status.BOOKED)
    rows = rows.filter(starts_at__gte=now - BEHIND, starts_at__lt=now + AHEAD).select_related("place", "patient")
    return list(rows.defer("remark").order_by("starts_at", "pk"))


def write(feed: CalendarFeed, now: datetime) -> bytes:
    """Return the feed as iCalendar; the patients it names are in the log once a day."""
    rows = appointments(feed, now)
    if feed.shows != Shows.BUSY:
        log_readers(feed, {row.patient_id for row in rows}, now)
    document = Calendar()
    document.add("prodid", "-//Pasientvarsel//NO")
    document.add("version", "2.0")
    document.add("method", "PUBLISH")
    document.add("x-wr-calname", _("Timebok %(clinic)s") % {"clinic": feed.clinic.alias})
    document.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for row in rows:
        document.add_component(entry(row, feed))
    return bytes(document.to_ical())


def entry(row: Appointment, feed: CalendarFeed) -> Event:
    """Return one appointment: when and where; never what for."""
    event = Event()
    event.add("uid", f"{row.uid}@pasientvarsel")
    event.add("sequence", row.sequence)
    event.add("dtstamp", row.updated_at.astimezone(UTC))
    event.add("dtstart", row.starts_at.astimezone(UTC))
    event.add("dtend", row.ends_at.astimezone(UTC))
    event.add("summary", summary(row, feed.shows))
    if row.place:
        event.add("location", row.place.name)
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    return event


def summary(row: Appointment, shows: str) -> str:
    """Return as much of the patient as the practitioner has chosen."""
    match shows:
        case Shows.NAME:
            return row.patient.name
        case Shows.INITIALS:
            return "".join(f"{part[0]}." for part in row.patient.name.split())
    return _("Opptatt")


def log_readers(feed: CalendarFeed, patients: set[int], now: datetime) -> None:
    """Write who was shown, for those not written today: a calendar program asks every hour. Two queries."""
    today = now.astimezone(feed.clinic.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    known = AuditEvent.objects.filter(clinic=feed.clinic, actor=feed.user, what=LOGGED, at__gte=today)
    new = patients - set(known.values_list("patient_id", flat=True))
    audit.record_each(
        AuditAction.READ, clinic=feed.clinic, actor=feed.user, patient_ids=new, what=LOGGED, source="feed"
    )
