"""A clinic with one of everything, and how every URL's kwargs are made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from bulk_send.models import Bulk, Recipient
from clinics.hours import ClosedDay
from clinics.models import Clinic, Invitation, Membership, Place, Practitioner, Role
from economy.kinds import Method
from economy.models import BillingCard, Line, Receipt
from fhir_api.models import ApiClient, Scope
from integrations.models import ImportRun
from notifications.kinds import Kind, State, SubjectType
from notifications.models import Notification
from patients.models import JournalEntry, Patient, Proxy
from post import storage
from post.models import Attachment, Dialog, MessageTemplate
from selection.criteria import Group
from selection.models import Member, Origin, SavedSearch, SearchVersion, Selection
from selection.risk_models import FalsePositive, RiskAnalysis, RiskPerson
from selection.risk_reading import offered_one
from selection.saved import version_of
from tests.factories import (
    AppointmentFactory,
    AppointmentTypeFactory,
    BillingCardFactory,
    ClinicFactory,
    DialogFactory,
    LineFactory,
    MembershipFactory,
    PatientFactory,
    PersonFactory,
    PlaceFactory,
    PractitionerFactory,
    UserFactory,
)
from timebook.models import Appointment, AppointmentType

FAMILY_NAME = "Kanarifugl"  # must never be seen by those who may not


@dataclass
class World:
    """One clinic and one row of every kind that a URL can name."""

    clinic: Clinic
    patient: Patient
    appointment: Appointment
    type: AppointmentType
    practitioner: Practitioner
    place: Place
    notification: Notification
    run: ImportRun
    dialog: Dialog
    attachment: Attachment
    template: MessageTemplate
    billing_card: BillingCard
    billing_line: Line
    receipt: Receipt
    colleague: Membership
    invitation: Invitation
    closed_day: ClosedDay
    analysis: RiskAnalysis
    risk_person: RiskPerson
    mark: FalsePositive
    search: SearchVersion
    saved_search: SavedSearch
    bulk: Bulk
    proxy: Proxy
    api_client: ApiClient


def world() -> World:
    """Make a clinic with one of everything."""
    clinic = ClinicFactory()
    patient = PatientFactory(clinic=clinic, family_name=FAMILY_NAME)
    practitioner, place = PractitionerFactory(clinic=clinic), PlaceFactory(clinic=clinic)
    kind = AppointmentTypeFactory(clinic=clinic)
    appointment = AppointmentFactory(patient=patient, practitioner=practitioner, place=place, type=kind)
    run = ImportRun.objects.create(
        clinic=clinic, format="csv", name=f"{FAMILY_NAME}.csv", state="checked", created_by=UserFactory()
    )
    JournalEntry.objects.create(
        clinic=clinic, patient=patient, type="contact", text=f"Kontakt med {FAMILY_NAME}", starts_on=date(2026, 1, 2)
    )
    dialog = DialogFactory(patient=patient, subject=f"Om {FAMILY_NAME}")
    template = MessageTemplate.objects.create(clinic=clinic, name=FAMILY_NAME, text="Hei")
    parts = (notice(patient), run, dialog, attached(dialog), template)
    line, receipt = billed(patient), paid(patient)
    billing = (line.card, line, receipt)
    rest = (
        *parts,
        *billing,
        *staffed(clinic),
        *analysed(patient),
        *searched(clinic),
        bulk_to(patient),
        proxied(patient),
        fhir_client(clinic),
    )
    return World(clinic, patient, appointment, kind, practitioner, place, *rest)


def proxied(patient: Patient) -> Proxy:
    """Let somebody act for the patient."""
    known = {"clinic": patient.clinic, "patient": patient, "person": PersonFactory(), "recorded_by": UserFactory()}
    return Proxy.objects.create(**known, kind="FU", valid_from=date(2026, 1, 1))


def fhir_client(clinic: Clinic) -> ApiClient:
    """Let a system read the clinic; no line in the log."""
    known = {"name": "Kjernen", "client_id": f"fhir_{clinic.pk}", "scopes": list(Scope.values)}
    return ApiClient.objects.create(clinic=clinic, user=UserFactory(is_active=False), made_by=UserFactory(), **known)


def searched(clinic: Clinic) -> tuple[SearchVersion, SavedSearch]:
    """Make a search that finds everyone, and a name for it that the clinic shares."""
    user = UserFactory()
    version = version_of(Group(), clinic=clinic, by=user)
    named = {"clinic": clinic, "name": f"Søk etter {FAMILY_NAME}", "owner": user, "is_common": True}
    return version, SavedSearch.objects.create(**named, version=version)


def staffed(clinic: Clinic) -> tuple[Membership, Invitation, ClosedDay]:
    """Make a colleague, an invitation that waits, and a day the clinic is closed."""
    colleague = MembershipFactory(clinic=clinic)
    invitation = Invitation.objects.create(
        clinic=clinic,
        email=f"{FAMILY_NAME.lower()}{clinic.pk}@example.com",
        role=Role.SECRETARY,
        token_hash=f"{clinic.pk:064d}",
        invited_by=colleague.user,
        expires_at=timezone.now() + timedelta(days=7),
    )
    closed = ClosedDay.objects.create(clinic=clinic, day=date(2026, 12, 24), text=f"Feiring hos {FAMILY_NAME}")
    return colleague, invitation, closed


def analysed(patient: Patient) -> tuple[RiskAnalysis, RiskPerson, FalsePositive]:
    """Make the second of two analyses, which found the patient, and a mark."""
    programme = offered_one("influenza", date(2026, 11, 23))
    assert programme
    known = {"clinic": patient.clinic, "programme": programme.key, "version": programme.version}
    known |= {"definition": programme.definition, "day": date(2026, 11, 23), "state": "done", "asked_by": UserFactory()}
    known["counts"] = {"persons": 1, "groups": {}, "gone": 0}
    first = RiskAnalysis.objects.create(**known)
    analysis = RiskAnalysis.objects.create(**known, previous=first)
    person = RiskPerson.objects.create(analysis=analysis, patient=patient, weight=1)
    marked = FalsePositive.objects.create(
        clinic=patient.clinic, patient=patient, programme=programme.key, reason="mild", by=first.asked_by
    )
    return analysis, person, marked


def bulk_to(patient: Patient) -> Bulk:
    """Make a draft of a bulk to the patient."""
    by = UserFactory()
    known = {"clinic": patient.clinic, "origin": Origin.JOURNAL, "name": FAMILY_NAME, "created_by": by}
    selection = Selection.objects.create(**known, size=1)
    Member.objects.create(selection=selection, patient=patient, position=1)
    bulk = Bulk.objects.create(clinic=patient.clinic, selection=selection, created_by=by, text=f"Til {FAMILY_NAME}")
    Recipient.objects.create(clinic=patient.clinic, bulk=bulk, patient=patient, position=1)
    return bulk


def attached(dialog: Dialog) -> Attachment:
    """Make a file of the dialog's message, in the test's own folder."""
    return Attachment.objects.create(
        clinic=dialog.clinic,
        message=dialog.messages.get(),
        name=f"{FAMILY_NAME}.txt",
        content_type="text/plain",
        size=3,
        sha256="0" * 64,
        stored=storage.keep(b"Hei"),
    )


SUMS = {"fee_ore": 17_500, "refund_ore": 1_500, "patient_ore": 16_000}


def billed(patient: Patient) -> Line:
    """Make a draft with one line."""
    return LineFactory(card=BillingCardFactory(patient=patient, **SUMS))


def paid(patient: Patient) -> Receipt:
    """Make a paid card with one line and its receipt; nobody is told."""
    card = billed(patient).card
    card.state, card.method, card.settled_at = "paid", Method.TERMINAL, timezone.now()
    card.save()
    return Receipt.objects.create(
        clinic=card.clinic, card=card, number=card.number, issued_at=card.settled_at, patient_name=patient.name, **SUMS
    )


def notice(patient: Patient, *, at: int = 0, **fields: Any) -> Notification:
    """Make a dispatched notice, `at` hours ago, that may be sent again."""
    then = timezone.now() - timedelta(hours=at)
    known = {"kind": Kind.DIALOG_RECEIVED, "subject_type": SubjectType.MESSAGE, "slot": "message"}
    known |= {"state": State.DISPATCHED, "event_at": then, "due_at": then, "expires_at": then + timedelta(hours=72)}
    subject = 1_000_000 + Notification.objects.count()  # no real message has it
    return Notification.objects.create(clinic=patient.clinic, patient=patient, subject_id=subject, **(known | fields))


Kwargs = Callable[[World], dict[str, Any]]


def pk_of(name: str) -> Kwargs:
    """Return kwargs with the primary key of one of the world's rows."""
    return lambda world: {"pk": getattr(world, name).pk}


