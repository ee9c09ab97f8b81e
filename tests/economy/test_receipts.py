"""The moment a card is paid there is a receipt, and a notice goes out at once (spec F2, F3, C1, C4, C5)."""

from __future__ import annotations

import re

import pytest
from django.db import IntegrityError, transaction

from clinics.models import Clinic
from economy import payment
from economy.kinds import Method, State
from economy.models import BillingCard, Issuer, NumberSeries, Receipt
from notifications import why
from notifications.kinds import Kind, Reason, SubjectType
from notifications.kinds import State as NoticeState
from notifications.models import Delivery, Notification, Silence
from notifications.subjects import facts_about
from patients.models import Consent
from tests.factories import ClinicFactory, PatientFactory

SECRET = re.compile(r"\d+,\d\d|\bkr\b|2ad|701a|705k|takst|honorar|egenandel|konsultasjon|prøve", re.IGNORECASE)


def switch(clinic: Clinic, on: bool) -> None:
    """Switch the module, as support does."""
    Clinic.objects.filter(pk=clinic.pk).update(economy_notices=on)


def test_the_notice_goes_at_once(paid, email, pass_time) -> None:
    """spec F2: no five minutes here."""
    paid("2ad")
    row = Notification.objects.get()
    assert (row.kind, row.subject_type, row.due_at, row.state) == (
        Kind.RECEIPT,
        SubjectType.CARD,
        row.event_at,
        NoticeState.WAITING,
    )

    pass_time(seconds=1)

    assert [message.recipient for message in email.sent] == ["kari@example.com"]
    assert Notification.objects.get().state == NoticeState.DISPATCHED


def test_nothing_is_sent_before_it_is_paid(opened, email, sms, pass_time) -> None:
    """spec F2: making and opening a card, also one without a share, tells nobody."""
    opened("2ad")
    opened("1bd")

    pass_time(minutes=10)

    assert not Notification.objects.exists()
    assert email.sent == sms.sent == []


def test_no_message_carries_sums_or_taksts(paid, kari, email, sms, push, pass_time) -> None:
    """spec C4, C5: a receipt has come; the link leads to the payments after log-in."""
    kari.preferred_method = "both"
    kari.save()
    receipt = paid("2ad", "701a", "705k")

    pass_time(seconds=1)

    texts = [f"{row.subject}\n{row.text}" for row in Delivery.objects.all()]
    assert len(texts) == len(email.sent) + len(sms.sent) == 2
    for text in texts:
        assert "kvittering" in text
        assert not SECRET.search(re.sub(r"https?://\S+", "", text))
    notice = Notification.objects.get()
    (facts,) = facts_about([notice], notice.due_at).values()
    assert (facts.path, dict(facts.values)) == ("payments", {})
    assert notice.baseline is None
    assert str(receipt.patient_ore) not in str(Notification.objects.values())


def test_module_off_at_the_event_sends_nothing_and_says_why(paid, clinic, email, pass_time) -> None:
    """spec A3, C1, F3: switching it on again before it would have gone changes nothing."""
    switch(clinic, False)
    paid("2ad")
    switch(clinic, True)

    pass_time(seconds=1)

    [answer] = why.about(clinic, Receipt.objects.get().card.patient, SubjectType.CARD, Receipt.objects.get().card_id)
    assert not Notification.objects.exists()
    assert Silence.objects.get().reason == Reason.MODULE_OFF
    assert "hvis varsler for Økonomi var på" in answer.turn
    assert email.sent == []


def test_module_off_when_it_should_go_sends_nothing(paid, clinic, email, pass_time) -> None:
    """spec A3, C1."""
    paid("2ad")
    switch(clinic, False)

    pass_time(seconds=1)

    row = Notification.objects.get()
    assert (row.state, row.reason) == (NoticeState.SUPPRESSED, Reason.MODULE_OFF)
    assert email.sent == []


def test_other_modules_do_not_matter(paid, clinic, email, pass_time) -> None:
    """spec A1."""
    Clinic.objects.filter(pk=clinic.pk).update(post_notices=False, timebook_notices=False)
    paid("2ad")

    pass_time(seconds=1)

    assert len(email.sent) == 1


