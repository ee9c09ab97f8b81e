"""The staff write: who may be written to, one notice a message, double submits and two colleagues (spec B3, E1–E3)."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from clinics.models import AuditAction, AuditEvent, Clinic
from notifications import history, why
from notifications.kinds import External, Kind, Reason, State, SubjectType
from notifications.models import Notification
from patients.models import Consent, Patient, PushSubscription
from post import kinds, writing
from post.models import SWITCHED, Dialog, DialogKind, DialogState, Message, Source
from post.standing import standing
from tests.factories import PatientFactory

BLOCKED = [
    ({"email": "", "mobile": ""}, "verken mobilnummer eller e-post"),
    ({"email": "", "is_landline": True}, "fasttelefon"),
    ({"email": "", "mobile_dead": "not_in_service"}, "Mobilnummeret virker ikke"),
    ({"mobile": "", "email_dead": "hard_bounce"}, "E-postadressen virker ikke"),
    ({"consent": Consent.WITHDRAWN}, "trukket samtykket"),
    ({"consent": Consent.NOT_ASKED}, "ikke samtykket"),
    ({"consent": "", "email": "", "mobile": ""}, "ikke samtykket. Pasienten har verken"),
]


def notices(**where):
    """Return the notices, oldest first."""
    return list(Notification.objects.filter(**where).order_by("pk"))


def test_a_dialog_from_the_clinic_is_notified_at_once(kari, start, pass_time, email):
    """spec E2: one notice, due now, about the message."""
    message = start(kari)
    pass_time(seconds=1)

    (row,) = notices()
    assert (row.kind, row.subject_type, row.subject_id) == (Kind.DIALOG_RECEIVED, SubjectType.MESSAGE, message.pk)
    assert row.due_at == row.event_at == message.sent_at
    assert [sent.recipient for sent in email.sent] == ["kari@example.com"]


@pytest.mark.parametrize("kind", SWITCHED)
def test_an_answer_in_any_kind_is_notified(kind, kari, ask, answer, pass_time, email):
    """spec E2."""
    answer(ask(kari, kind))
    pass_time(seconds=1)

    assert [row.kind for row in notices()] == [Kind.ANSWER_RECEIVED]
    assert len(email.sent) == 1


def test_each_message_makes_one_notice_and_the_patients_none(kari, ask, answer, reply):
    """spec E2."""
    first = ask(kari)
    reply(first)
    answers = [answer(first), answer(first)]
    reply(first)

    assert [row.subject_id for row in notices()] == [message.pk for message in answers]


@pytest.mark.parametrize(("fields", "words"), BLOCKED)
def test_new_dialogs_and_answers_are_refused_while_something_is_missing(fields, words, kari, ask, start, answer):
    """spec B3, E3: for a new dialog and an answer alike; nothing is written, and the reason is told."""
    first = ask(kari)
    Patient.objects.filter(pk=kari.pk).update(**fields)

    for act in (lambda: start(kari), lambda: answer(first)):
        with pytest.raises(ValidationError) as refused:
            act()
        assert "Pasientvarsel ikke mulig." in refused.value.message_dict["text"][0]
        assert words in refused.value.message_dict["text"][0]

    assert Message.objects.count() == 1
    assert notices() == []


def test_it_is_refused_also_while_the_module_is_off(kari, start):
    """spec E3."""
    Clinic.objects.update(post_notices=False)
    Patient.objects.update(email="", mobile="")

    with pytest.raises(ValidationError):
        start(kari)


def test_push_does_not_make_it_possible(clinic, kari, start):
    """spec C2, E3: e-mail and mobile only."""
    PushSubscription.objects.create(person=kari.person, endpoint="https://push.example/1", p256dh="k", auth="a")
    Patient.objects.update(email="", mobile="")

    with pytest.raises(ValidationError):
        start(kari)


@pytest.mark.parametrize("fields", [{"email": ""}, {"mobile": ""}, {"email_dead": "hard_bounce"}])
def test_one_way_is_enough(fields, clinic):
    """spec E3."""
    assert not standing(PatientFactory(clinic=clinic, **fields)).is_blocked


def test_while_the_module_is_off_it_is_sent_and_nothing_is_promised(kari, start, pass_time, email):
    """spec A3, C1: also when it comes on again before anything is sent."""
    Clinic.objects.update(post_notices=False)
    start(kari)
    Clinic.objects.update(post_notices=True)
    pass_time(seconds=1)

    assert Message.objects.count() == 1
    assert notices() == email.sent == []


def test_a_module_that_goes_off_before_sending_stops_the_notice(kari, start, pass_time, email):
    """spec A3, C1."""
    start(kari)
    Clinic.objects.update(post_notices=False)
    pass_time(seconds=1)

    assert [(row.state, row.reason) for row in notices()] == [(State.SUPPRESSED, Reason.MODULE_OFF)]
    assert email.sent == []


def test_consent_withdrawn_before_sending_stops_the_notice(kari, start, pass_time, email):
    """spec B3, C1."""
    start(kari)
    Patient.objects.update(consent=Consent.WITHDRAWN)
    pass_time(seconds=1)

    assert [row.reason for row in notices()] == [Reason.CONSENT_WITHDRAWN]
    assert email.sent == []


def test_a_kind_is_off_until_it_is_switched_on(clinic, staff, start, clock):
    """spec E1."""
    patient = PatientFactory(clinic=clinic)

    with pytest.raises(ValidationError, match="bruker ikke E-dialog"):
        start(patient)
    kinds.switch(clinic, DialogKind.E_DIALOG, on=True, by=staff)

    assert start(patient).dialog.kind == DialogKind.E_DIALOG


def test_open_dialogs_of_a_kind_switched_off_are_answered_and_notified(kari, staff, ask, reply, answer):
    """spec E1: no new ones, but what is open goes on."""
    first = ask(kari, DialogKind.PRESCRIPTION)
    kinds.switch(kari.clinic, DialogKind.PRESCRIPTION, on=False, by=staff)

    with pytest.raises(ValidationError, match="bruker ikke Reseptforespørsel"):
        ask(kari, DialogKind.PRESCRIPTION)
    answer(first)
    reply(first)

    assert first.dialog.messages.count() == 3
    assert [row.kind for row in notices()] == [Kind.ANSWER_RECEIVED]


def test_switching_is_logged_once(clinic, staff, clock):
    """spec A7."""
    switched = [kinds.switch(clinic, "e_consultation", on=True, by=staff) for _ in range(2)]

    assert switched == [True, False]
    assert AuditEvent.objects.get(action=AuditAction.SETTING).what == "dialog kind e_consultation on"
    with pytest.raises(ValueError, match="e_contact"):
        kinds.switch(clinic, DialogKind.E_CONTACT, on=True, by=staff)


@pytest.mark.parametrize(("source", "who"), [(Source.HELSENORGE, "Helsenorge"), (Source.DIGICARE, "DigiCare")])
def test_foreign_dialogs_are_notified_by_their_own_system(source, who, kari, ask, answer, pass_time, email, sms):
    """spec D13: nothing is sent, and the history says who does."""
    answer(ask(kari, source=source, external_id="x-1"))
    pass_time(days=1)

    (row,) = history.rows(history.of_patient(kari))
    assert email.sent == sms.sent == []
    assert row.channels[0].word == f"Varsles av {who}"
    assert notices()[0].external in External.values


def test_a_foreign_dialog_is_never_said_to_be_untold_because_our_module_is_off(
    clinic, kari, ask, answer, pass_time, email, sms
):
    """spec D13, J3: Helsenorge notifies whether the module is on or off; switching it on would have sent nothing."""
    Clinic.objects.filter(pk=clinic.pk).update(post_notices=False)
    message = answer(ask(kari, source=Source.HELSENORGE, external_id="x-1"))
    pass_time(days=1)

    (explained,) = why.about(clinic, kari, SubjectType.MESSAGE, message.pk)

    assert email.sent == sms.sent == []
    assert explained.label.word == "Varsles av Helsenorge"
    assert explained.turn == ""


def test_pressing_send_twice_sends_once(kari, start, answer, key):
    """Threat 28: the key is the form's."""
    same = key()
    first, second = start(kari, key=same), start(kari, key=same)
    other = key()
    replies = [answer(first, key=other, seen=first.pk) for _ in range(2)]

    assert first == second
    assert replies[0] == replies[1]
    assert (Dialog.objects.count(), Message.objects.count(), len(notices())) == (1, 2, 2)


