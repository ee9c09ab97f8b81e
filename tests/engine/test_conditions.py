"""What must hold when a notice is sent, and what may change on the way (spec A3–A5, B2, B3, C1)."""

from __future__ import annotations

import pytest

from clinics.models import Clinic
from notifications.kinds import MODULE_OF, Channel, DeliveryState, Kind, Lane, Reason, State
from notifications.models import Delivery, Notification
from notifications.providers.base import Outcome
from patients.models import Patient, PushSubscription
from tests.factories import PatientFactory, PersonFactory
from timebook.models import Appointment, AppointmentType

STOPS = [
    (Patient, {"consent": "withdrawn"}, Reason.CONSENT_WITHDRAWN),
    (Patient, {"consent": ""}, Reason.NO_CONSENT),
    (Clinic, {"timebook_notices": False}, Reason.MODULE_OFF),
    (AppointmentType, {"notices": False}, Reason.TYPE_OFF),
]
STOP_NAMES = ["consent withdrawn", "not asked", "module off", "type off"]


@pytest.fixture
def with_push(kari):
    """Kari, who has allowed push."""
    kari.person = PersonFactory()
    kari.save()
    PushSubscription.objects.create(person=kari.person, endpoint="https://push.example/1", p256dh="k", auth="a")
    return kari


@pytest.mark.parametrize(("model", "change", "reason"), STOPS, ids=STOP_NAMES)
def test_changed_between_event_and_due_nothing_goes(
    model, change, reason, with_push, set_up, email, sms, push, pass_time
):
    """spec A3, B3, C1, D9: on no channel, push included; the row says why."""
    set_up(with_push, days=7)
    model.objects.update(**change)

    pass_time(minutes=5)

    row = Notification.objects.get(kind=Kind.APPOINTMENT_SET_UP)
    assert email.sent == sms.sent == push.sent == []
    assert (row.state, row.reason) == (State.SUPPRESSED, reason)


@pytest.mark.parametrize(("model", "change", "reason"), STOPS, ids=STOP_NAMES)
def test_changed_between_dispatch_and_hand_over_nothing_goes(
    model, change, reason, with_push, set_up, providers, pass_time
):
    """spec C1: queued with backoff, and judged again right before it leaves."""
    for provider in providers.values():
        provider.answers = lambda message: Outcome.later(Reason.PROVIDER_DOWN)
    set_up(with_push, days=7)
    pass_time(minutes=5)
    model.objects.update(**change)
    for provider in providers.values():
        provider.answers = None
        provider.sent.clear()

    pass_time(minutes=10)

    assert [provider.sent for provider in providers.values()] == [[], [], []]
    assert {(hop.state, hop.reason) for hop in Delivery.objects.all()} == {(DeliveryState.SUPPRESSED, reason)}


@pytest.mark.parametrize(
    ("model", "off", "on"),
    [
        (Patient, {"consent": "withdrawn"}, {"consent": "given"}),
        (Clinic, {"timebook_notices": False}, {"timebook_notices": True}),
        (AppointmentType, {"notices": False}, {"notices": True}),
    ],
)
def test_off_and_on_again_before_due_changes_nothing(model, off, on, kari, set_up, email, pass_time):
    """spec C1."""
    set_up(kari, days=7)
    model.objects.update(**off)
    pass_time(minutes=2)
    model.objects.update(**on)

    pass_time(minutes=3)

    assert len(email.sent) == 1


@pytest.mark.parametrize("what", ["module", "type"])
def test_off_at_the_event_gives_no_news_even_if_on_at_due(what, kari, set_up, kind, clinic, email, pass_time):
    """spec C1: news needs both."""
    if what == "module":
        clinic.timebook_notices = False
        clinic.save()
    else:
        kind.notices = False
        kind.save()
    set_up(kari, hours=40)
    Clinic.objects.update(timebook_notices=True)
    AppointmentType.objects.update(notices=True)

    pass_time(minutes=5)

    assert email.sent == []
    assert Notification.objects.count() == 0


