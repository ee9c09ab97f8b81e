"""Push in the app: subscribed by the person alone, delivered decrypted, removed when gone (spec K3, K4; threat 24)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import requests
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic_notify.launcher import vapid_key
from clinics.models import AuditEvent
from notifications.kinds import Reason, SubjectType
from notifications.providers.base import Outgoing, Verdict
from notifications.providers.push import PushProvider
from patients.models import PushSubscription
from portal import devices, pushes
from tests.access.world import notice
from tests.portal.visitors import Side, logged_in
from tests.sandbox.running import Sandbox

ON = "/min/profil/varsler/pa/"
PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"


@pytest.fixture
def service(sandbox: Sandbox, settings: Any) -> Sandbox:
    """The sandbox's push service, with a key of the product's."""
    settings.PUSH_BASE_URL, settings.VAPID_PRIVATE_KEY = f"{sandbox.url}/push/", vapid_key()
    return sandbox


def made(sandbox: Sandbox, owner: str = "Egenhest") -> dict[str, str]:
    """Let a browser ask its push service; return the form's fields."""
    row = requests.post(f"{sandbox.url}/push/subscriptions", json={"owner": owner}, timeout=10).json()
    return {name: row[name] for name in ("endpoint", "p256dh", "auth")}


def pushed(side: Side, token: str) -> Any:
    """Send the engine's push to all of the person's browsers; return its outcome."""
    rows, provider = list(side.person.subscriptions.all()), PushProvider()
    later = timezone.now() + timedelta(hours=1)
    text = "Du har fått viktig informasjon fra Nord. Logg inn for å lese."
    [outcome] = provider.send([Outgoing("t", "", text, later, recipients=rows, link=token)])
    provider.close()
    return outcome


def test_from_the_offer_to_the_dialog_and_gone(service: Sandbox, visitor: Client, mine: Side) -> None:
    """The first page offers it until «Ikke nå»; a push opens its dialog after log-in; 410 removes the subscription."""
    PushSubscription.objects.all().delete()
    told = notice(mine.patient)
    told.subject_type, told.subject_id = SubjectType.MESSAGE, mine.dialog.messages.get().pk
    told.save()

    assert "Slå på varsler i appen" in visitor.get("/min/").content.decode()
    explained = visitor.get(reverse("portal:push")).content.decode()
    visitor.post(reverse("portal:push_later"))
    assert "Slå på varsler i appen" not in visitor.get("/min/").content.decode()
    del visitor.cookies["portal-varsler"]
    saved = visitor.post(ON, made(service), headers={"User-Agent": PHONE})
    page = visitor.get(saved["Location"]).content.decode()
    visitor.post(reverse("portal:log_out"))
    outcome = pushed(mine, told.token)

    assert ("Klinikken velger hvordan den varsler deg" in explained, 'data-push="B' in explained) == (True, True)
    assert "Chrome på Android" in page
    [shown] = service.messages(channel="push")
    assert outcome.verdict == Verdict.ACCEPTED
    assert (shown["text"][:30], shown["link"]) == ("Du har fått viktig informasjon", told.token)
    landing = reverse("portal:landing", args=[told.token])
    assert f'href="{service.callback_url}{landing}"' in service.get("/phone", to="Egenhest").text
    back = visitor.get(reverse("portal:open", args=[shown["link"]]))
    assert back["Location"].startswith(reverse("portal:log_in"))
    opened = logged_in(mine.person).get(reverse("portal:open", args=[shown["link"]]))
    assert opened["Location"] == reverse("portal:dialog", args=[mine.dialog.pk])

    requests.delete(mine.person.subscriptions.get().endpoint.replace("/push/", "/push/subscriptions/"), timeout=10)
    assert pushed(mine, told.token).reason == Reason.SUBSCRIPTION_GONE
    assert not PushSubscription.objects.exists()


