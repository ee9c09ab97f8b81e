"""Two requests at once in one session: neither takes back what the other did."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.utils import timezone

from clinics.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    """A session that has begun."""
    session = SessionStore()
    session["clinic"] = 1
    session.save(must_create=True)
    return session.session_key


def test_a_poll_does_not_take_back_what_a_button_did_meanwhile(key):
    poll = SessionStore(key)
    assert poll["clinic"] == 1
    button = SessionStore(key)
    button["toasts"] = ["Angret"]
    button.save()

    poll.save()

    assert SessionStore(key)["toasts"] == ["Angret"]


def test_a_request_that_changes_nothing_moves_the_time_out(key):
    soon = timezone.now() + timedelta(seconds=10)
    Session.objects.update(expire_date=soon)
    session = SessionStore(key)
    assert session["clinic"] == 1

    session.save()

    assert Session.objects.get().expire_date > soon


def test_a_session_that_has_ended_is_not_brought_back(key):
    session = SessionStore(key)
    assert session["clinic"] == 1
    Session.objects.all().delete()

    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()
