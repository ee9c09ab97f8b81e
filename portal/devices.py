"""How a person knows a browser again: «Chrome på Android». Pure; only words of our own, whatever the browser claims."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

BROWSERS = (  # the first that fits: many claim to be others too
    (r"EdgA?/", "Edge"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"OPR/", "Opera"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/", "Chrome"),
    (r"Safari/", "Safari"),
)
SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "Mac"),
    (r"CrOS", "Chromebook"),
    (r"Linux", "Linux"),
)


def name_of(agent: str) -> str:
    """Return browser and system of a User-Agent header."""
    browser, system = first(BROWSERS, agent), first(SYSTEMS, agent)
    if not browser:
        return system or _("Ukjent enhet")
    return _("%(browser)s på %(system)s") % {"browser": browser, "system": system} if system else browser


def first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    """Return the first name whose pattern the text has."""
    return next((name for pattern, name in known if re.search(pattern, agent)), "")