# Every URL with kwargs stands here; one that does not fails the crawl, so that a new URL cannot escape it.
ROWS: dict[str, Kwargs] = {
    "overview:card": pk_of("patient"),
    "patients:personal": pk_of("patient"),
    "patients:contact": pk_of("patient"),
    "patients:method": pk_of("patient"),
    "patients:consent": pk_of("patient"),
    "patients:withdraw": pk_of("patient"),
    "notifications:card": pk_of("patient"),
    "notifications:resend": pk_of("notification"),
    "notifications:why": pk_of("notification"),
    "notifications:now": pk_of("patient"),
    "notifications:why_subject": lambda world: {
        "pk": world.patient.pk,
        "subject": "appointment",
        "subject_pk": world.appointment.pk,
    },
    "timebook:of_patient": pk_of("patient"),
    "timebook:appointment": pk_of("appointment"),
    "timebook:change": pk_of("appointment"),
    "timebook:cancel": pk_of("appointment"),
    "timebook:restore": pk_of("appointment"),
    "timebook:type_edit": pk_of("type"),
    "timebook:type_notices": pk_of("type"),
    **{f"post:{name}": pk_of("dialog") for name in ("dialog", "answer", "draft", "mark", "assign", "close", "reopen")},
    "post:of_patient": pk_of("patient"),
    "post:attachment": pk_of("attachment"),
    "post:template_edit": pk_of("template"),
    "post:template_delete": pk_of("template"),
    "economy:of_patient": pk_of("patient"),
    "economy:card": pk_of("billing_card"),
    "economy:change": pk_of("billing_card"),
    "economy:open": pk_of("billing_card"),
    "economy:reopen": pk_of("billing_card"),
    "economy:line_add": pk_of("billing_card"),
    "economy:line_add_own": pk_of("billing_card"),
    "economy:tariffs": pk_of("billing_card"),
    "economy:line_change": pk_of("billing_line"),
    "economy:line_remove": pk_of("billing_line"),
    "economy:line_restore": pk_of("billing_line"),
    "economy:pay": pk_of("billing_card"),
    "economy:void": pk_of("billing_card"),
    "economy:credit": pk_of("billing_card"),
    "economy:receipt": pk_of("receipt"),
    "integrations:import_run": pk_of("run"),
    "integrations:import_start": pk_of("run"),
    "integrations:import_report": pk_of("run"),
    "clinics:act_for": pk_of("clinic"),
    "clinics:practitioner_edit": pk_of("practitioner"),
    "clinics:place_edit": pk_of("place"),
    "clinics:closed_day_remove": pk_of("closed_day"),
    **{f"clinics:{name}": pk_of("colleague") for name in ("access", "out_of_use", "in_use", "reset_code")},
    "clinics:invitation_again": pk_of("invitation"),
    "clinics:invitation_withdraw": pk_of("invitation"),
    "patients:readers": pk_of("patient"),
    "patients:journal": pk_of("patient"),
    "patients:proxies": pk_of("patient"),
    **{f"patients:{name}": pk_of("proxy") for name in ("proxy_withdraw", "proxy_notices", "proxy_notices_end")},
    **{f"fhir_clients:{name}": pk_of("api_client") for name in ("rotate", "revoke")},
    **{f"risk:{name}": pk_of("analysis") for name in ("people", "gone", "send")},
    **{f"risk:{name}": pk_of("risk_person") for name in ("mark", "uphold", "withdraw")},
    "risk:restore": pk_of("mark"),
    **{f"selection:{name}": pk_of("search") for name in ("results", "total", "send", "export", "keep")},
    "selection:forget": pk_of("saved_search"),
    "bulk_send:start": lambda world: {"selection": world.bulk.selection_id},
    **{
        f"bulk_send:{name}": pk_of("bulk")
        for name in ("bulk", "compose", "discard", "confirm", "undo", "stop", "resend", "export")
    },
}
# URLs whose kwargs name no clinic's row.
OTHERS: dict[str, dict[str, Any]] = {
    "portal:landing": {"token": "abcdefghijklmnopqrstuv"},
    "portal:open": {"token": "abcdefghijklmnopqrstuv"},
    "portal:start": {"provider": "ukjent"},
    "portal:start_from": {"token": "abcdefghijklmnopqrstuv", "provider": "ukjent"},
    "portal:consent": {"pk": 1},
    **{f"portal:{name}": {"pk": 1} for name in ("appointment", "calendar", "cancel", "move", "move_slot")},
    **{f"portal:{name}": {"pk": 1} for name in ("receipt", "receipt_pdf")},
    **{f"portal:{name}": {"pk": 1} for name in ("dialog", "keep_answer", "mark_read", "attachment", "push_remove")},
    "portal:choose": {"pk": 1},  # the portal's own crawl is tests/portal/test_crawl.py
    "risk:analyse": {"key": "influenza"},
    "timebook:feed": {"secret": "a" * 32},
    "webhooks:sms": {"token": "0" * 32},
    **{f"neighbours:{name}": {"name": "convene"} for name in ("neighbour", "key", "withdraw", "test", "ask_active")},
    **{f"fhir:{name}": {"kind": "Patient"} for name in ("search", "posted")},
    "fhir:read": {"kind": "Patient", "key": "1"},
    "fhir:code_system": {"key": "notice-reason"},
    "fhir:unknown": {"rest": "a/b/c"},
    "neighbours_in:event": {"neighbour": "convene"},
    "clinics:invitation_link": {"token": "abcdefghijklmnopqrstuv"},
    "account_confirm_email": {"key": "x"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "x-y"},
}
# A secret lets in: no log-in, no CSRF token.
SIGNED = ("webhooks:", "anymail:", "neighbours_in:", "portal:push_renew", "fhir:")
ADMIN = {"object_id": "1", "app_label": "clinics", "content_type_id": 1, "url": "x", "id": 1}