def test_a_form_that_has_been_sent_does_not_swallow_another_text(kari, start, answer, key):
    """Nothing typed is lost: the writer is told."""
    same = key()
    first = start(kari, key=same)

    with pytest.raises(writing.AlreadySent):
        start(kari, key=same, text="Noe annet")
    with pytest.raises(writing.AlreadySent):
        answer(first, key=same, text="Noe annet")


def test_the_second_of_two_colleagues_sees_that_the_first_has_written(kari, colleague, ask, answer):
    """Threat 29."""
    first = ask(kari)
    answer(first)

    with pytest.raises(writing.Newer):
        answer(first, by=colleague, seen=first.pk, knowingly=True)

    assert first.dialog.messages.count() == 2


def test_a_dialog_that_a_colleague_has_taken_is_answered_knowingly_only(kari, staff, colleague, ask, answer):
    """spec E4."""
    first = ask(kari)
    Dialog.objects.update(taken_by=colleague)

    with pytest.raises(writing.Taken):
        answer(first)
    answer(first, knowingly=True)

    assert Dialog.objects.get().taken_by == colleague


def test_answering_takes_reads_and_answers(kari, staff, ask, answer):
    """spec E4."""
    first = ask(kari, DialogKind.E_CONSULTATION)
    before = Dialog.objects.get()
    answer(first)

    after = Dialog.objects.get()
    assert (before.state, before.is_unread, bool(before.answer_by)) == (DialogState.WAITING, True, True)
    assert (after.state, after.is_unread, after.answer_by) == (DialogState.ANSWERED, False, None)
    assert after.taken_by == staff
    assert first.dialog.messages.get(pk=first.pk).read_at is not None


