"""Bulk sending at 100,000 recipients: the request, planning against raw inserts, memory, pages, and its neighbours."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.figures import p95, report, scale, watch
from benchmarks.pages import log_in, ok
from benchmarks.world import make_clinic, promise
from bulk_send import drafting
from bulk_send.models import Bulk, Recipient, State
from clinics.models import Practitioner, User
from economy.models import Tariff
from notifications import tasks as engine
from notifications.models import Delivery, Notification
from patients.models import Patient
from selection.freezing import freeze
from selection.models import Origin, Selection

REQUEST = ("<", 2)  # seconds
PAGE = ("<", 200)  # ms
TEXT = "Hei {fornavn}. Kontoret er stengt fredag 14. juni. Ring oss gjerne torsdag."
PEOPLE = """
WITH human AS (
    INSERT INTO patients_person (national_number, created_at)
    SELECT lpad((70000000000 + n)::text, 11, '0'), now() FROM generate_series(1, %(count)s) AS n
    RETURNING id, national_number::bigint - 70000000000 AS n
), account AS (
    INSERT INTO patients_portalaccount (person_id, first_login_at, last_login_at) SELECT id, now(), now() FROM human
)
INSERT INTO patients_patient (clinic_id, person_id, local_number, given_name, family_name, search_name, birth_date, sex,
    general_practitioner_id, postal_code, municipality, has_econtact, email, email_dead, mobile, is_landline,
    mobile_dead, preferred_method, consent, created_at)
SELECT %(clinic)s, id, 'P' || n, 'Ola' || n %% 500, 'Nordmann' || n %% 3000,
    'ola' || n %% 500 || ' nordmann' || n %% 3000, date '1930-01-01' + (n %% 30000)::int, '', %(practitioner)s, '', '',
    false, 'p' || n || '@example.com', '', '+4742' || lpad((n %% 1000000)::text, 6, '0'), false, '', '', 'given', now()
FROM human ORDER BY n
"""
# What has become of the SMS: of a hundred, three cannot be delivered, two are refused, one waits, the rest arrive.
DELIVERIES = """
INSERT INTO notifications_delivery (clinic_id, notification_id, channel, is_fallback, lane, state, reason, recipient,
    template, subject, text, calendar, subject_version, due_at, expires_at, attempts, provider_id, created_at,
    accepted_at, settled_at, batch)
SELECT clinic_id, id, 'sms', false, 'bulk', CASE WHEN id %% 100 < 3 THEN 'undelivered' WHEN id %% 100 < 5 THEN 'failed'
        WHEN id %% 100 = 5 THEN 'accepted' ELSE 'delivered' END,
    CASE WHEN id %% 100 < 3 THEN 'unreachable' WHEN id %% 100 < 5 THEN 'rejected' ELSE '' END,
    '+4742000000', 'bulk_sms@1', '', 'Kontoret er stengt.', '', 1, due_at, expires_at, 1, 'bulk' || id, due_at,
    CASE WHEN id %% 100 IN (3, 4) THEN NULL ELSE due_at END, due_at, batch
