"""The commands: import_fhir, import_csv, create_demo and make_csv."""

import io

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from django.db.models import F, Q
from django.utils import timezone

from clinics.models import Clinic, Membership, Role, User
from notifications.models import Notification
from overview.management import demo_staff
from overview.management.demo_profiles import PROFILES
from patients import identity
from patients.models import ConsentChange, EntryType, JournalEntry, Patient, Person
from tests.factories import ClinicFactory, MembershipFactory
from timebook.models import Appointment

pytestmark = pytest.mark.django_db
CSV = "pasientnr;fornavn;etternavn\nA-1;Åse;Bjørnstad\nA-2;;Dahl\n"


def said(*arguments, **options):
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "pasienter.csv"
    file.write_text(CSV)
    return file


def test_import_prints_counts_lines_and_rate(path, tmp_path):
    clinic = ClinicFactory()

    text = said("import_csv", path, clinic=str(clinic.pk), report=tmp_path / "rapport.csv")

    assert "Pasienter opprettet: 1" in text
    assert "Navn mangler" in text
    assert "rader/s" in text
    assert "Navn mangler" in (tmp_path / "rapport.csv").read_text(encoding="utf-8-sig")


def test_dry_run_saves_nothing(path):
    text = said("import_csv", path, clinic=ClinicFactory().name, dry_run=True)

    assert "ingenting er lagret" in text
    assert not Patient.objects.exists()


def test_consent_for_all_needs_the_manager(path):
    """Spec B3."""
    manager = MembershipFactory(role=Role.MANAGER)
    secretary = MembershipFactory(role=Role.SECRETARY, clinic=manager.clinic)
    common = {"clinic": manager.clinic.name, "consent_collected": True}

    with pytest.raises(CommandError, match="--by"):
        said("import_csv", path, **common)
    with pytest.raises(CommandError, match="kan ikke importere"):
        said("import_csv", path, by=secretary.user.email, **common)
    said("import_csv", path, by=manager.user.email, **common)

    assert ConsentChange.objects.get().by == manager.user


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clinic": "Finnes ikke"}, "Finner ikke klinikken"),
        ({"practitioner": "Ingen"}, "ingen behandler"),
        ({"type_map": ["bare tekst"]}, "navn i filen"),
        ({"kind": "appointments"}, "mangler"),
    ],
)
def test_command_that_cannot_be_done_says_why(path, options, message):
    clinic = ClinicFactory()

    with pytest.raises(CommandError, match=message):
        said("import_csv", path, **{"clinic": clinic.name, **options})


def test_missing_and_broken_files_are_told(tmp_path):
    clinic = ClinicFactory()
    (tmp_path / "b.json").write_text("{")

    with pytest.raises(CommandError, match="Finner ikke"):
        said("import_fhir", tmp_path / "finnes-ikke.json", clinic=clinic.name)
    with pytest.raises(CommandError, match="ikke gyldig JSON"):
        said("import_fhir", tmp_path, clinic=clinic.name)


def test_demo_is_refused_outside_development():
    with pytest.raises(CommandError, match="DEBUG er av"):
        said("create_demo")

    assert not Clinic.objects.exists()


def test_demo_twice_is_the_same_demo():
    said("create_demo", force=True)
    tables = [
        Clinic,
        User,
        Membership,
        Person,
        Patient,
        JournalEntry,
        Appointment,
        Authenticator,
        Notification,
        ConsentChange,
    ]
    before = [list(table.objects.order_by("pk").values()) for table in tables]

    said("create_demo", force=True)

    assert [list(table.objects.order_by("pk").values()) for table in tables] == before


def test_demo_has_only_invented_people_and_no_confirmations():
    said("create_demo", force=True)

    for card in Patient.objects.select_related("person", "clinic"):
        number = identity.parse(identity.clean_national_number(card.person.national_number, clinic=card.clinic))
        assert (number.birth_date, number.sex) == (card.birth_date, card.sex)
        assert not card.mobile or card.is_landline or card.mobile[3:5] in {"42", "43", "44", "49"}
        assert not card.email or card.email.endswith("@example.com")
    assert set(Notification.objects.values_list("kind", flat=True)) <= {"appointment_reminder"}
    assert not all(card.can_be_notified for card in Patient.objects.all())
    assert Person.objects.filter(cards__clinic__name="Bryggen hudklinikk", account__isnull=False).exists()


def test_demo_is_rich_enough_to_search_in():
    """Spec G2, H1, I2: every criterion divides the demo clinic's patients, none takes all of them."""
    said("create_demo", force=True)

    clinic = Clinic.objects.get(name="Fjordbyen legesenter")
    cards, entries = Patient.objects.of(clinic), JournalEntry.objects.of(clinic)
    years = {card.age for card in cards}
    held = {profile.illness.code for profile in PROFILES} - set(entries.values_list("code", flat=True))
    assert (min(years), max(years) >= 95, 60 <= len(cards) <= 150) == (0, True, True)
    assert (clinic.free_text_sms, clinic.econtact_provider, held) == (True, "helsenorge", set())
    for kind in EntryType:
        assert cards.filter(journal__type=kind).distinct().count() > 0
    divisions = [Q(has_econtact=True), Q(mobile=""), Q(consent="given"), Q(person__account=None), Q(sex="female")]
    divisions += [Q(postal_code="9008"), Q(journal__code="J07BB02"), Q(journal__code="NPU27300"), Q(email="")]
    for division in divisions:
        assert 0 < cards.filter(division).distinct().count() < len(cards), division
    assert not entries.filter(starts_on__gt=timezone.localdate()).exists()
    assert not entries.filter(starts_on__lt=F("patient__birth_date")).exists()
    assert entries.filter(type="medicine", ends_on=None).exists()
    assert entries.filter(type="medicine").exclude(ends_on=None).exists()


def test_demo_logins_work():
    text = said("create_demo", force=True, print_logins=True)

    kari = User.objects.get(email="kari.holm@example.com")
    authenticator = Authenticator.objects.get(user=kari, type=Authenticator.Type.TOTP)
    assert kari.check_password(demo_staff.PASSWORD)
    assert TOTP(authenticator).validate_code(demo_staff.code_of(kari.email))
    assert demo_staff.PASSWORD in text


def test_demo_support_reaches_no_patients():
    """Spec A7."""
    said("create_demo", force=True)

    permissions = User.objects.get(email="support@example.com").get_all_permissions()
    assert "clinics.change_clinic" in permissions
    beyond = {name for name in permissions if not name.startswith("clinics.")}
    assert beyond == {"notifications.view_channelpause"}


def test_demo_does_not_touch_a_real_clinic_of_the_same_name():
    ClinicFactory(name="Fjordbyen legesenter", is_demo=False)

    with pytest.raises(CommandError, match="ingen demoklinikk"):
        said("create_demo", force=True)

    assert not User.objects.exists()


def test_made_files_are_imported_without_refusals(tmp_path):
    clinic = ClinicFactory()
    said("make_csv", patients=60, appointments=120, entries=90, out=tmp_path)

    text = said("import_csv", tmp_path, clinic=clinic.name)

    assert Patient.objects.count() == 60
    assert Appointment.objects.count() == 120
    assert JournalEntry.objects.count() == 90
    assert "Ikke importert" not in text
