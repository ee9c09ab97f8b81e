"""Support's page of a clinic shows what switching the Timebok module on would do, in numbers only (spec A2, A7, D8)."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.admin import ClinicAdmin, site
from clinics.models import Clinic
from timebook import foresight
from timebook.foresight import Foresight


def foreseen(clinic: Clinic) -> Foresight:
    """Return what switching the module on would do; a book is long, so it is judged once for each row that is read."""
    kept = vars(clinic)
    if "foreseen" not in kept:
        kept["foreseen"] = foresight.of_module(clinic, timezone.now())
    found: Foresight = kept["foreseen"]
    return found


class SwitchForm(forms.ModelForm):  # type: ignore[type-arg]
    """Refuses to switch the module on when what it would do is no longer what was shown."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Clinic
        fields: ClassVar = ["timebook_notices"]  # the admin adds the rest of its fieldsets

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_off = self.instance.pk and not self.instance.timebook_notices
        self.expected = foreseen(self.instance).digest if is_off else ""
        self.initial["seen"] = self.expected

    def clean(self) -> dict[str, Any]:
        """Compare what was shown with what would happen now."""
        given = super().clean() or self.cleaned_data
        goes_on = given.get("timebook_notices") and not self.initial.get("timebook_notices")
        if self.instance.pk and goes_on and given.get("seen") != self.expected:
            self.data = {**self.data.dict(), "seen": self.expected}  # type: ignore[attr-defined]
            self.add_error(
                "timebook_notices", _("Timeboken har endret seg siden du så på. Se tallene på nytt, og lagre.")
            )
        return given


class SwitchingClinicAdmin(ClinicAdmin):
    """The clinic's page, with the numbers beside the switch."""

    form = SwitchForm

    def get_fieldsets(self, request: HttpRequest, obj: Clinic | None = None) -> Any:
        """Put the numbers under the switches of an existing clinic whose timebook is off."""
        fieldsets = [(name, dict(options)) for name, options in super().get_fieldsets(request, obj)]
        if obj and not obj.timebook_notices:
            modules = cast("dict[str, Any]", fieldsets[1][1])
            modules["fields"] = [*modules["fields"], "timebook_foresight", "seen"]
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Clinic | None = None) -> Any:
        """The numbers are only read."""
        return [*super().get_readonly_fields(request, obj), "timebook_foresight"]

    def timebook_foresight(self, obj: Clinic) -> SafeString:
        """Show how many reminders the switch would make; names are not for support."""
        return render_to_string("timebook/_foresight.html", {"seen": foreseen(obj)})

    timebook_foresight.short_description = gettext_lazy("Når Timebok slås på")  # type: ignore[attr-defined]


site.unregister(Clinic)
site.register(Clinic, SwitchingClinicAdmin)