FROM notifications_notification WHERE batch = %s
"""
DISPATCHED = "UPDATE notifications_notification SET state = 'dispatched', settled_at = due_at WHERE batch = %s"


def run() -> None:
    """Take every figure."""
    world = World(scale(100_000))
    small = world.send("econtact", world.freeze(world.count // 4), timed=False)
    low = world.plan(small, "econtact")
    pages_of_composer(world)
    econtact = world.plan(world.send("econtact", world.freeze(world.count)), "econtact")
    told("econtact", econtact)
    report("bulk_plan_peak", econtact["peak"], "MiB")
    report("bulk_plan_peak_4x_rows", econtact["peak"] / low["peak"], "x", ("<=", 1.2))
    sms = world.send("sms", world.freeze(world.count))
    told("sms", world.plan(sms, "sms"))
    pages_of_bulk(world, sms)
    neighbour(world)


def told(kind: str, taken: dict[str, float]) -> None:
    """Report recipients a second, and against the raw inserts of the same rows."""
    report(f"bulk_plan_{kind}", taken["count"] / taken["planning"], "recipients/s")
    report(f"bulk_plan_{kind}_raw", taken["count"] / taken["raw"], "recipients/s")
    report(f"bulk_plan_{kind}_cpu", taken["cpu"] / taken["count"] * 1e6, "us/recipient")
    report(f"bulk_plan_{kind}_vs_insert", taken["raw"] / taken["planning"], "x", (">=", 0.5))


class World:
    """A clinic whose patients have all logged in to the portal, and a manager who sends to them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.clinic, self.other = make_clinic(), make_clinic()
        self.clinic.free_text_sms, self.clinic.econtact_provider = True, "besoklegen"
        self.clinic.bulk_daily_limit = 10 * count
        self.clinic.save()
        self.practitioner = Practitioner.objects.create(clinic=self.clinic, name="Lege 1")
        values = {"count": count, "clinic": self.clinic.pk, "practitioner": self.practitioner.pk}
        with connection.cursor() as cursor:
            cursor.execute(PEOPLE, values)
            cursor.execute("VACUUM ANALYZE")
        Tariff.objects.get_or_create(
            code="1be",
            valid_from="2020-01-01",
            defaults={"text": "Elektronisk kontakt", "fee_ore": 3600, "refund_ore": 3600, "patient_ore": 0},
        )
        self.client: Client = log_in(self.clinic, "masse@example.com")
        self.user = User.objects.get(email="masse@example.com")

    def freeze(self, count: int) -> Selection:
        """Freeze so many of the patients."""
        first = self.first_patient()
        patients = Patient.objects.filter(pk__gte=first, pk__lt=first + count)
        with watch() as seen:
            made = freeze(patients, clinic=self.clinic, origin=Origin.JOURNAL, name="Alle", by=self.user)
        if count == self.count:
            report("bulk_freeze", seen.wall, "s")
        return made

    def first_patient(self) -> int:
        """Return the lowest pk."""
        return int(Patient.objects.filter(clinic=self.clinic).earliest("pk").pk)

    def draft(self, kind: str, selection: Selection) -> tuple[Bulk, dict[str, Any]]:
        """Begin a bulk; returns it with what its form says."""
        bulk = drafting.start(selection, by=self.user)
        said = {"type": kind, "subject": "Stengt fredag", "text": TEXT, "purpose": "operation"}
        self.act(bulk, said, "save")
        return bulk, said

    def act(self, bulk: Bulk, said: dict[str, Any], action: str, **more: str) -> None:
        """Press a button of the composer, as htmx does."""
        bulk.refresh_from_db()
        posted = said | {"version": bulk.version, "action": action} | more
        ok(self.client.post(reverse("bulk_send:compose", args=[bulk.pk]), posted, headers={"HX-Request": "true"}))

    def send(self, kind: str, selection: Selection, *, timed: bool = True) -> Bulk:
        """Choose everyone and press «Send nå», request by request."""
        bulk, said = self.draft(kind, selection)
        with watch() as choosing:
            self.act(bulk, said, "choose_all")
        bulk.refresh_from_db()
        url = reverse("bulk_send:confirm", args=[bulk.pk])
        with watch() as looking:
            ok(self.client.get(url))
        agreed = {"version": bulk.version, "accepts_cards": "1", "accepts_warnings": "1"}
        with watch() as sending:
            response = self.client.post(url, agreed)
        bulk.refresh_from_db()
        if response.status_code != 302 or bulk.size != selection.size:
            raise RuntimeError(f"{response.status_code}, {bulk.size} of {selection.size}")
        if timed:
            report(f"bulk_choose_all_{kind}", choosing.wall, "s", REQUEST)
            report(f"bulk_confirm_page_{kind}", looking.wall, "s", REQUEST)
            report(f"bulk_send_request_{kind}", sending.wall, "s", REQUEST)
        return bulk

    def unsent(self, bulk: Bulk) -> Bulk:
        """Make a bulk for the raw baseline's rows, which no worker looks at."""
        made: Bulk = Bulk.objects.create(
            clinic=self.other, selection=bulk.selection, created_by=self.user, state=State.UNDONE
        )
        return made

    def plan(self, bulk: Bulk, kind: str) -> dict[str, float]:
        """Plan it in a process of its own."""
        owner = (self.other.pk, self.first_patient(), self.user.pk, self.practitioner.pk, self.unsent(bulk).pk)
        command = [sys.executable, "-m", "benchmarks.bulk_worker", "plan", str(bulk.pk), kind, *map(str, owner)]
        done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        taken: dict[str, float] = json.loads(done.stdout)
        if taken["count"] != bulk.size:
            raise RuntimeError(f"{taken['count']} of {bulk.size} planned")
        # The day before yesterday, or the same people could not be sent to again.
        Bulk.objects.filter(pk=bulk.pk).update(confirmed_at=timezone.now() - timedelta(days=2))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as autovacuum would have
        return taken