def test_only_what_a_browser_makes_is_saved_and_only_for_its_user(
    service: Sandbox, visitor: Client, mine: Side, theirs: Side
) -> None:
    """Inside addresses and odd keys are refused; ten browsers, the oldest goes; another user takes the browser over."""
    PushSubscription.objects.all().delete()
    good = made(service)
    for spoilt in (
        {"endpoint": "http://169.254.169.254/latest"},
        {"endpoint": "https://fcm.googleapis.com.evil.no/x"},
        {"endpoint": f"{service.url}/messages"},
        {"endpoint": ""},
        {"p256dh": good["p256dh"][:-4]},
        {"p256dh": "A" * 87},
        {"auth": "x"},
        {"auth": "å"},
    ):
        answer = visitor.post(ON, good | spoilt)
        assert (answer.status_code, "Ingenting er endret" in answer.content.decode()) == (422, True)
    assert not PushSubscription.objects.exists()

    for number in range(pushes.MOST + 1):
        with time_machine.travel(timezone.now() + timedelta(seconds=number), tick=False):
            for _press in range(2):
                visitor.post(ON, good if number == 0 else made(service))
    assert mine.person.subscriptions.count() == pushes.MOST
    assert not PushSubscription.objects.filter(endpoint=good["endpoint"]).exists()

    newest = mine.person.subscriptions.latest("created_at")
    keys = {"endpoint": newest.endpoint, "p256dh": newest.p256dh, "auth": newest.auth}
    logged_in(theirs.person).post(ON, keys)
    assert (mine.person.subscriptions.count(), theirs.person.subscriptions.get().pk) == (pushes.MOST - 1, newest.pk)
    assert visitor.post(reverse("portal:push_remove", args=[newest.pk])).status_code == 404
    one = mine.person.subscriptions.earliest("pk")
    visitor.post(reverse("portal:push_remove", args=[one.pk]))
    assert mine.person.subscriptions.count() == pushes.MOST - 2
    visitor.post(reverse("portal:push_remove_all"))
    assert list(PushSubscription.objects.all()) == [newest]
    lines = AuditEvent.objects.filter(patient_id=mine.patient.pk, source="portal", what__startswith="push")
    assert set(lines.values_list("what", flat=True)) == {"push on", "push off"}


def test_the_worker_renews_a_subscription_with_the_old_ones_secrets_alone(service: Sandbox, mine: Side) -> None:
    """`pushsubscriptionchange`: nobody is logged in, the owner stays, and whoever lacks the secrets changes nothing."""
    PushSubscription.objects.all().delete()
    old, fresh, client = made(service), made(service), Client(enforce_csrf_checks=True)
    row = pushes.add(mine.person, pushes.Given(**old), device="Chrome", now=timezone.now())

    def renew(was: dict[str, str], now: dict[str, str]) -> int:
        def shape(one: dict[str, str]) -> dict[str, Any]:
            return {"endpoint": one["endpoint"], "keys": {"p256dh": one["p256dh"], "auth": one["auth"]}}

        body = json.dumps({"old": shape(was), "fresh": shape(now)})
        return client.post("/min/app/abonnement/", body, content_type="application/json").status_code

    assert renew(old | {"auth": fresh["auth"]}, fresh) == 404
    assert renew(fresh, old) == 404
    assert renew(old, fresh | {"endpoint": "http://127.0.0.1/"}) == 422
    assert client.post("/min/app/abonnement/", "[]", content_type="application/json").status_code == 422
    row.refresh_from_db()
    assert row.endpoint == old["endpoint"]
    assert renew(old, fresh) == 204
    row.refresh_from_db()
    assert (row.endpoint, row.auth, row.person) == (fresh["endpoint"], fresh["auth"], mine.person)


@pytest.mark.django_db
def test_the_app_is_installable_and_keeps_nothing_of_anyone(service: Sandbox, settings: Any) -> None:
    """Manifest, worker and offline page are the same for everybody, and need no log-in."""
    client = Client()
    about = json.loads(client.get(reverse("portal:manifest")).content)
    worker = client.get(reverse("portal:worker"))
    known = json.loads(worker.content.decode().split("const KNOWN = ", 1)[1].split(";\n", 1)[0])

    assert (about["start_url"], about["scope"], about["display"]) == ("/min/", "/min/", "standalone")
    assert {one["sizes"] for one in about["icons"]} == {"192x192", "512x512"}
    assert worker["Content-Type"].startswith("text/javascript")
    assert all(name.startswith("/static/") for name in known["files"])
    assert (known["offline"], len(known["key"])) == ("/min/uten-nett/", 87)
    assert "Du er uten nett" in client.get(known["offline"]).content.decode()
    settings.VAPID_PRIVATE_KEY = ""
    assert '"key": ""' in client.get(reverse("portal:worker")).content.decode()
    policy = worker["Content-Security-Policy"]
    assert ("worker-src 'self'" in policy, "manifest-src 'self'" in policy) == (True, True)
    assert [devices.name_of(one) for one in (PHONE, "iPhone <b>", "")] == [
        "Chrome på Android",
        "iPhone",
        "Ukjent enhet",
    ]
