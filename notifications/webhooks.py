"""Status callbacks: verify, store, answer fast; applying them is a task of its own (spec J2)."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from clinics.gate import anyone
from notifications import hints, receipts
from notifications.kinds import Channel
from notifications.providers.base import InvalidSignature
from notifications.providers.registry import provider_for

log = logging.getLogger(__name__)
SMS_LIMIT = 16_384  # bytes; Twilio's callbacks take one
EMAIL_LIMIT = 262_144


def too_large(request: HttpRequest, limit: int) -> bool:
    """Whether the body is announced as larger than any real callback; a body without length is refused too."""
    length = request.headers.get("Content-Length", "")
    return not (length.isascii() and length.isdigit()) or int(length) > limit


@anyone
@csrf_exempt  # the provider's signature is checked instead
@require_POST
def sms(request: HttpRequest, token: str) -> HttpResponse:
    """Take one of Twilio's status callbacks; the attempt's token is in its path."""
    return take(request, Channel.SMS, {"token": token}, SMS_LIMIT)


@anyone
@csrf_exempt  # the provider's signature is checked instead
@require_POST
def email(request: HttpRequest) -> HttpResponse:
    """Take the mail provider's tracking events."""
    return take(request, Channel.EMAIL, {}, EMAIL_LIMIT)


def take(request: HttpRequest, channel: Channel, path: dict[str, str], limit: int) -> HttpResponse:
    """Verify and store; 403 for what is not the provider's, 413 for what is too large, 204 for all else."""
    if too_large(request, limit):
        return HttpResponse(status=413)
    try:
        found = provider_for(channel).parse_receipt(request, path)
    except InvalidSignature:
        log.warning("a %s callback was refused: signature", channel)
        return HttpResponse(status=403)
    receipts.store(found, timezone.now())
    hints.offer("notifications.tasks.apply_receipts")
    return HttpResponse(status=204)
