"""Nothing of a dialog leaves the portal: not in notices, logs, hints, audit lines or the broker (spec C4)."""

from __future__ import annotations

import io
import logging

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from clinics.models import AuditEvent
from notifications import hints, outbox, subjects
from notifications.kinds import SubjectType
from notifications.models import Delivery, DeliveryEvent, Notification
from patients.models import Patient, PreferredMethod
from post import attachments, drafts

SECRET = "Kanarifugl"


@pytest.fixture
def offered(monkeypatch):
    """What the broker would have been handed."""
    names = []
    monkeypatch.setattr(hints, "offer", names.append)
    return names


def test_a_secret_in_a_dialog_is_in_no_notice_log_or_hint(
    kari, staff, start, ask, answer, reply, key, pass_time, email, sms, offered, django_capture_on_commit_callbacks
):
    """Subject, text, draft, file name and content are seeded; everything that goes out or is logged is searched."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    Patient.objects.update(preferred_method=PreferredMethod.BOTH)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            said = {"subject": SECRET, "text": SECRET}
            file = SimpleUploadedFile(f"{SECRET}.txt", SECRET.encode())
            draft = drafts.save(user=staff, patient=kari, dialog=None, key=key(), now=timezone.now(), **said)
            attachments.keep(attachments.check([file]), draft=draft)
            message = start(kari, key=draft.key, draft=draft, **said)
            reply(message, text=SECRET, files=[SimpleUploadedFile(f"{SECRET}.txt", SECRET.encode())])
            answer(message, text=SECRET)
            answer(ask(kari, "prescription", **said), text=SECRET)
        pass_time(seconds=1)
        outbox.resend(Notification.objects.earliest("pk"), by=staff)
        pass_time(seconds=1)
    finally:
        logging.getLogger().removeHandler(handler)

    assert (len(email.sent), len(sms.sent)) == (4, 4)
    assert set(offered) == {"notifications.tasks.dispatch_due"}
    told = [*email.sent, *sms.sent, *offered, stream.getvalue()]
    written = [*rows_of(Notification), *rows_of(Delivery), *rows_of(DeliveryEvent), *rows_of(AuditEvent)]
    assert SECRET not in repr(told)
    assert SECRET not in repr(written)
    assert SECRET in repr(every_row())  # it is there to be found, in the post's own tables


def rows_of(model):
    """Return every row as values."""
    return list(model.objects.values())


def every_row():
    """Return the messages' texts, so that the search above is known to work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM post_message")
        return cursor.fetchall()


def test_the_engine_learns_nothing_but_where_the_link_leads(start, kari, django_assert_num_queries):
    """spec C4, C5: one query a batch, the same facts for every message; one that is gone has none."""
    start(kari)
    start(kari)
    rows = list(Notification.objects.all())
    rows.append(Notification(pk=0, subject_type=SubjectType.MESSAGE, subject_id=999_999))

    with django_assert_num_queries(1):
        found = subjects.REGISTRY[SubjectType.MESSAGE].facts(rows, timezone.now())

    assert set(found) == {rows[0].pk, rows[1].pk}
    assert {(facts.path, tuple(facts.values), facts.stop) for facts in found.values()} == {("dialogs", (), None)}
