"""Push: only to known services, never along a redirect, and gone means gone (research §3 row 24)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from notifications.kinds import Channel, Reason
from notifications.providers.base import InvalidSignature, Verdict
from notifications.providers.push import endpoint_allowed
from notifications.providers.registry import provider_for
from patients.models import PushSubscription
from tests.providers.stages import PushStage
from tests.sandbox.running import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def push(product: object, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushStage]:
    with PushStage(product, sandbox, monkeypatch).open() as stage:
        yield stage


GOOD = [
    "https://fcm.googleapis.com/fcm/send/abc:def",
    "https://fcm.googleapis.com:443/wp/abc",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
    "https://web.push.apple.com/QABC",
    "https://db5p.notify.windows.com/w/?token=abc%3d",
]
EVIL = [
    "http://fcm.googleapis.com/fcm/send/abc",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com:22/x",
    "https://fcm.googleapis.com.evil.no/x",
    "https://evil.no/?fcm.googleapis.com",
    "https://evil.no/#fcm.googleapis.com",
    "https://evil.no/fcm.googleapis.com",
    "https://fcm.googleapis.com@evil.no/x",
    "https://user:pass@fcm.googleapis.com/x",
    "https://evil.no\\@fcm.googleapis.com/x",
    "https://fcm.googleapis.com\\.evil.no/x",
    "https://xfcm.googleapis.com/x",
    "https://push.apple.com/x",
    "https://.push.apple.com/x",
    "https://evil.nopush.apple.com/x",
    "https://a..push.apple.com.evil.no/x",
    "https://127.0.0.1/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://2130706433/x",
    "https://localhost/x",
    "http://127.0.0.1:6379/",
    "file:///etc/passwd",
    "gopher://fcm.googleapis.com/x",
    "javascript:alert(1)",
    "//fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x\r\nHost: evil.no",
    "https://fcm.googleapis.com/x y",
    "https://fcm.googleapıs.com/x",
    "https://fcm.googleapis.com:99999999/x",
    "https://[fcm.googleapis.com/x",
    "https://fcm.googleapis.com/" + "x" * 700,
    "",
]


@pytest.mark.parametrize("url", GOOD)
def test_the_known_push_services_are_allowed(settings: object, url: str) -> None:
    settings.PUSH_BASE_URL = ""

    assert endpoint_allowed(url)


@pytest.mark.parametrize("url", EVIL)
def test_nothing_else_is_allowed(settings: object, url: str) -> None:
    settings.PUSH_BASE_URL = ""

    assert not endpoint_allowed(url)


@pytest.mark.parametrize("path", ["x", "AbC-_9"])
def test_the_sandbox_is_allowed_when_it_is_set(settings: object, path: str) -> None:
    settings.PUSH_BASE_URL = "http://127.0.0.1:8001/push/"

    assert endpoint_allowed("http://127.0.0.1:8001/push/" + path)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8001/messages",
        "http://127.0.0.1:8001/push/../messages",
        "http://127.0.0.1:8001/push/a/b",
        "http://127.0.0.1:80011/push/a",
        "http://127.0.0.1:8001/push/a?b",
        "http://127.0.0.1:8001/push/",
    ],
)
def test_the_sandboxs_other_addresses_are_not(settings: object, url: str) -> None:
    settings.PUSH_BASE_URL = "http://127.0.0.1:8001/push"

    assert not endpoint_allowed(url)


def test_a_push_shows_on_the_phone_decrypted(push: PushStage) -> None:
    [outcome] = push.send(push.to(1, "Du har fått en melding. Logg inn for å lese den."))

    [row] = push.sandbox.messages(channel="push")
    assert outcome.verdict == Verdict.ACCEPTED
    assert (row["to"], row["text"]) == ("p1", "Du har fått en melding. Logg inn for å lese den.")


def test_a_subscription_that_is_gone_is_deleted_and_the_others_get_the_push(push: PushStage) -> None:
    message = push.to(1)
    push.refuses(message)
    other = push.subscription("p1")

    [outcome] = push.send(replace(message, recipients=[*message.recipients, other]))

    assert outcome.verdict == Verdict.ACCEPTED
    assert list(PushSubscription.objects.all()) == [other]


def test_when_every_subscription_is_gone_the_push_is_refused(push: PushStage) -> None:
    message = push.to(1)
    push.refuses(message)

    [outcome] = push.send(message)

    assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, Reason.SUBSCRIPTION_GONE)
    assert not PushSubscription.objects.exists()


def test_no_subscription_means_gone(push: PushStage) -> None:
    [outcome] = push.send(replace(push.to(1), recipients=[]))

    assert (outcome.verdict, outcome.reason) == (Verdict.REFUSED, Reason.SUBSCRIPTION_GONE)


def test_keys_no_browser_made_are_gone(push: PushStage) -> None:
    message = push.to(1)
    message.recipients[0].p256dh = "xx"

    [outcome] = push.send(message)

    assert outcome.reason == Reason.SUBSCRIPTION_GONE
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("key", ["", "not a key"])
def test_a_missing_or_garbled_key_is_a_set_up_error_that_deletes_nothing(push: PushStage, key: str) -> None:
    message = push.to(1)
    push.settings.VAPID_PRIVATE_KEY = key

    [outcome] = push.send(message)

    assert outcome.verdict == Verdict.SETUP
    assert PushSubscription.objects.count() == 1


def test_a_forbidden_endpoint_is_never_called(push: PushStage) -> None:
    message = push.to(1)
    message.recipients[0].endpoint = push.sandbox.url + "/messages"

    [outcome] = push.send(message)

    assert outcome.reason == Reason.SUBSCRIPTION_GONE
    assert push.sandbox.log() == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(push: PushStage, status: int) -> None:
    seen: list[str] = []

    class Redirector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Location", "/secret")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Redirector)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    message = push.to(1)
    push.settings.PUSH_BASE_URL = f"http://127.0.0.1:{server.server_port}/push/"
    message.recipients[0].endpoint = push.settings.PUSH_BASE_URL + "abc"

    [outcome] = push.send(message)
    server.shutdown()
    server.server_close()

    assert (outcome.verdict, seen) == (Verdict.REFUSED, ["/push/abc"])


def test_push_has_no_callbacks(push: PushStage, rf: object) -> None:
    with pytest.raises(InvalidSignature):
        push.provider.parse_receipt(rf.post("/"), {})


def test_the_real_services_are_real(settings: object) -> None:
    settings.PUSH_BASE_URL = ""

    assert provider_for(Channel.PUSH).is_real
