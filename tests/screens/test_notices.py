"""The card's Varslinger, the clinic's log, sending again, and the landing page (spec B2, C5, J1)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from notifications.kinds import Channel, DeliveryState, Kind, Reason, State
from notifications.models import Delivery, Notification
from patients.models import Patient
from tests.access.world import World, notice
from tests.factories import PatientFactory

LOG = reverse_lazy("notifications:log")


def hop(notification: Notification, state: str, reason: str = "", channel: str = Channel.EMAIL) -> Delivery:
    """Give the notice a hop that ended in the state."""
    now = timezone.now()
    return Delivery.objects.create(
        clinic=notification.clinic,
        notification=notification,
        channel=channel,
        state=state,
        reason=reason,
        text="Logg inn for å lese.",
        subject="Viktig informasjon",
        due_at=now,
        expires_at=notification.expires_at,
        settled_at=now,
    )


def test_the_card_shows_method_contact_route_and_history(here: World, secretary: Client) -> None:
    """spec J1."""
    hop(here.notification, DeliveryState.BOUNCED, Reason.MAILBOX_FULL)

    text = secretary.get(reverse("notifications:card", args=[here.patient.pk])).content.decode()

    for words in ("Slik varsles pasienten nå", "Status og historikk", "Ny dialog", "Feilet", "Postkassen er full"):
        assert words in text


def test_the_log_of_a_row_opens_by_a_link(here: World, secretary: Client) -> None:
    """Without JavaScript the expander is a link."""
    url = reverse("notifications:card", args=[here.patient.pk])
    hidden = f'id="log-{here.notification.pk}" hidden'

    closed = secretary.get(url).content.decode()
    opened = secretary.get(url, {"vis": here.notification.pk}).content.decode()

    assert hidden in closed
    assert f"?side=1&amp;vis={here.notification.pk}" in closed
    assert hidden not in opened


FILTERS = [
    ({"status": "failed"}, {"bounced", "expired"}),
    ({"status": "planned"}, {"waiting"}),
    ({"status": "sent"}, {"delivered"}),
    ({"status": "impossible"}, {"no_contact"}),
    ({"status": "stopped"}, {"module_off", "replaced"}),
    ({"modul": "economy"}, {"receipt"}),
    ({"modul": "none"}, {"bulk"}),
    (
        {"status": "oppdiktet", "modul": "patient__person"},
        {"bounced", "expired", "waiting", "delivered", "no_contact", "module_off", "replaced", "receipt", "bulk"},
    ),
]


@pytest.fixture
def shelf(here: World) -> dict[int, str]:
    """One notice in every corner, by primary key."""
    Notification.objects.all().delete()
    made = {
        "waiting": notice(here.patient, state=State.WAITING),
        "expired": notice(here.patient, state=State.EXPIRED),
        "replaced": notice(here.patient, state=State.REPLACED),
        "no_contact": notice(here.patient, state=State.SUPPRESSED, reason=Reason.NO_CONTACT),
        "module_off": notice(here.patient, state=State.SUPPRESSED, reason=Reason.MODULE_OFF),
        "receipt": notice(here.patient, kind=Kind.RECEIPT),
        "bulk": notice(here.patient, kind=Kind.BULK_SMS),
        "bounced": notice(here.patient),
        "delivered": notice(here.patient),
    }
    hop(made["bounced"], DeliveryState.BOUNCED)
    hop(made["bounced"], DeliveryState.FAILED, channel=Channel.SMS)
    hop(made["delivered"], DeliveryState.DELIVERED)
    return {row.pk: name for name, row in made.items()}


@pytest.mark.parametrize(("asked", "expected"), FILTERS)
def test_filters_narrow_by_a_closed_list(
    asked: dict[str, str], expected: set[str], shelf: dict[int, str], here: World, secretary: Client
) -> None:
    """Threat 17: words that are on no list narrow nothing."""
    for url, hidden in ((reverse("notifications:card", args=[here.patient.pk]), set()), (LOG, {"waiting"})):
        rows = secretary.get(url, asked).context["rows"]
        wanted = expected if asked.get("status") == "planned" else expected - hidden
        assert sorted(shelf[row.notification.pk] for row in rows) == sorted(wanted)


def test_the_log_shows_what_has_happened_before_what_is_planned(here: World, secretary: Client) -> None:
    """A week of planned reminders must not bury what went out today."""
    Notification.objects.all().delete()
    planned, happened = notice(here.patient, at=-48, state=State.WAITING), notice(here.patient)

    ordinary = secretary.get(LOG).context["rows"]
    asked_for = secretary.get(LOG, {"status": "planned"}).context["rows"]

    assert [row.notification.pk for row in ordinary] == [happened.pk]
    assert [row.notification.pk for row in asked_for] == [planned.pk]


def test_the_log_begins_with_failures_that_nobody_has_followed_up(here: World, secretary: Client) -> None:
    """A failure goes first until it is sent again; one whose other channel arrived, and an old one, do not."""
    Notification.objects.all().delete()
    lost, late, rescued, old, again = (notice(here.patient, at=hours) for hours in (5, 4, 3, 24 * 20, 1))
    for row in (lost, rescued, again):
        hop(row, DeliveryState.BOUNCED)
    hop(rescued, DeliveryState.DELIVERED, channel=Channel.SMS)
    Delivery.objects.filter(pk=hop(old, DeliveryState.BOUNCED).pk).update(settled_at=old.due_at)
    Notification.objects.filter(pk=late.pk).update(state=State.EXPIRED, settled_at=timezone.now())
    notice(here.patient, resend_of=again)
    notice(PatientFactory(), state=State.EXPIRED, settled_at=timezone.now())  # another clinic's

    first, narrowed = secretary.get(LOG), secretary.get(LOG, {"status": "sent"})

    assert [row.notification.pk for row in first.context["failures"]] == [late.pk, lost.pk]
    assert "Må følges opp" in first.content.decode()
    assert narrowed.context["failures"] == []


def test_a_half_typed_day_is_not_sent_and_a_button_sends_it(here: World, secretary: Client) -> None:
    """A date field changes with each digit of the year; it must not send itself, so the button is always there."""
    text = secretary.get(LOG).content.decode()

    assert [tag for tag in re.findall(r"<input[^>]*type=.date.[^>]*>", text) if "data-autosubmit" in tag] == []
    assert len(re.findall(r"<input[^>]*type=.date.[^>]*>", text)) == 2
    assert re.search(r'<button class="ds-button" [^>]*type="submit">Vis</button>', text)


@pytest.mark.parametrize("period", [{"fra": "0001-01-01"}, {"til": "9999-12-31"}])
def test_a_day_at_the_end_of_time_is_no_error(period: dict[str, str], here: World, secretary: Client) -> None:
    """No moment lies before or after it: it is said, and everything is shown."""
    shown = secretary.get(LOG, period)

    assert "Skriv datoen som dd.mm.åååå." in shown.content.decode()
    assert here.notification.pk in [row.notification.pk for row in shown.context["rows"]]


def test_the_log_narrows_by_method_and_by_days_in_the_clinics_zone(here: World, secretary: Client) -> None:
    """Half past midnight in Oslo is the day before in UTC."""
    Notification.objects.all().delete()
    midnight = datetime(2026, 6, 10, 0, 30, tzinfo=here.clinic.zone)
    inside, before = (notice(here.patient, due_at=midnight - timedelta(hours=h)) for h in (0, 1))
    hop(inside, DeliveryState.DELIVERED, channel=Channel.SMS)

    days = {"fra": "2026-06-10", "til": "10.06.2026"}
    by_day = secretary.get(LOG, days).context["rows"]
    by_method = secretary.get(LOG, {"metode": "sms"}).context["rows"]
    nonsense = secretary.get(LOG, {"fra": "i går", "metode": "due"})

    assert [row.notification.pk for row in by_day] == [inside.pk] == [row.notification.pk for row in by_method]
    assert "Skriv datoen som dd.mm.åååå." in nonsense.content.decode()
    assert len(nonsense.context["rows"]) == 2
    assert before.pk in [row.notification.pk for row in nonsense.context["rows"]]
    assert (
        "Til-datoen er før fra-datoen."
        in secretary.get(LOG, {"fra": "10.06.2026", "til": "2026-06-09"}).content.decode()
    )


def test_the_time_column_turns_the_order_and_keeps_the_filter(here: World, secretary: Client) -> None:
    """The header is a link, so that it works without JavaScript and by keyboard."""
    notice(here.patient, at=3)
    page = secretary.get(LOG, {"modul": "post"})
    turned = secretary.get(f"{LOG}?{page.context['other_order']}")

    newest = [row.notification.pk for row in page.context["rows"]]
    assert newest == [row.notification.pk for row in reversed(turned.context["rows"])]
    assert 'aria-sort="ascending"' in turned.content.decode()
    assert turned.context["other_order"] == "modul=post"


def test_the_log_goes_on_where_the_last_page_ended(here: World, secretary: Client) -> None:
    """Keyset: notices with the same time are neither lost nor shown twice."""
    for number in range(120):
        notice(here.patient, at=number // 7)
    happened = Notification.objects.exclude(state=State.WAITING)
    seen: list[int] = []
    url, query = reverse("notifications:log"), {}
    while True:
        context = secretary.get(url, query).context
        seen += [row.notification.pk for row in context["rows"]]
        if not context["more"]:
            break
        query = {"etter": context["more"]}

    assert len(seen) == len(set(seen)) == happened.count()
    assert seen == list(happened.order_by("-due_at", "-pk").values_list("pk", flat=True))


@pytest.mark.parametrize("key", ["x", "2026-13-01T00:00:00Z_1", "2026-11-01T00:00:00_1", "2026-11-01T00:00:00Z_x", "_"])
def test_a_page_key_that_cannot_be_read_starts_at_the_top(key: str, here: World, secretary: Client) -> None:
    rows = secretary.get(reverse("notifications:log"), {"etter": key}).context["rows"]

    assert len(rows) == Notification.objects.exclude(state=State.WAITING).count() > 0


def test_sending_again_is_asked_about_and_done_once_each(here: World, secretary: Client) -> None:
    """spec J1."""
    hop(here.notification, DeliveryState.BOUNCED)
    url = reverse("notifications:resend", args=[here.notification.pk])

    question = secretary.get(url).content.decode()
    first = secretary.post(url, follow=True).content.decode()
    second = secretary.post(url, follow=True).content.decode()

    assert "Sende varselet på nytt?" in question
    assert "Varselet sendes på nytt" in first
    assert "Ikke sendt: Varselet er alt på vei på nytt." in second
    assert here.notification.resends.count() == 1


def test_the_same_resend_form_twice_sends_once(here: World, secretary: Client) -> None:
    """Double submit: the second press comes when the first has already been taken by the provider."""
    hop(here.notification, DeliveryState.BOUNCED)
    url = reverse("notifications:resend", args=[here.notification.pk])
    form = {"seen": secretary.get(url).context["seen"]}

    secretary.post(url, form)
    again = here.notification.resends.get()
    Notification.objects.filter(pk=again.pk).update(state=State.DISPATCHED)
    hop(again, DeliveryState.ACCEPTED)
    second = secretary.post(url, form, follow=True).content.decode()

    assert "Varselet er alt sendt på nytt siden du så på siden." in second
    assert here.notification.resends.count() == 1


@pytest.mark.parametrize("name", ["notifications:card", "notifications:log", "overview:card"])
def test_the_number_of_queries_does_not_grow(
    name: str, here: World, secretary: Client, django_assert_max_num_queries: Any
) -> None:
    """spec I7: 5 rows or 50, the same work for the database."""
    url = reverse(name, args=[here.patient.pk] if "card" in name else [])
    secretary.get(url)  # the session writes once
    counts = []
    for number in (5, 45):
        for _each in range(number):
            hop(notice(here.patient), DeliveryState.BOUNCED)
        with django_assert_max_num_queries(40) as queries:
            secretary.get(url)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_link_shows_the_same_for_every_token(here: World, client: Client) -> None:
    """spec C5, threat 11: known or not, followed or not, nothing is revealed or consumed."""
    before = list(Notification.objects.values())
    url = reverse("portal:landing", args=[here.notification.token])

    known = client.get(url)
    unknown = client.get(reverse("portal:landing", args=["finnes-ikke"]))
    head = client.head(url)

    assert known.content == unknown.content
    assert known["Referrer-Policy"] == "no-referrer"
    assert (known.status_code, head.status_code, client.post(url).status_code) == (200, 200, 405)
    assert here.clinic.name not in known.content.decode()
    assert list(Notification.objects.values()) == before


def test_the_start_page_shows_what_failed(here: World, secretary: Client) -> None:
    hop(here.notification, DeliveryState.BOUNCED)

    text = secretary.get("/").content.decode()

    assert "Feilede varsler: 1" in text
    assert str(here.patient) in text


@pytest.mark.parametrize("scheme", ["dark", "light", "oppdiktet"])
def test_colours_are_remembered(scheme: str, secretary: Client) -> None:
    secretary.post(reverse("clinics:appearance"), {"scheme": scheme, "next": "/timebok/"})

    text = secretary.get("/").content.decode()

    assert f'data-color-scheme="{"dark" if scheme == "dark" else "light"}"' in text


@pytest.mark.parametrize("email", ["", "x@example.com"])
def test_what_is_missing_is_said_on_the_card(email: str, here: World, secretary: Client) -> None:
    """spec C2, ui guide: what is missing, and a way out."""
    Patient.objects.filter(pk=here.patient.pk).update(email=email, mobile="")

    text = secretary.get(reverse("notifications:card", args=[here.patient.pk])).content.decode()

    assert ("Mobilnummer mangler." if email else "Pasientvarsel ikke mulig.") in text
