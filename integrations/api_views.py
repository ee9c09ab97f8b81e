"""The neighbours' way in: what is wrong with a request as such is answered here, all else by way_in.py."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from clinics.gate import anyone
from integrations import way_in
from integrations.neighbour_models import Neighbour
from integrations.signing import Knock

LARGEST = 262_144  # bytes


@anyone
@csrf_exempt  # the neighbour's signature is checked instead
@require_POST
def event(request: HttpRequest, neighbour: str) -> HttpResponse:
    """Take one event of a neighbour. The contracts are docs/api/*.yaml."""
    if neighbour not in Neighbour.values:
        raise Http404
    length = request.headers.get("Content-Length", "")
    if not length.isdigit():
        return JsonResponse({"code": "length_required"}, status=411)
    if int(length) > LARGEST:
        return JsonResponse({"code": "too_large"}, status=413)
    if request.content_type != "application/json":
        return JsonResponse({"code": "not_json"}, status=415)
    reply = way_in.take(Neighbour(neighbour), Knock.of(request.headers, request.body), timezone.now())
    return JsonResponse(
        dict(reply.body), status=reply.status, headers={"Retry-After": "60"} if reply.status == 429 else {}
    )
