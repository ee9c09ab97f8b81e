"""Status callbacks are verified, stored and answered fast (spec J2)."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from notifications import webhooks
from notifications.kinds import DeliveryState
from notifications.models import ProviderReceipt
from notifications.providers.base import InvalidSignature, Receipt


class Verifier:
    """A provider that believes or refuses a callback."""

    def __init__(self, *, believes: bool) -> None:
        self.believes = believes

    def parse_receipt(self, request, path):
        """Return one report about the token in the path."""
        if not self.believes:
            raise InvalidSignature
        return [Receipt("twilio", path.get("token", "t" * 32), "SM1", "delivered", DeliveryState.DELIVERED)]


@pytest.fixture
def callback(db, monkeypatch):
    """Post a callback to a webhook."""

    def make(view, *, believes=True, body="a=1", method="post", **extra):
        monkeypatch.setattr(webhooks, "provider_for", lambda channel: Verifier(believes=believes))
        request = getattr(RequestFactory(), method)(
            "/hook/", data=body, content_type="application/x-www-form-urlencoded", **extra
        )
        arguments = {"token": "a" * 32} if view is webhooks.sms else {}
        return view(request, **arguments)

    return make


@pytest.mark.parametrize("view", [webhooks.sms, webhooks.email])
def test_a_verified_callback_is_stored_and_answered(view, callback):
    """spec J2."""
    assert callback(view).status_code == 204
    assert ProviderReceipt.objects.get().applied_at is None


@pytest.mark.parametrize("view", [webhooks.sms, webhooks.email])
def test_a_forged_callback_is_refused_and_not_stored(view, callback):
    """spec J2: verified."""
    assert callback(view, believes=False).status_code == 403
    assert not ProviderReceipt.objects.exists()


@pytest.mark.parametrize(
    ("view", "limit"), [(webhooks.sms, webhooks.SMS_LIMIT), (webhooks.email, webhooks.EMAIL_LIMIT)]
)
def test_a_body_larger_than_any_real_one_is_refused(view, limit, callback):
    """research, reliability §4: fault-W3."""
    assert callback(view, body="a" * (limit + 1)).status_code == 413
    assert not ProviderReceipt.objects.exists()


def test_a_callback_without_length_is_refused(callback):
    """research, reliability §4."""
    assert {callback(webhooks.sms, CONTENT_LENGTH=odd).status_code for odd in ("", "²")} == {413}


@pytest.mark.parametrize("view", [webhooks.sms, webhooks.email])
def test_only_post_is_taken(view, callback):
    """research, reliability §4: fault-W3."""
    assert callback(view, method="put").status_code == 405


def test_the_same_callback_twice_is_one_row(callback):
    """spec J2."""
    answers = [callback(webhooks.sms).status_code for _ in range(3)]

    assert answers == [204, 204, 204]
    assert ProviderReceipt.objects.count() == 1