def timed(name: str, call: Any) -> None:
    """Report a page's p95 over thirty requests."""
    report(f"page_bulk_{name}", p95(call, 30), "ms p95", PAGE)


def pages_of_composer(world: World) -> None:
    """Time the composer with everyone to the right, then with everyone to the left."""
    bulk, said = world.draft("sms", world.freeze(world.count))
    url, middle = reverse("bulk_send:compose", args=[bulk.pk]), world.count // 2
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE selection_member")
    timed("compose_right", lambda: ok(world.client.get(url)))
    timed("compose_right_far", lambda: world.act(bulk, said, f"right:{middle}"))
    timed("compose_right_search", lambda: world.act(bulk, said, "save", right_text="ola17 nordm"))
    timed("compose_right_possible", lambda: world.act(bulk, said, "save", only_possible="on"))
    world.act(bulk, said, "choose_all")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE bulk_send_recipient")
    timed("compose_left", lambda: ok(world.client.get(url)))
    timed("compose_left_far", lambda: world.act(bulk, said, f"left:{middle}"))
    timed("compose_left_search", lambda: world.act(bulk, said, "save", left_text="ola17 nordm"))
    timed("compose_autosave", lambda: world.act(bulk, said, "autosave"))
    drafting.discard(bulk, by=world.user)


def pages_of_bulk(world: World, bulk: Bulk) -> None:
    """Time the page of a bulk that has been sent, and the poll that it makes meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(DELIVERIES, [bulk.pk])
        cursor.execute(DISPATCHED, [bulk.pk])
        cursor.execute("VACUUM ANALYZE")
    url, client = reverse("bulk_send:bulk", args=[bulk.pk]), world.client
    timed("report", lambda: ok(client.get(url)))
    timed("report_last", lambda: ok(client.get(f"{url}?siste=1")))
    timed("report_not_told", lambda: ok(client.get(f"{url}?grunn=")))
    timed("poll", lambda: ok(client.get(url, headers={"HX-Request": "true"})))
    timed("list", lambda: ok(client.get(reverse("bulk_send:list"))))


def neighbour(world: World) -> None:
    """Time another clinic's single notices, due → accepted, while a worker plans and sends a bulk."""
    bulk = world.send("sms", world.freeze(world.count), timed=False)
    Bulk.objects.filter(pk=bulk.pk).update(release_at=timezone.now())
    worker = subprocess.Popen([sys.executable, "-m", "benchmarks.bulk_worker", "loop"], env=os.environ)
    try:
        while not Notification.objects.filter(batch=bulk.pk).exists():
            time.sleep(0.05)
        taken = [one_notice(world.other)]
        while is_under_way(bulk):
            taken.append(one_notice(world.other))
    finally:
        worker.terminate()
        worker.wait(20)
    report("bulk_neighbours", len(taken), "notices")
    report("bulk_neighbour", statistics.quantiles(taken, n=20)[-1], "s p95", ("<", 10))


def is_under_way(bulk: Bulk) -> bool:
    """Whether the worker has something left to do with the bulk."""
    to_plan = Recipient.objects.filter(bulk=bulk, state="chosen")
    to_judge = Notification.objects.filter(batch=bulk.pk, state="waiting")
    to_send = Delivery.objects.filter(batch=bulk.pk, state__in=["queued", "sending"])
    return to_plan.exists() or to_judge.exists() or to_send.exists()


def one_notice(clinic: Any) -> float:
    """Promise one notice that is due and do what a worker of the urgent queue does; returns seconds to accepted."""
    promise(clinic, 1, channel="sms")
    notice = Notification.objects.filter(clinic=clinic, lane="urgent").latest("pk")
    began = time.perf_counter()
    while not Delivery.objects.filter(notification=notice, state="accepted").exists():
        engine.dispatch_due()
        engine.send_channel("sms", "urgent")
        if time.perf_counter() - began > 60:
            raise TimeoutError("the notice was not sent")
    return time.perf_counter() - began
