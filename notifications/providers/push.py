"""Push to the app: Web Push with VAPID, a fixed text, only to push services that are known."""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import cast
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.http import HttpRequest
from py_vapid import Vapid
from pywebpush import WebPushException, webpush

from notifications.kinds import Channel, Reason
from notifications.providers.answers import by_status
from notifications.providers.base import InvalidSignature, Outcome, Outgoing, Receipt, Sought, Verdict
from notifications.providers.brake import Brake
from notifications.providers.loopback import leads_out
from notifications.providers.sessions import EndingSession, never_left
from notifications.providers.validity import seconds_left
from patients.models import PushSubscription

logger = logging.getLogger(__name__)

HOSTS = frozenset({"fcm.googleapis.com", "updates.push.services.mozilla.com"})
SUFFIXES = (".push.apple.com", ".notify.windows.com")
PLAIN_URL = re.compile(r"[!-\[\]-~]{1,600}")  # printable ASCII without space and backslash
LABEL = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
SECONDS = 10.0  # for a whole answer
LONGEST_TTL = 86_400
AT_ONCE = 8
GONE = Outcome.refused(Reason.SUBSCRIPTION_GONE)
# One acceptance is enough; what may have gone is not called refused; what can be retried is.
ORDER = (Verdict.ACCEPTED, Verdict.UNKNOWN, Verdict.SETUP, Verdict.LATER, Verdict.REFUSED)


def endpoint_allowed(url: str) -> bool:
    """Whether a push may be sent there: checked when a subscription is saved and again before every send."""
    if not PLAIN_URL.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if "@" in parts.netloc or parts.fragment:
        return False
    if _is_sandbox(url):
        return True
    host = parts.hostname or ""
    known = host in HOSTS or any(host.endswith(end) and LABEL.fullmatch(host.removesuffix(end)) for end in SUFFIXES)
    return parts.scheme == "https" and port in {None, 443} and known


def _is_sandbox(url: str) -> bool:
    base = settings.PUSH_BASE_URL.rstrip("/") + "/" if settings.PUSH_BASE_URL else ""
    return bool(base) and url.startswith(base) and re.fullmatch(r"[\w-]+", url.removeprefix(base)) is not None


def payload(message: Outgoing) -> str:
    """Return what the app's worker is told: the fixed text, and the token of the place it opens after log-in."""
    return json.dumps({"text": message.text, "token": message.link}, ensure_ascii=False)


@cache
def signer(key: str) -> Vapid:
    """Return the VAPID key ready to sign; raises for a key that cannot be read."""
    return Vapid.from_string(private_key=key)


def public_key() -> str:
    """Return the key that browsers ask their push service with (RFC 8292), in base64url; nothing without a private one.

    Raises for a private key that cannot be read.
    """
    if not settings.VAPID_PRIVATE_KEY:
        return ""
    point = signer(settings.VAPID_PRIVATE_KEY).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


class PushProvider:
    """The push channel."""

    name = "push"
    channel = Channel.PUSH
    has_receipts = False

    def __init__(self) -> None:
        self.is_real = not settings.PUSH_BASE_URL or leads_out(settings.PUSH_BASE_URL)
        self.own = threading.local()
        self.pool: ThreadPoolExecutor | None = None
        self.pid = 0

    def send(self, batch: Sequence[Outgoing]) -> Sequence[Outcome]:
        """Push to every subscription of each person; one outcome each. Subscriptions that are gone are deleted."""
        gone: list[int] = []
        brake = Brake(settings.LEASE_SECONDS - 2 * SECONDS)

        def push(message: Outgoing) -> Outcome:
            return self._push_to_all(message, brake, gone)

        outcomes = list(map(push, batch) if len(batch) < 2 else self._threads().map(push, batch))
        if gone:
            PushSubscription.objects.filter(pk__in=gone).delete()
        return outcomes

    def _push_to_all(self, message: Outgoing, brake: Brake, gone: list[int]) -> Outcome:
        if stopped := brake.stopped(""):
            return stopped
        outcomes = []
        for row in cast(Sequence[PushSubscription], message.recipients):
            outcome = self._push(row, message)
            if outcome.reason == Reason.SUBSCRIPTION_GONE:
                gone.append(row.pk)
            outcomes.append(outcome)
            brake.note(outcome, "", everything=outcome.verdict == Verdict.SETUP)
        return min(outcomes or [GONE], key=lambda outcome: ORDER.index(outcome.verdict))

    def _push(self, row: PushSubscription, message: Outgoing) -> Outcome:
        if not endpoint_allowed(row.endpoint):
            return GONE
        try:
            key = signer(settings.VAPID_PRIVATE_KEY)
        except Exception:  # py_vapid and cryptography raise many kinds for a key that is missing or garbled
            return Outcome.setup("vapid")
        try:
            answer = webpush(
                {"endpoint": row.endpoint, "keys": {"p256dh": row.p256dh, "auth": row.auth}},
                data=payload(message),
                vapid_private_key=key,
                vapid_claims={"sub": settings.VAPID_CONTACT},
                ttl=seconds_left(message.expires_at, longest=LONGEST_TTL),
                requests_session=self._session(),
            )
            return Outcome.accepted(answer.headers.get("Location", "")[-120:])
        except Exception as problem:  # whatever it is, the other messages go on
            return explained(problem)

    def _threads(self) -> ThreadPoolExecutor:
        if self.pool is None or self.pid != os.getpid():
            self.pool, self.pid = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="push"), os.getpid()
        return self.pool

    def _session(self) -> EndingSession:
        if getattr(self.own, "pid", 0) != os.getpid():
            self.own.session, self.own.pid = EndingSession(connect=SECONDS / 2, total=SECONDS), os.getpid()
        return cast(EndingSession, self.own.session)

    def lookup(self, sought: Sought) -> Receipt | None:
        """Return None: push services keep no list. The text is fixed, so a second copy tells nothing new."""
        return None

    def parse_receipt(self, request: HttpRequest, path: Mapping[str, str]) -> Sequence[Receipt]:
        """Raise InvalidSignature: push services call nobody back."""
        raise InvalidSignature("push has no callbacks")

    def close(self) -> None:
        """Let the threads go; their connections go with them."""
        if self.pool is not None and self.pid == os.getpid():
            self.pool.shutdown()
        self.pool = None


def explained(problem: Exception) -> Outcome:
    """Return what an exception says about one subscription: gone, later, set-up, unknown or refused."""
    answer = getattr(problem, "response", None)
    if answer is not None:
        return by_answer(answer)
    if isinstance(problem, requests.RequestException):
        return Outcome.later(Reason.PROVIDER_DOWN) if never_left(problem) else Outcome.unknown(Reason.NO_ANSWER)
    if isinstance(problem, WebPushException | ValueError | TypeError):  # keys that no browser made: nothing was sent
        return GONE
    logger.error("Push: unexpected %s", type(problem).__name__)
    return Outcome.unknown(Reason.PROVIDER_ERROR)


def by_answer(answer: requests.Response) -> Outcome:
    """Return what a push service's error status means."""
    if answer.status_code in {404, 410}:
        return Outcome.refused(Reason.SUBSCRIPTION_GONE, str(answer.status_code))
    if 300 <= answer.status_code < 400:  # never followed: it could lead anywhere
        return Outcome.refused(Reason.REJECTED, str(answer.status_code))
    return by_status(answer.status_code, "", answer.headers)
