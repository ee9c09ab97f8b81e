"""Synthetic people, clinics and appointments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from clinics.models import Clinic, Membership, Place, Practitioner, Role, User
from economy.models import BillingCard, Line, Tariff
from patients.models import Consent, Patient, Person
from post.models import Dialog, DialogKind, DialogState, KindSwitch, Message, Party
from timebook.models import Appointment, AppointmentType


class ClinicFactory(DjangoModelFactory):
    """A demo clinic with every module on."""

    name = factory.Sequence(lambda n: f"Klinikk {n}")
    alias = factory.LazyAttribute(lambda clinic: clinic.name)
    sms_sender = "Klinikken"
    phone = "+4722000000"
    post_notices = timebook_notices = economy_notices = True
    is_demo = True

    class Meta:
        model = Clinic


class UserFactory(DjangoModelFactory):
    """A staff user without password."""

    email = factory.Sequence(lambda n: f"ansatt{n}@example.com")
    first_name = "Kari"
    last_name = "Holm"

    class Meta:
        model = User


class MembershipFactory(DjangoModelFactory):
    """A secretary at a clinic."""

    clinic = factory.SubFactory(ClinicFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.SECRETARY

    class Meta:
        model = Membership


class PractitionerFactory(DjangoModelFactory):
    """A practitioner."""

    clinic = factory.SubFactory(ClinicFactory)
    name = "Bjørn Haugen"
    title = "fastlege"

    class Meta:
        model = Practitioner


class PlaceFactory(DjangoModelFactory):
    """A place."""

    clinic = factory.SubFactory(ClinicFactory)
    name = factory.Sequence(lambda n: f"Rom {n}")
    address = "Storgata 1"

    class Meta:
        model = Place


class PersonFactory(DjangoModelFactory):
    """A person; the number only has to be unique here."""

    national_number = factory.Sequence(lambda n: f"{n:011d}")

    class Meta:
        model = Person


class PatientFactory(DjangoModelFactory):
    """A card with consent, e-mail and a fictional mobile number."""

    clinic = factory.SubFactory(ClinicFactory)
    local_number = factory.Sequence(lambda n: f"L{n}")
    given_name = "Lillian"
    family_name = "Iversen"
    email = factory.Sequence(lambda n: f"pasient{n}@example.com")
    mobile = factory.Sequence(lambda n: f"+4742{n % 1_000_000:06d}")
    consent = Consent.GIVEN

    class Meta:
        model = Patient


class AppointmentTypeFactory(DjangoModelFactory):
    """A type with notices on."""

    clinic = factory.SubFactory(ClinicFactory)
    name = factory.Sequence(lambda n: f"Kontroll {n}")
    notices = True

    class Meta:
        model = AppointmentType


class AppointmentFactory(DjangoModelFactory):
    """An appointment a week ahead; everything at the patient's clinic."""

    patient = factory.SubFactory(PatientFactory)
    clinic = factory.SelfAttribute("patient.clinic")
    practitioner = factory.SubFactory(PractitionerFactory, clinic=factory.SelfAttribute("..clinic"))
    place = factory.SubFactory(PlaceFactory, clinic=factory.SelfAttribute("..clinic"))
    type = factory.SubFactory(AppointmentTypeFactory, clinic=factory.SelfAttribute("..clinic"))
    starts_at = factory.LazyFunction(lambda: datetime.now(UTC).replace(microsecond=0) + timedelta(days=7))
    ends_at = factory.LazyAttribute(lambda row: row.starts_at + timedelta(minutes=30))

    class Meta:
        model = Appointment


class KindSwitchFactory(DjangoModelFactory):
    """A kind of dialog that the clinic uses."""

    clinic = factory.SubFactory(ClinicFactory)
    kind = DialogKind.E_DIALOG
    is_on = True

    class Meta:
        model = KindSwitch


class DialogFactory(DjangoModelFactory):
    """A patient's e-dialog that waits, unread, with the one message it began with."""

    patient = factory.SubFactory(PatientFactory)
    clinic = factory.SelfAttribute("patient.clinic")
    kind = DialogKind.E_DIALOG
    subject = "Spørsmål om time"
    state = DialogState.WAITING
    is_unread = True
    started_by = Party.PATIENT
    last_message_at = factory.LazyFunction(lambda: datetime.now(UTC))
    created_at = factory.SelfAttribute("last_message_at")
    first = factory.RelatedFactory("tests.factories.MessageFactory", factory_related_name="dialog")

    class Meta:
        model = Dialog
        skip_postgeneration_save = True


class MessageFactory(DjangoModelFactory):
    """A message from the patient."""

    dialog = factory.SubFactory(DialogFactory)
    clinic = factory.SelfAttribute("dialog.clinic")
    party = Party.PATIENT
    text = "Når kan jeg komme?"
    sent_at = factory.SelfAttribute("dialog.last_message_at")

    class Meta:
        model = Message


class TariffFactory(DjangoModelFactory):
    """A takst with no rules: 175 kr, of which the patient pays 160."""

    code = factory.Sequence(lambda n: f"X{n}")
    text = "Oppdiktet takst"
    valid_from = date(2020, 1, 1)
    fee_ore, refund_ore, patient_ore = 17_500, 1_500, 16_000
    source = "Oppdiktet"

    class Meta:
        model = Tariff


class BillingCardFactory(DjangoModelFactory):
    """An empty draft of today; everything at the patient's clinic."""

    patient = factory.SubFactory(PatientFactory)
    clinic = factory.SelfAttribute("patient.clinic")
    number = factory.Sequence(lambda n: n + 1_000)
    practitioner = factory.SubFactory(PractitionerFactory, clinic=factory.SelfAttribute("..clinic"))
    service_date = factory.LazyFunction(lambda: datetime.now(UTC).date())

    class Meta:
        model = BillingCard


class LineFactory(DjangoModelFactory):
    """A line of 175 kr, of which the patient pays 160; the card's sums are not touched."""

    card = factory.SubFactory(BillingCardFactory)
    code = "2ad"
    text = "Konsultasjon"
    fee_ore, refund_ore, patient_ore, share_ore = 17_500, 1_500, 16_000, 16_000

    class Meta:
        model = Line
