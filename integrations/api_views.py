"""The neighbours' way in: what is wrong with a request as such is answered here, all else by way_in.py."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from clinics.gate import anyone
from clinics.limits import is_too_often
from integrations import keys, way_in
from integrations.neighbour_models import Neighbour, Why
from integrations.signing import Knock

log = logging.getLogger(__name__)
LARGEST = 262_144  # bytes of a body
WITH_FILES = settings.NEIGHBOUR_ATTACHMENTS_MAX_BYTES // 3 * 4 + LARGEST  # of one with attachments in base64
CARRY_FILES = (Neighbour.HELSENORGE, Neighbour.DIGICARE, Neighbour.BESOKLEGEN)
MOST_UNSIGNED = 60  # calls a minute from one address that nobody we know has signed


@anyone
@csrf_exempt  # the neighbour's signature is checked instead
@require_POST
def event(request: HttpRequest, neighbour: str) -> HttpResponse:
    """Take one event of a neighbour. The contracts are docs/api/*.yaml."""
    if neighbour not in Neighbour.values:
        raise Http404
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        return JsonResponse({"code": "length_required"}, status=411)
    if int(length) > (WITH_FILES if neighbour in CARRY_FILES else LARGEST):
        return JsonResponse({"code": "too_large"}, status=413)
    if request.content_type != "application/json":
        return JsonResponse({"code": "not_json"}, status=415)
    reply = taken(request, Neighbour(neighbour), int(length))
    if reply == way_in.UNSIGNED:
        reply = unsigned(request, neighbour)
    return JsonResponse(
        dict(reply.body), status=reply.status, headers={"Retry-After": "60"} if reply.status == 429 else {}
    )


def taken(request: HttpRequest, neighbour: Neighbour, length: int) -> way_in.Reply:
    """Read the body and judge it; a stranger's megabytes are not read."""
    if length > LARGEST and keys.find(neighbour, request.headers.get("webhook-key", "")) is None:
        return way_in.UNSIGNED
    body = request.read(length)  # `request.body` has a limit of its own, which is the forms'
    return way_in.take(neighbour, Knock.of(request.headers, body), timezone.now())


def unsigned(request: HttpRequest, neighbour: str) -> way_in.Reply:
    """Turn away a call that nobody we know has signed: one line in the log, until the address tries too often.

    Whether it named a key that exists shows in neither answer.
    """
    if is_too_often(request, "unsigned", most=MOST_UNSIGNED):
        return way_in.refusal(Why.TOO_MANY)
    log.warning("a call as %s was refused: unauthorized", neighbour)
    return way_in.UNSIGNED