def test_a_reminder_needs_the_module_only_when_it_is_sent(kari, set_up, clinic, kind, email, pass_time):
    """spec C1: set up while off, switched on since."""
    clinic.timebook_notices = False
    clinic.save()
    set_up(kari, days=7)
    clinic.timebook_notices = True
    clinic.save()

    pass_time(days=5)

    assert ["Påminnelse" in message.subject for message in email.sent] == [True]


def test_a_type_switched_off_stops_every_kind_at_once(kari, set_up, email, pass_time):
    """spec A4: as a whole, confirmation and reminder alike."""
    set_up(kari, days=7)
    AppointmentType.objects.update(notices=False)

    pass_time(days=5)

    assert set(Notification.objects.values_list("reason", flat=True)) == {Reason.TYPE_OFF}
    assert email.sent == []


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (Kind.BULK_SMS, Kind.APP_INVITATION)])
def test_every_notice_belongs_to_a_module(kind):
    """spec A1, A4."""
    assert MODULE_OF[kind] in {"post", "timebook", "economy"}


@pytest.mark.parametrize(
    ("kind", "module"),
    [
        (Kind.DIALOG_RECEIVED, "post_notices"),
        (Kind.ANSWER_RECEIVED, "post_notices"),
        (Kind.ECONTACT, "post_notices"),
        (Kind.RECEIPT, "economy_notices"),
    ],
)
def test_module_off_stops_its_notices_and_says_why(kind, module, kari, promise, email, pass_time):
    """spec A3, F3."""
    row = promise(kari, kind)
    Clinic.objects.update(**{module: False})

    pass_time(seconds=1)

    row.refresh_from_db()
    assert email.sent == []
    assert (row.state, row.reason) == (State.SUPPRESSED, Reason.MODULE_OFF)


@pytest.mark.parametrize("kind", [Kind.DIALOG_RECEIVED, Kind.RECEIPT])
def test_one_module_off_leaves_the_others(kind, kari, promise, email, pass_time):
    """spec A1."""
    promise(kari, kind)
    own = f"{MODULE_OF[kind]}_notices"
    Clinic.objects.update(**{name: name == own for name in ("post_notices", "timebook_notices", "economy_notices")})

    pass_time(seconds=1)

    assert len(email.sent) == 1


def test_bulk_sms_depends_on_no_module(kari, bulk_text, promise, sms, pass_time):
    """spec C6."""
    promise(kari, Kind.BULK_SMS, Lane.BULK)
    Clinic.objects.update(post_notices=False, timebook_notices=False, economy_notices=False)

    pass_time(seconds=1)

    assert len(sms.sent) == 1


def test_bulk_sms_needs_consent(kari, bulk_text, promise, sms, pass_time):
    """spec C6."""
    row = promise(kari, Kind.BULK_SMS, Lane.BULK)
    Patient.objects.update(consent="withdrawn")

    pass_time(seconds=1)

    row.refresh_from_db()
    assert sms.sent == []
    assert row.reason == Reason.CONSENT_WITHDRAWN


@pytest.mark.parametrize("lane", [Lane.BULK, Lane.URGENT])
def test_bulk_sms_without_a_number_says_that_the_number_is_missing(lane, kari, bulk_text, promise, email, pass_time):
    """spec C6: e-mail is no way, so «neither» would mislead; a resend goes in the urgent lane."""
    row = promise(kari, Kind.BULK_SMS, lane)
    Patient.objects.update(mobile="")

    pass_time(seconds=1)

    row.refresh_from_db()
    assert email.sent == []
    assert (row.state, row.reason) == (State.SUPPRESSED, Reason.NO_MOBILE)


def test_econtact_in_bulk_without_any_contact_says_neither(kari, promise, pass_time):
    """spec C2: e-contact's notice takes the table's channels."""
    row = promise(kari, Kind.ECONTACT, Lane.BULK)
    Patient.objects.update(email="", mobile="")

    pass_time(seconds=1)

    row.refresh_from_db()
    assert row.reason == Reason.NO_CONTACT


