"""Django admin for support: clinics, modules, grants, users and memberships. No patients (spec A2, A6, A7)."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from clinics import audit
from clinics.models import AuditAction, Clinic, Membership, User


class SupportSite(admin.AdminSite):
    """Holds only what is registered here: what libraries register elsewhere is out of reach (threat 38)."""

    site_header = site_title = _("Pasientvarsel – brukerstøtte")
    index_title = _("Klinikker og ansatte")
    enable_nav_sidebar = False
    site_url = None


site = SupportSite(name="admin")
site.login = secure_admin_login(site.login)  # type: ignore[method-assign]


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Writes every change to the append-only log; nothing is ever deleted here."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Log a new row."""
        self.write(request, obj, "added")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Log which fields were changed, passwords included; never values."""
        parts = message if isinstance(message, list) else []
        fields = [str(name) for part in parts for name in part.get("changed", {}).get("fields", [])]
        self.write(request, obj, ", ".join(fields) or "changed")
        return super().log_change(request, obj, message)

    def write(self, request: HttpRequest, obj: Any, what: str) -> None:
        """Add the line."""
        clinic = obj if isinstance(obj, Clinic) else getattr(obj, "clinic", None)
        actor: Any = request.user
        words = f"{obj._meta.model_name} {obj.pk}: {what}"
        audit.record(AuditAction.SETTING, clinic=clinic, actor=actor, what=words, source="admin")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are taken out of use, so that the log keeps its meaning."""
        return False


@admin.register(Clinic, site=site)
class ClinicAdmin(AuditedAdmin):
    """A clinic, the modules it has ordered and what it is granted (spec A2, A6)."""

    list_display = ["name", "timebook_notices", "post_notices", "economy_notices", "is_demo", "is_active"]
    list_filter = ["is_active", "is_demo"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "alias", "sms_sender", "phone", "time_zone", "is_active", "is_demo"]}),
        (_("Varsler per modul"), {"fields": ["timebook_notices", "post_notices", "economy_notices"]}),
        (
            _("Tilganger"),
            {"fields": ["free_text_sms", "foreign_numbers", "econtact_provider", "convene", "bulk_daily_limit"]},
        ),
    ]


@admin.register(Membership, site=site)
class MembershipAdmin(AuditedAdmin):
    """Who works where, as what (spec A7)."""

    list_display = ["user", "clinic", "role", "may_bulk_send", "may_export", "is_active"]
    list_filter = ["role", "is_active", "clinic"]
    list_select_related = ["user", "clinic"]
    search_fields = ["user__email", "clinic__name"]
    autocomplete_fields = ["user", "clinic"]


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A new user, known by e-mail address; its second factor is set up at first log-in."""

    class Meta:
        model = User
        fields: ClassVar = ["email", "first_name", "last_name"]

    def clean_email(self) -> str:
        """Refuse an address that is taken, whatever the case."""
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("Adressen hører alt til en bruker."))
        return email


@admin.register(User, site=site)
class StaffUserAdmin(AuditedAdmin, UserAdmin):  # type: ignore[type-arg]
    """A user; one who leaves is taken out of use and cannot log in."""

    add_form = NewUserForm
    list_display = ["email", "first_name", "last_name", "is_staff", "is_active"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "password", "first_name", "last_name"]}),
        (_("Tilgang"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("Tider"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "first_name", "last_name", "usable_password", "password1", "password2"]})
    ]