def test_without_consent_there_is_a_receipt_and_no_notice(paid, kari, email, pass_time) -> None:
    """spec B3: consent is about notices; paying is not stopped."""
    kari.consent = Consent.WITHDRAWN
    kari.save()
    paid("2ad")

    pass_time(seconds=1)

    assert Notification.objects.get().reason == Reason.CONSENT_WITHDRAWN
    assert Receipt.objects.count() == 1
    assert email.sent == []


def test_a_card_without_a_share_is_settled_with_a_receipt(paid) -> None:
    receipt = paid("1bd")

    assert (receipt.patient_ore, receipt.refund_ore, receipt.card.method) == (0, 7_200, Method.NONE)


def test_the_receipt_keeps_what_it_said(paid, clinic, kari) -> None:
    """spec F5: names and the issuer change, issued receipts do not."""
    Issuer.objects.create(clinic=clinic, name="Fjordbyen AS", organisation_number="310000019", address="Fjordgata 12")
    receipt = paid("2ad")
    kari.family_name = "Nytt"
    kari.save()
    Issuer.objects.update(name="Annet AS")

    receipt = Receipt.objects.get(pk=receipt.pk)

    assert (receipt.issuer_name, receipt.issuer_number) == ("Fjordbyen AS", "310000019")
    assert receipt.patient_name == "Lillian Iversen"


def test_receipt_numbers_have_no_gaps_and_are_the_clinics_own(paid, clinic) -> None:
    """spec F2: rising by one, also after a payment that failed."""
    numbers = [paid("2ad").number for _ in range(3)]
    elsewhere = PatientFactory(clinic=ClinicFactory())

    assert numbers == [1, 2, 3]
    assert not NumberSeries.objects.filter(clinic=elsewhere.clinic).exists()
    assert NumberSeries.objects.get(clinic=clinic).receipts == 3


def test_a_payment_that_fails_leaves_nothing(opened, staff, monkeypatch, paid) -> None:
    """spec F2: state, receipt and notice in one transaction, all or nothing; the number is used by the next."""
    card = opened("2ad")

    def fail(*args: object, **kwargs: object) -> None:
        raise IntegrityError("the outbox is away")

    with monkeypatch.context() as patch:
        patch.setattr("economy.planning.outbox.plan", fail)
        with pytest.raises(IntegrityError), transaction.atomic():
            payment.mark_paid(card, by=staff, method=Method.CASH, version=card.version)

    assert BillingCard.objects.get(pk=card.pk).state == State.OPEN
    assert not Receipt.objects.exists()
    assert not Notification.objects.exists()
    assert paid("2ad").number == 1


def test_a_batch_of_receipts_asks_once(paid, django_assert_num_queries) -> None:
    """design, section 2: facts in one query, however many."""
    for _ in range(5):
        paid("2ad")
    rows = list(Notification.objects.all())

    with django_assert_num_queries(1):
        found = facts_about(rows, rows[0].due_at)

    assert {facts.stop for facts in found.values()} == {None}


def test_a_notice_about_a_card_that_is_not_paid_is_stopped(opened, kari) -> None:
    """A row that nobody should have planned reaches no patient."""
    card = opened("2ad")
    now = card.created_at
    row = Notification.objects.create(
        clinic=card.clinic,
        patient=kari,
        kind=Kind.RECEIPT,
        subject_type=SubjectType.CARD,
        subject_id=card.pk,
        slot="receipt",
        event_at=now,
        due_at=now,
        expires_at=now,
    )

    assert facts_about([row], now)[row.pk].stop.reason == Reason.SUBJECT_GONE


def test_practitioners_of_today_do_not_change_old_receipts(paid) -> None:
    receipt = paid("2ad")
    practitioner = receipt.card.practitioner
    practitioner.name = "En annen"
    practitioner.save()

    assert Receipt.objects.get().practitioner_name == "Bjørn Haugen"
