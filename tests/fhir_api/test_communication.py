"""Every state and reason of a notice as a valid Communication, found by the status it shows (spec J1, C4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from clinics.models import AuditEvent
from notifications.kinds import Channel, DeliveryState, External, Kind, Reason, State, SubjectType
from notifications.models import Delivery, DeliveryEvent, Notification
from tests.access.world import notice
from tests.factories import AppointmentFactory, PatientFactory
from tests.fhir_api.validators import validated

SECRET = "Hemmelig tekst"
D, S = DeliveryState, State
HOPS = {  # state, reason and attempts of the hops → what FHIR calls the notice
    "in-progress": [
        [(D.QUEUED, "", 0)],
        [(D.SENDING, "", 1)],
        [(D.UNKNOWN, Reason.NO_ANSWER, 1)],
        [(D.FAILED, Reason.BLOCKED, 1), (D.QUEUED, "", 0)],
    ],
    "on-hold": [[(D.QUEUED, Reason.PROVIDER_BUSY, 1)]],
    "completed": [
        [(D.ACCEPTED, "", 1)],
        [(D.DELIVERED, "", 1)],
        [(D.UNCONFIRMED, Reason.NO_RECEIPT, 1)],
        [(D.BOUNCED, Reason.UNKNOWN_ADDRESS, 1), (D.DELIVERED, "", 1)],
    ],
    "stopped": [
        [(D.FAILED, Reason.INVALID_NUMBER, 1)],
        [(D.UNDELIVERED, Reason.UNREACHABLE, 2)],
        [(D.BOUNCED, Reason.MAILBOX_FULL, 1)],
        [(D.EXPIRED, Reason.TOO_LATE, 1)],
    ],
    "unknown": [[(D.FAILED_UNKNOWN, Reason.WORKER_LOST, 1)], []],
    "not-done": [[(D.EXPIRED, Reason.TOO_LATE, 0)], [(D.SUPPRESSED, Reason.NO_CONTACT, 0)]],
}
NOTICES = {S.WAITING: "preparation", S.REPLACED: "not-done", S.CANCELLED: "not-done", S.EXPIRED: "not-done"}
NOTICES |= {S.SUPPRESSED: "not-done", S.EXTERNAL: "unknown"}


@pytest.fixture
def expected(clinic):
    """Make a notice of every kind, state, reason and outcome; return id → status and reason."""
    patient = PatientFactory(clinic=clinic)
    appointment = AppointmentFactory(patient=patient)
    about = {"subject_type": SubjectType.APPOINTMENT, "kind": Kind.APPOINTMENT_REMINDER}
    planned = Notification.objects.filter(subject_id=appointment.pk)  # a confirmation and a reminder
    found = {row.pk: ("preparation", None) for row in planned}
    for number, reason in enumerate(Reason):
        row = notice(patient, state=S.SUPPRESSED, reason=reason, kind=list(Kind)[number % len(Kind)])
        found[row.pk] = ("not-done", reason)
    for state, status in NOTICES.items():
        external = External.CONVENE if state == S.EXTERNAL else ""
        found[notice(patient, state=state, external=external).pk] = (status, None)
    for status, several in HOPS.items():
        for hops in several:
            row = notice(patient)
            about["subject_id"] = appointment.pk
            type(row).objects.filter(pk=row.pk).update(**about, slot=f"reminder:{row.pk}")
            for channel, hop in zip(list(Channel), hops, strict=False):
                deliver(row, channel, *hop)
            reasons = [reason for _state, reason, _tries in hops if reason]
            found[row.pk] = (status, reasons[-1] if reasons and status != "completed" else None)
    assert {state for several in HOPS.values() for hops in several for state, *_ in hops} == set(D)
    assert set(NOTICES) | {S.DISPATCHED} == set(S)
    return found


def deliver(row, channel, state, reason, attempts):
    """Make a hop with times and a text that must not be seen."""
    known = {"clinic": row.clinic, "notification": row, "channel": channel, "expires_at": row.expires_at}
    known |= {"due_at": row.due_at, "recipient": SECRET, "subject": SECRET, "text": SECRET, "attempts": attempts}
    sent = {"accepted_at": row.due_at} if state in (D.ACCEPTED, D.DELIVERED, D.UNCONFIRMED) else {}
    done = {"settled_at": row.due_at + timedelta(minutes=1)} if state == D.DELIVERED else {}
    Delivery.objects.create(**known, state=state, reason=reason, **sent, **done)


def test_every_outcome_of_a_notice_is_told_as_fhir_has_it(system, expected, django_assert_num_queries):
    """spec J1, C4: status and closed reason, times and channel; no text, no address."""
    system.headers({})
    with django_assert_num_queries(7):  # token, count, first of minute, rows, hops, appointments, audit
        response = system.get("Communication?_count=200&_total=accurate&_total=none")
    bundle = validated(response.content)
    told = {int(entry["resource"]["id"]): entry["resource"] for entry in bundle["entry"]}

    seen = {
        key: (one["status"], one["statusReason"]["coding"][0]["code"] if "statusReason" in one else None)
        for key, one in told.items()
    }
    assert seen == expected
    assert SECRET not in response.content.decode()
    codes = {one["code"] for one in validated(system.get("CodeSystem/notice-reason").content)["concept"]}
    assert codes == set(Reason.values)
    best = next(one for one in told.values() if "received" in one and len(one["medium"]) == 1)
    assert best["sent"] < best["received"]
    assert best["about"] == [{"reference": f"Appointment/{best['about'][0]['reference'].split('/')[1]}"}]
    assert {code["coding"][0]["code"] for one in told.values() for code in one.get("medium", [])} == {
        "EMAILWRIT",
        "SMSWRIT",
    }
    assert AuditEvent.objects.filter(source="fhir", actor=system.row.user).count() == 1  # one patient, one line

    for status in sorted({status for status, _reason in expected.values()}):
        found = validated(system.get(f"Communication?status={status}&_count=200").content)
        keys = {int(entry["resource"]["id"]) for entry in found["entry"]}
        assert keys == {key for key, (known, _reason) in expected.items() if known == status}


def test_a_change_to_a_hop_is_found_by_last_updated(system, clinic):
    """A sync asks for what has changed: a receipt, a hand-over and an ending each change an old notice."""
    old, other, third = (notice(PatientFactory(clinic=clinic), at=50) for _one in range(3))
    deliver(old, Channel.SMS, D.ACCEPTED, "", 1)
    Delivery.objects.update(created_at=old.due_at)
    since = timezone.now().isoformat().replace("+00:00", "Z")

    def changed(value=f"ge{since}"):
        bundle = system.get(f"Communication?_lastUpdated={value}").json()
        return [entry["resource"]["id"] for entry in bundle.get("entry", [])]

    before = changed()
    hop = Delivery.objects.get()
    DeliveryEvent.objects.create(delivery=hop, what="receipt", state=D.DELIVERED, at=timezone.now())

    assert (before, changed()) == ([], [str(old.pk)])
    type(other).objects.filter(pk=other.pk).update(settled_at=timezone.now())
    deliver(third, Channel.SMS, D.ACCEPTED, "", 1)
    Delivery.objects.filter(notification=third).update(created_at=third.due_at, accepted_at=timezone.now())
    assert changed() == changed(f"gt2025,ge{since}") == [str(one.pk) for one in (old, other, third)]
    assert changed(f"lt{since}") == changed(f"ge2999,lt{since}") == []
    assert system.get(f"Communication/{other.pk}").status_code == 200