def test_writing_on_in_ones_own_dialog_is_no_answer(kari, start, answer):
    """spec E4: the patient has not written."""
    answer(start(kari))

    assert Dialog.objects.get().state == DialogState.SENT


def test_a_closed_dialog_is_not_answered(kari, ask, answer):
    first = ask(kari)
    Dialog.objects.update(state=DialogState.CLOSED)

    with pytest.raises(ValidationError, match="avsluttet"):
        answer(first)


def test_every_step_is_logged_without_content(kari, start, reply, answer):
    """Threat 34: ids and verbs, never what was written."""
    first = start(kari, text="HEMMELIG", subject="HEMMELIG")
    reply(first, text="HEMMELIG")
    answer(first, text="HEMMELIG")

    lines = AuditEvent.objects.filter(action=AuditAction.DIALOG).order_by("pk")
    pk = first.dialog.pk
    assert [(line.what, line.source) for line in lines] == [
        (f"started {pk}", "web"),
        (f"patient answered {pk}", "portal"),
        (f"answered {pk}", "web"),
    ]
    assert {line.patient_id for line in lines} == {kari.pk}


def test_a_notice_can_be_explained_and_sent_again(kari, start, pass_time, email, staff):
    """spec J1: the history's own row."""
    from notifications import outbox

    start(kari)
    pass_time(seconds=1)
    outbox.resend(notices()[0], by=staff)
    pass_time(seconds=1)

    assert len(email.sent) == 2


def test_consent_at_one_clinic_is_none_at_another(kari, staff, start):
    """spec B3, threat 2: per clinic."""
    other = PatientFactory(person=kari.person, consent="")
    kinds.switch(other.clinic, DialogKind.E_DIALOG, on=True, by=staff)

    with pytest.raises(ValidationError):
        start(other)

    assert start(kari).pk
