"""What makes the portal an app: manifest, worker, and the page for when there is no network (spec K4)."""

from __future__ import annotations

import hashlib
import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinics.gate import anyone
from notifications.providers.push import public_key
from portal import language

ICON = "app/icons/app-192.png"
FILES = (  # all that the worker keeps besides the offline page: nothing of anyone
    "app/layers.css",
    "app/fallback.css",
    "vendor/designsystemet/theme.css",
    "vendor/designsystemet/designsystemet.css",
    "app/tokens.css",
    "app/base.css",
    "app/portal.css",
    ICON,
)
COLOUR = "#0b5a7d"  # the top's


@require_safe
@anyone
def manifest(request: HttpRequest) -> HttpResponse:
    """Return the web app's manifest."""
    translation.activate(language.of_browser(request))
    icons = [
        {"src": static(ICON), "sizes": "192x192", "type": "image/png"},
        {"src": static("app/icons/app-512.png"), "sizes": "512x512", "type": "image/png"},
        {
            "src": static("app/icons/app-maskable-512.png"),
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "maskable",
        },
    ]
    home = reverse("portal:home")
    about = {
        "id": home,
        "name": _("Pasientportal"),
        "short_name": _("Pasientportal"),
        "description": _("Timer, meldinger og betaling hos klinikken din."),
        "lang": translation.get_language(),
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "background_color": "#f3f5f6",
        "theme_color": COLOUR,
        "icons": icons,
    }
    return JsonResponse(about, content_type="application/manifest+json")


@require_safe
@anyone
def worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker; it lies under the portal's folder, which is thereby its scope."""
    translation.activate(language.of_browser(request))
    files = [static(name) for name in FILES]
    offline_page = render_to_string("portal/offline.html")
    version = hashlib.sha256(json.dumps([files, offline_page]).encode()).hexdigest()[:12]
    known = {
        "kept": f"portal-{version}",
        "files": files,
        "offline": reverse("portal:offline"),
        "home": reverse("portal:home"),
        "renew": reverse("portal:push_renew"),
        "icon": static(ICON),
        "key": public_key(),
        "title": _("Pasientportal"),
        "unreadable": _("Du har fått et varsel. Logg inn for å lese."),
    }
    return render(request, "portal/worker.js", {"known": json.dumps(known)}, content_type="text/javascript")


@require_safe
@anyone
def offline(request: HttpRequest) -> HttpResponse:
    """Say that there is no network; kept by the worker."""
    translation.activate(language.of_browser(request))
    return HttpResponse(render_to_string("portal/offline.html"))
