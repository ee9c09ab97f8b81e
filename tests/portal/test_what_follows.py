"""What the patient does in the portal, and what the engine then does: one story (spec B1, B3, B4, C3, C5, K3)."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.urls import reverse

from notifications.kinds import Kind, Reason, State
from notifications.models import Notification
from tests.engine.conftest import (  # noqa: F401 - fixtures
    MemoryProvider,
    clinic,
    clock,
    email,
    kari,
    kind,
    pass_time,
    providers,
    set_up,
    sms,
    staff,
)
from tests.factories import PersonFactory
from tests.portal.visitors import logged_in


def test_link_then_no_email_then_no_consent(
    kari: object,  # noqa: F811
    set_up: Callable[..., object],  # noqa: F811
    pass_time: Callable[..., None],  # noqa: F811
    email: MemoryProvider,  # noqa: F811
    sms: MemoryProvider,  # noqa: F811
) -> None:
    kari.person = PersonFactory()
    kari.save()

    told = set_up(kari, days=20)
    pass_time(minutes=5)
    link = re.search(r"https?://[^/]+(/v/[\w-]+/)", email.sent[-1].text)
    assert link
    page = logged_in(kari.person).get(link[1], follow=True)
    assert page.redirect_chain[-1][0] == reverse("portal:appointment", args=[told.pk])
    assert (len(email.sent), len(sms.sent)) == (1, 0)

    logged_in(kari.person).post(reverse("portal:email_remove"))
    set_up(kari, days=21)
    pass_time(minutes=5)
    assert (len(email.sent), sms.sent[-1].recipient) == (1, kari.mobile)

    set_up(kari, days=22)
    logged_in(kari.person).post(reverse("portal:consent", args=[kari.pk]), {"consent": "withdrawn"})
    pass_time(minutes=5)
    stopped = Notification.objects.filter(kind=Kind.APPOINTMENT_SET_UP).latest("pk")
    assert (len(email.sent), len(sms.sent)) == (1, 1)
    assert (stopped.state, stopped.reason) == (State.SUPPRESSED, Reason.CONSENT_WITHDRAWN)
