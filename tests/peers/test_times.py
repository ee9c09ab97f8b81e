"""The hour in the message is the clinic's, on every path, whatever the machine thinks of time zones."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.conf import settings as product
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.models import Notification
from patients.models import PreferredMethod

OSLO = ZoneInfo("Europe/Oslo")
STARTS = [
    datetime(2027, 1, 12, 10, 0, tzinfo=OSLO),  # winter
    datetime(2027, 7, 13, 10, 0, tzinfo=OSLO),  # summer
    datetime(2027, 3, 29, 10, 0, tzinfo=OSLO),  # the Monday after the clock went forward
    datetime(2027, 11, 1, 10, 0, tzinfo=OSLO),  # the Monday after it went back
]


@pytest.mark.parametrize("zone", ["Europe/Oslo", "UTC", "America/New_York"])
@pytest.mark.parametrize("start", STARTS, ids=lambda start: f"{start:%d%b}")
def test_every_path_tells_the_clinics_hour(zone, start, settings, kari, set_up, email, sms, pass_time, secretary):
    """peers 2.9, 2.10, NHS `localised_starts_at`: patients came hours early. spec D14."""
    settings.TIME_ZONE = zone  # the machine's; the clinic has its own
    kari.preferred_method = PreferredMethod.BOTH
    kari.save(update_fields=["preferred_method"])
    appointment = set_up(kari, seconds=(start.astimezone(UTC) - timezone.now()).total_seconds())

    pass_time(minutes=5)

    [mail], [text] = email.sent, sms.sent
    assert "kl. 10.00" in mail.text
    assert re.search(r"kl\. ?10[.:]00", text.text)
    [event] = icalendar.Calendar.from_ical(mail.calendar).walk("VEVENT")
    assert event["dtstart"].dt == start
    for name, pk in {"timebook:appointment": appointment.pk, "timebook:of_patient": kari.pk}.items():
        assert re.search(r"\b10[.:]00\b", page(secretary, name, pk))


def page(client: Client, name: str, pk: int) -> str:
    """Return a page as text."""
    return client.get(reverse(name, args=[pk])).content.decode()


def test_a_patient_in_another_zone_is_told_the_clinics_hour(clinic, kari, set_up, email, pass_time):
    """peers 2.9: the clinic's own zone decides, not the product's. spec D14."""
    clinic.time_zone = "Atlantic/Reykjavik"
    clinic.save(update_fields=["time_zone"])
    set_up(kari, days=7)  # 09:00 UTC

    pass_time(minutes=5)

    assert "kl. 09.00" in email.sent[0].text


def test_the_time_zone_table_is_the_pinned_one():
    """peers 2.10: a stale table on the machine made one mail path an hour early (cal.diy#30104)."""
    pinned = re.search(r"^tzdata==(\S+)", (Path(product.BASE_DIR) / "requirements.txt").read_text(), re.MULTILINE)

    assert pinned
    assert version("tzdata") == pinned[1]
    assert zoneinfo.TZPATH == ()  # nothing on the machine comes before the package


def test_a_reminder_due_this_very_second_goes(told_of, email, clock, pass_time):
    """peers 1, Altinn: a strict comparison let nothing go at exactly 08:00:00. spec D6."""
    clock.move_to(told_of.starts_at - timedelta(hours=48, seconds=1), tick=False)
    email.sent.clear()

    pass_time(seconds=1)

    assert len(email.sent) == 1
    assert Notification.objects.filter(due_at=timezone.now()).count() == 1
