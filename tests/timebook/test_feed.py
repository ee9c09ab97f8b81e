"""A practitioner's calendar feed: whose it is, what it never says, and when it dies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from clinics.models import AuditEvent, Membership
from tests.access.people import colleague, logged_in
from tests.factories import (
    AppointmentFactory,
    AppointmentTypeFactory,
    ClinicFactory,
    PatientFactory,
    PractitionerFactory,
)
from timebook.feed_models import CalendarFeed

PAGE = "/timebok/min-kalender/"


@pytest.fixture(autouse=True)
def no_collected_files(settings):
    """Let static files come from their folders."""
    settings.WHITENOISE_AUTOREFRESH = True


def test_a_practitioner_shares_and_ends_the_own_calendar(db, caplog, django_assert_num_queries):
    """spec C4, A7: no name unless chosen, never what for; a new address ends the old; leaving ends it; not in logs."""
    clinic, now = ClinicFactory(), timezone.now()
    user = colleague(clinic)
    client, me = logged_in(user), PractitionerFactory(clinic=clinic, user=user)
    kari = PatientFactory(clinic=clinic, given_name="Kari Anne", family_name="Ås")
    kind = AppointmentTypeFactory(clinic=clinic, name="Hemmelig")
    known = {"patient": kari, "practitioner": me, "type": kind, "remark": "Hemmelig"}
    for days in (-31, -29, 1, 89, 91):
        starts = now + timedelta(days=days)
        AppointmentFactory(**known, starts_at=starts, ends_at=starts + timedelta(minutes=20))
    AppointmentFactory(**known, status="cancelled")
    AppointmentFactory(patient=kari)  # another practitioner's

    def address(shows):
        page = client.post(f"{PAGE}lag/", {"shows": shows})
        return page.context["address"].removeprefix("http://localhost:8000")

    def summaries(path, queries):
        with django_assert_num_queries(queries):
            response = Client().get(path)
        assert (response["Content-Type"], response.status_code) == ("text/calendar; charset=utf-8", 200)
        assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
        assert "Hemmelig" not in response.content.decode()
        return [str(event["summary"]) for event in Calendar.from_ical(response.content).walk("VEVENT")]

    def status(path):
        return Client().get(path).status_code

    busy = address("busy")
    assert len(busy.split("/")[2].removesuffix(".ics")) * 6 >= 128  # bits
    assert summaries(busy, 2) == ["Opptatt"] * 3
    assert AuditEvent.objects.filter(source="feed").count() == 0
    initials = address("initials")
    assert (status(busy), summaries(initials, 4)) == (404, ["K.A.Å."] * 3)
    named = address("name")
    assert summaries(named, 3) == ["Kari Anne Ås"] * 3  # the day's line is there already
    assert AuditEvent.objects.filter(source="feed", actor=user, patient_id=kari.pk).count() == 1
    assert CalendarFeed.objects.get().secret_hash not in named
    assert named.split("/")[2] not in client.get(PAGE).content.decode()

    for fields in ({"is_active": False}, {"is_active": True}):  # out of use, and back
        Membership.objects.update(**fields)
        assert status(named) == (200 if fields["is_active"] else 404)
    me.user = None
    me.save()
    assert status(named) == 404
    me.user = user
    me.save()
    assert client.post(f"{PAGE}lag/", {"shows": "alt"}).status_code == 302
    client.post(f"{PAGE}slutt/")
    assert status(named) == 404
    other = logged_in(colleague(clinic))
    assert "Du er ikke behandler" in other.get(PAGE).content.decode()
    assert other.post(f"{PAGE}lag/", {"shows": "name"}).status_code == 404
    # Django says «Not Found: <address>»; what the console writes has no secret.
    from clinic_notify.logs import WithoutSecrets

    lines = [record for record in caplog.records if "/kalender/" in record.getMessage()]
    assert lines
    assert all(WithoutSecrets().filter(record) and "/kalender/….ics" in record.getMessage() for record in lines)
