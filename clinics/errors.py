"""What is shown when a page has failed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string

from clinics.context import error_side


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something went wrong, on a page that asks nothing of what may be what is wrong.

    No request in the template, hence no clinic and no query: staff get the page without navigation.
    """
    side = error_side(request)
    if side["error_base"] == "base.html":
        side["error_base"] = "entrance.html"
    return HttpResponseServerError(render_to_string("500.html", side))
