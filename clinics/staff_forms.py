"""Forms for colleagues: invite, change access, accept an invitation."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinics import staffing
from clinics.forms import StaffForm
from clinics.models import Invitation, Membership, Role, User

GRANT_LABELS = {
    "may_bulk_send": _("Kan bruke masseutsendelse"),
    "may_export": _("Kan eksportere pasientlister"),
}
GRANT_HELP = {
    "role": _("Klinikkleder administrerer ansatte, timetyper, maler, behandlere, import og logg."),
    "may_export": _("Klinikkledere har begge tilgangene uten kryss."),
}


class InviteForm(StaffForm, forms.ModelForm):  # type: ignore[type-arg]
    """Whom to invite, and as what."""

    class Meta:
        model = Invitation
        fields: ClassVar = ["email", "role", "may_bulk_send", "may_export"]
        labels: ClassVar = GRANT_LABELS
        help_texts: ClassVar = GRANT_HELP

    def clean_email(self) -> str:
        """An address means the same whatever its case."""
        return str(self.cleaned_data["email"]).lower()

    def take(self, error: ValidationError) -> None:
        """Put a service's refusal at its field."""
        self.add_error(None, error)


class AccessForm(StaffForm, forms.Form):
    """A colleague's role and grants; carries the access that was looked at."""

    role = forms.ChoiceField(label=_("Rolle"), choices=Role.choices, help_text=GRANT_HELP["role"])
    may_bulk_send = forms.BooleanField(label=GRANT_LABELS["may_bulk_send"], required=False)
    may_export = forms.BooleanField(
        label=GRANT_LABELS["may_export"], required=False, help_text=GRANT_HELP["may_export"]
    )
    as_seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        initial = {name: getattr(membership, name) for name in staffing.GRANTS}
        super().__init__(*args, initial=initial | {"as_seen": staffing.seen(membership)}, **kwargs)


class JoinForm(StaffForm, forms.Form):
    """A new colleague's name and password."""

    first_name = forms.CharField(
        label=_("Fornavn"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Etternavn"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    password1 = forms.CharField(
        label=_("Passord (minst 12 tegn)"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("Passord en gang til"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Refuse passwords that differ, or that the rules refuse for this person."""
        cleaned: dict[str, Any] = super().clean() or {}
        password = cleaned.get("password1")
        if not password:
            return cleaned
        if "password2" in cleaned and password != cleaned["password2"]:
            self.add_error("password2", _("Passordene er ikke like."))
        names = {name: cleaned.get(name, "") for name in ("first_name", "last_name")}
        try:
            validate_password(password, User(email=self.email, **names))
        except ValidationError as error:
            self.add_error("password1", error)
        return cleaned