@pytest.mark.parametrize(
    ("before", "after", "goes"),
    [
        ({"preferred_method": "email"}, {"preferred_method": "sms"}, {Channel.SMS}),
        ({"preferred_method": ""}, {"preferred_method": "both"}, {Channel.EMAIL, Channel.SMS}),
        ({"email": ""}, {"email": "ny@example.com"}, {Channel.EMAIL}),
        ({}, {"email": ""}, {Channel.SMS}),
        ({}, {"email_dead": "hard_bounce"}, {Channel.SMS}),
        ({"preferred_method": "sms"}, {"is_landline": True}, {Channel.EMAIL}),
        ({"email": ""}, {"mobile": ""}, set()),
    ],
)
def test_channels_are_those_of_the_due_time(before, after, goes, kari, set_up, providers, pass_time):
    """spec C1: preference and contact information as of then."""
    Patient.objects.update(**before)
    set_up(kari, days=7)
    Patient.objects.update(**after)

    pass_time(minutes=5)

    assert {channel for channel, provider in providers.items() if provider.sent} == goes


def test_the_address_is_that_of_the_hand_over(kari, promise, email, pass_time):
    """spec C1."""
    email.answers = lambda message: Outcome.later(Reason.PROVIDER_DOWN)
    promise(kari)
    pass_time(seconds=1)
    Patient.objects.update(email="ny@example.com")
    email.answers = None

    pass_time(minutes=1)

    assert email.sent[-1].recipient == "ny@example.com"


def test_the_preference_at_one_clinic_says_nothing_at_another(kari, promise, email, sms, pass_time):
    """spec B2."""
    elsewhere = PatientFactory(person=PersonFactory(), preferred_method="sms")
    Patient.objects.filter(pk=kari.pk).update(person=elsewhere.person)

    promise(kari)
    pass_time(seconds=1)

    assert (len(email.sent), sms.sent) == (1, [])


def test_consent_at_one_clinic_says_nothing_at_another(kari, promise, email, pass_time):
    """spec B3: per clinic."""
    elsewhere = PatientFactory(person=PersonFactory(), consent="withdrawn")
    Patient.objects.filter(pk=kari.pk).update(person=elsewhere.person)

    promise(kari)
    pass_time(seconds=1)

    assert len(email.sent) == 1


def test_push_needs_the_module_too(with_push, set_up, push, pass_time):
    """sources: dere må ha pasientvarsler aktivert for at appen skal sende push."""
    set_up(with_push, days=7)
    Clinic.objects.update(timebook_notices=False)

    pass_time(minutes=5)

    assert push.sent == []


def test_a_demo_clinic_is_never_handed_to_a_real_provider(kari, promise, email, sms, pass_time):
    """design, section 5."""
    email.is_real = sms.is_real = True

    promise(kari)
    pass_time(seconds=1)

    hop = Delivery.objects.get()
    assert email.sent == sms.sent == []
    assert (hop.state, hop.reason) == (DeliveryState.SUPPRESSED, Reason.DEMO)


def test_a_fictional_number_is_never_handed_to_a_real_provider(kari, promise, sms, pass_time):
    """design, section 5."""
    Clinic.objects.update(is_demo=False)
    Patient.objects.update(email="")
    sms.is_real = True

    promise(kari)
    pass_time(seconds=1)

    assert sms.sent == []


def test_an_appointment_whose_row_was_removed_by_sql_stops_its_notices(kari, set_up, email, pass_time):
    """design, section 2: a subject that is gone."""
    appointment = set_up(kari, days=7)
    Appointment.objects.filter(pk=appointment.pk)._raw_delete(Appointment.objects.db)

    pass_time(minutes=5)

    assert email.sent == []
    assert Notification.objects.get(kind=Kind.APPOINTMENT_SET_UP).reason == Reason.SUBJECT_GONE
