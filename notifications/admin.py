"""Django admin for support: which channels rest. Read-only, and no message or patient in sight (spec A7)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from clinics.admin import site
from notifications.models import ChannelPause


@admin.register(ChannelPause, site=site)
class ChannelPauseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A channel that rests, since when and why."""

    list_display = ["channel", "reason", "since", "until"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the engine pauses a channel."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only the engine lifts a pause."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only the engine lifts a pause."""
        return False