@dataclass(frozen=True)
class Page:
    """One URL of the resolver."""

    name: str
    view: Callable[..., Any]
    kwargs: tuple[str, ...]

    @property
    def right(self) -> Any:
        """What the view asks for."""
        return getattr(self.view, "right", "unmarked")

    @property
    def is_ours(self) -> bool:
        """Whether it is a page of the product, not Django admin's, allauth's or a webhook."""
        return ":" in self.name and not self.name.startswith(("admin:", *SIGNED))

    def url(self, world: World) -> str:
        """Return the address with kwargs of the world's rows. Raises LookupError for kwargs nobody has registered."""
        if not self.kwargs:
            return reverse(self.name)
        if self.name in ROWS:
            return reverse(self.name, kwargs=ROWS[self.name](world))
        if self.name in OTHERS:
            return reverse(self.name, kwargs=OTHERS[self.name])
        if self.name.startswith("admin:"):
            return reverse(self.name, kwargs={name: ADMIN[name] for name in self.kwargs})
        raise LookupError(f"{self.name} takes {self.kwargs}: add it to tests/access/world.py")


def urls() -> list[Page]:
    """Return every named URL of the product."""
    return list(walk(get_resolver(), "", ()))


def walk(resolver: URLResolver, namespace: str, outer: tuple[str, ...]) -> Iterator[Page]:
    """Yield the resolver's URLs with full names."""
    for entry in resolver.url_patterns:
        kwargs = (*outer, *entry.pattern.regex.groupindex)
        if isinstance(entry, URLPattern):
            if entry.name:
                yield Page(f"{namespace}{entry.name}", entry.callback, kwargs)
        else:
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from walk(entry, inner, kwargs)


def unnamed(resolver: URLResolver) -> Iterator[str]:
    """Yield patterns without a name, which the crawl cannot reach."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from unnamed(entry)
        elif not entry.name:
            yield str(entry.pattern)


WRITTEN_BY_EVERY_REQUEST = {"sessions.Session", "clinics.AuditEvent", "portal.Session"}


def rows() -> dict[str, list[Any]]:
    """Return every row of every table, to compare before and after; sessions and the audit log apart."""
    models = [model for model in apps.get_models() if model._meta.label not in WRITTEN_BY_EVERY_REQUEST]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}
