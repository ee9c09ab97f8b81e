"""Template context: the bell and the alarms that every staff page shows."""

from typing import Any

from django.http import HttpRequest


def alarms(request: HttpRequest) -> dict[str, Any]:
    """Give templates the acting clinic's failures and the engine's alarms."""
    from notifications import health  # noqa: PLC0415 - context processors load before apps are ready

    clinic = getattr(request, "clinic", None)
    return {"alarms": health.alarms(clinic)} if clinic else {}
