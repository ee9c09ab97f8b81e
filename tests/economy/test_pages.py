"""The pages of Økonomi: list, card, payment, credit, receipt; what is typed stays, and is never trusted (spec F)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from html import escape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinics.models import AuditAction, AuditEvent, Role
from economy import billing
from economy.kinds import State
from economy.models import BillingCard, Issuer, Line, Receipt
from notifications.models import Notification
from tests.access.people import colleague, logged_in
from tests.economy.conftest import TODAY
from tests.factories import BillingCardFactory, LineFactory, PatientFactory, PractitionerFactory

TODAY_URL = f"/okonomi/?dag={TODAY}"


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    """Let static files come from their folders: tests run without collectstatic."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def secretary(clock: object, clinic: object) -> Client:
    """The secretary's browser."""
    return logged_in(colleague(clinic))


@pytest.fixture
def other(clock: object, clinic: object) -> Client:
    """A colleague's browser."""
    return logged_in(colleague(clinic, Role.CLINICIAN))


def url(name: str, row: object) -> str:
    """Return the address of a row's page."""
    return reverse(f"economy:{name}", args=[row.pk])


def text_of(response: Any) -> str:
    """Return the page as people read it: without tags, blanks folded."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def line(card: BillingCard, **fields: object) -> dict[str, object]:
    """Return what the form for a takst posts."""
    version = BillingCard.objects.get(pk=card.pk).version
    return {"key": uuid.uuid4(), "version": version, "quantity": 1} | fields


def own(card: BillingCard, **fields: object) -> dict[str, object]:
    """Return what the form for the clinic's own goods posts."""
    return {f"own-{name}": value for name, value in line(card, **fields).items()}


def test_the_whole_way_on_the_pages(secretary: Client, kari: Any, clinic: Any, tariff: None) -> None:
    """spec F1, F2: new card, takst by code, by words, own goods, ready, paid, receipt."""
    practitioner = PractitionerFactory(clinic=clinic)
    page = secretary.get(reverse("economy:new"), {"pasient": kari.pk})
    key = page.context["form"]["key"].value()
    asked = {"key": key, "patient": kari.pk, "practitioner": practitioner.pk, "service_date": "23.11.2026"}

    response = secretary.post(reverse("economy:new"), asked)
    card = BillingCard.objects.get()
    assert response["Location"] == url("card", card)

    secretary.post(url("line_add", card), line(card, takst="2AD "))
    hits = secretary.post(url("line_add", card), line(card, takst="crp"))
    assert "Immunologisk CRP-test" in text_of(hits)
    secretary.post(url("line_add", card), line(card, takst="crp", pick="705k", quantity=2))
    secretary.post(url("line_add_own", card), own(card, text="Legeattest", amount="1 250,50"))
    card.refresh_from_db()
    assert card.patient_ore == 16_000 + 125_050

    secretary.post(url("open", card), {"version": card.version})
    card.refresh_from_db()
    response = secretary.post(url("pay", card), {"version": card.version, "method": "vipps"}, follow=True)

    assert "Regningskortet er betalt, og kvitteringen er laget" in text_of(response)
    words = text_of(secretary.get(url("receipt", Receipt.objects.get())))
    for part in ("Konsultasjon hos allmennpraktiserende lege, dag", "102,00", "1 250,50", "1 410,50 kr", "vipps"):
        assert part.replace(" ", "\N{NO-BREAK SPACE}") in words.replace(" ", "\N{NO-BREAK SPACE}")
    assert "unntatt merverdiavgift" in words


def test_the_list_shows_the_day_with_its_sums(
    secretary: Client, paid: Callable, opened: Callable, draft: Callable
) -> None:
    """spec F1: day list and sums, narrowed by status and practitioner."""
    card = paid("2ad").card
    opened("2ad", "701a")
    draft("1bd")

    words = text_of(secretary.get(TODAY_URL)).replace("\N{NO-BREAK SPACE}", " ")
    assert "Regningskort 3 Honorar 494,00 kr Refusjon 113,00 kr Egenandel 381,00 kr Betalt 160,00 kr" in words
    assert "Ikke betalt, med kladder 221,00 kr Kort i terminal 160,00 kr (1 kort)" in words

    narrowed = secretary.get(TODAY_URL, {"status": "open"})
    assert [row.state for row in narrowed.context["page"]] == [State.OPEN]
    mine = secretary.get(TODAY_URL, {"behandler": card.practitioner_id})
    assert len(mine.context["page"]) == 3


@pytest.mark.parametrize(
    "query",
    [
        "dag=x",
        "dag=2026-02-30",
        "dag=0001-01-01",
        "status=%3Cscript%3E",
        "behandler=9e9",
        "behandler=" + "9" * 40,
        "side=x",
    ],
)
def test_nonsense_in_the_address_is_no_error(query: str, secretary: Client) -> None:
    response = secretary.get(f"/okonomi/?{query}")

    assert response.status_code == 200
    assert "<script>" not in response.content.decode()


def test_empty_lists_say_so_and_what_to_do(secretary: Client, kari: Any) -> None:
    assert "Ingen regningskort denne dagen" in text_of(secretary.get(TODAY_URL))
    assert "Nullstill filter" in text_of(secretary.get(TODAY_URL, {"status": "paid"}))
    assert "Ingen regningskort til pasienten ennå" in text_of(secretary.get(url("of_patient", kari)))


def queries(client: Client, address: str) -> int:
    """Return how many queries the page takes, the session's first writing aside."""
    client.get(address)
    with CaptureQueriesContext(connection) as context:
        assert client.get(address).status_code == 200
    return len(context)


def test_five_hundred_cards_take_no_more_queries(secretary: Client, clinic: Any, kari: Any) -> None:
    """No query a row: 500 cards of 50 patients."""
    practitioner = PractitionerFactory(clinic=clinic)
    patients = [PatientFactory(clinic=clinic) for _ in range(50)]
    one, *rest = [
        BillingCardFactory.build(
            patient=patients[number % 50], clinic=clinic, practitioner=practitioner, service_date=TODAY, number=number
        )
        for number in range(1, 501)
    ]
    one.save()
    of_one = queries(secretary, TODAY_URL)
    BillingCard.objects.bulk_create(rest)

    assert queries(secretary, TODAY_URL) == of_one <= 20
    response = secretary.get(TODAY_URL)
    assert response.context["sums"].count == 500
    assert len(response.context["page"]) == 100
    assert "Viser 1–100 av 500" in text_of(response)


def test_a_card_of_many_lines_takes_no_more_queries(secretary: Client, draft: Callable) -> None:
    card = draft("2ad")
    of_one = queries(secretary, url("card", card))
    for _ in range(40):
        LineFactory(card=card)

    assert queries(secretary, url("card", card)) == of_one <= 20


def test_a_patients_tab_takes_no_more_queries(secretary: Client, paid: Callable, kari: Any) -> None:
    paid("2ad")
    of_one = queries(secretary, url("of_patient", kari))
    for _ in range(10):
        paid("2ad")

    assert queries(secretary, url("of_patient", kari)) == of_one <= 20


def test_the_patients_tab_shows_cards_receipts_and_what_is_owed(
    secretary: Client, paid: Callable, opened: Callable, kari: Any
) -> None:
    receipt = paid("2ad")
    opened("2ad", "701a")

    response = secretary.get(url("of_patient", kari))

    assert "Utestående 221,00 kr" in text_of(response).replace("\N{NO-BREAK SPACE}", " ")
    assert url("receipt", receipt) in response.content.decode()
    assert AuditEvent.objects.filter(action=AuditAction.READ, patient_id=kari.pk).count() == 1


def test_looking_at_a_card_a_receipt_and_a_day_is_logged(secretary: Client, paid: Callable, kari: Any) -> None:
    """Threat 34."""
    receipt = paid("2ad")
    before = AuditEvent.objects.filter(action=AuditAction.CARD).count()

    secretary.get(url("card", receipt.card))
    secretary.get(url("receipt", receipt))
    secretary.get(TODAY_URL)

    lines = AuditEvent.objects.filter(action=AuditAction.CARD).order_by("pk")[before:]
    pk = receipt.card.pk
    assert [(row.what, row.patient_id) for row in lines] == [
        (f"read {pk}", kari.pk),
        (f"read receipt {pk}", kari.pk),
        (f"day {TODAY}: 1 cards", None),
    ]


REFUSED = [
    ("line_add", {"takst": ""}, "Skriv en takstkode eller et ord"),
    ("line_add", {"takst": "2ad", "quantity": "0"}, "minst 1"),
    ("line_add", {"takst": "2ad", "quantity": "100"}, "Høyst 99"),
    ("line_add", {"takst": "2ad", "quantity": "mange"}, "Skriv antallet med tall"),
    ("line_add", {"takst": "2ad", "pick": "9zz"}, "finnes ikke i tariffen 23.11.2026"),
    ("line_add", {"takst": "2ad", "key": "x"}, "for gammelt"),
]


@pytest.mark.parametrize(("name", "fields", "words"), REFUSED)
def test_what_is_refused_is_explained_and_kept(
    name: str, fields: dict[str, str], words: str, secretary: Client, draft: Callable
) -> None:
    """Clear bokmål at the field, nothing typed lost."""
    card = draft("2ad")

    response = secretary.post(url(name, card), line(card, **fields))

    assert response.status_code == 422
    assert words in text_of(response)
    assert f'value="{fields["takst"]}"' in response.content.decode()
    assert card.lines.count() == 1


@pytest.mark.parametrize("amount", ["", "gratis", "0", "-5", "1.234", "100 000,01", "1e5", "<b>"])
def test_an_amount_that_makes_no_sense_is_refused(amount: str, secretary: Client, draft: Callable) -> None:
    card = draft("2ad")

    response = secretary.post(url("line_add_own", card), own(card, text="Bandasje", amount=amount))

    assert response.status_code == 422
    assert 'value="Bandasje"' in response.content.decode()
    assert card.lines.count() == 1


def test_the_second_of_two_editors_keeps_what_was_typed(secretary: Client, other: Client, draft: Callable) -> None:
    """Conflicts are seen by the second, who can send it again on top of the other's."""
    card = draft("2ad")
    mine, theirs = line(card, takst="705k", quantity=3), line(card, takst="701a")
    other.post(url("line_add", card), theirs)

    response = secretary.post(url("line_add", card), mine)

    assert response.status_code == 409
    assert "endret av en annen i mellomtiden" in text_of(response)
    form = response.context["line_form"]
    assert (form["takst"].value(), form["quantity"].value()) == ("705k", "3")
    again = secretary.post(url("line_add", card), mine | {"version": form["version"].value()})
    assert again.status_code == 302
    assert card.lines.count() == 3


def test_marking_paid_after_a_colleague_says_who_was_first(secretary: Client, other: Client, opened: Callable) -> None:
    """spec F2: «alt betalt kl. … av …»."""
    card = opened("2ad")
    asked = {"version": card.version, "method": "cash"}
    other.post(url("pay", card), asked)

    response = secretary.post(url("pay", card), asked, follow=True)

    assert "alt betalt 23.11.2026 kl. 10.00 av Kari Holm" in text_of(response)
    assert Receipt.objects.count() == Notification.objects.count() == 1


def posts(card: BillingCard) -> dict[str, tuple[str, dict[str, object]]]:
    """Return every form that a card offers in its state, filled in."""
    row, version = card.lines.first(), card.version
    by_state = {
        State.DRAFT: {
            "line_add": (url("line_add", card), line(card, takst="701a")),
            "line_add_own": (url("line_add_own", card), own(card, text="Bind", amount="45")),
            "line_change": (url("line_change", row), {"quantity": "3", "version": version}),
            "line_remove": (url("line_remove", row), {"version": version}),
            "open": (url("open", card), {"version": version}),
            "void": (url("void", card), {"version": version, "reason": "Feil"}),
        },
        State.OPEN: {
            "pay": (url("pay", card), {"version": version, "method": "cash"}),
            "reopen": (url("reopen", card), {"version": version}),
        },
        State.PAID: {
            "credit": (
                url("credit", card),
                {"key": uuid.uuid4(), f"line_{row.pk}": 1, "reason": "x", "method": "cash"},
            ),
        },
    }
    return by_state[card.state]


@pytest.mark.parametrize(
    ("state", "name"),
    [
        *[("draft", name) for name in ("line_add", "line_add_own", "line_change", "line_remove", "open", "void")],
        *[("opened", name) for name in ("pay", "reopen")],
        ("paid", "credit"),
    ],
)
def test_every_form_sent_twice_does_its_thing_once(
    state: str, name: str, secretary: Client, request: pytest.FixtureRequest
) -> None:
    """Double submit of everything: the second answer is the page, not an error."""
    made = request.getfixturevalue(state)("2ad", "705k")
    address, fields = posts(getattr(made, "card", made))[name]

    first = secretary.post(address, fields)
    stored = [list(table._base_manager.order_by("pk").values()) for table in (BillingCard, Line, Receipt, Notification)]
    second = secretary.post(address, fields, follow=True)

    assert first.status_code == 302
    assert second.status_code == 200
    assert stored == [
        list(table._base_manager.order_by("pk").values()) for table in (BillingCard, Line, Receipt, Notification)
    ]


def test_a_new_card_sent_twice_is_made_once(secretary: Client, kari: Any, clinic: Any) -> None:
    fields = {"key": uuid.uuid4(), "patient": kari.pk, "service_date": "23.11.2026", "exemption": ""}
    fields["practitioner"] = PractitionerFactory(clinic=clinic).pk

    answers = {secretary.post(reverse("economy:new"), fields)["Location"] for _ in range(3)}

    assert len(answers) == BillingCard.objects.count() == 1


@pytest.mark.parametrize("form", ["line_form", "own_form"])
def test_a_used_form_does_not_swallow_another_line(form: str, secretary: Client, draft: Callable) -> None:
    """Back, another takst or other goods, the same form: it is told, kept, and added when sent again."""
    card = draft("2ad")
    address = url("line_add" if form == "line_form" else "line_add_own", card)
    fields = line(card, takst="701c") if form == "line_form" else own(card, text="Bandasje", amount="45,50")
    other = {"takst": "705k"} if form == "line_form" else {"own-text": "Krykker", "own-amount": "300"}
    secretary.post(address, fields)

    told = secretary.post(address, fields | other)
    kept = told.context[form]
    again = {kept.add_prefix(name): kept[name].value() for name in kept.fields}
    secretary.post(address, again)

    assert told.status_code == 409
    assert card.lines.count() == 3


def test_a_used_form_makes_no_card_of_another_patient(secretary: Client, kari: Any, clinic: Any) -> None:
    """Back, another patient, the same form: never the first patient's card in silence, and nothing typed is lost."""
    ola = PatientFactory(clinic=clinic)
    fields = {"key": uuid.uuid4(), "patient": kari.pk, "service_date": "23.11.2026", "exemption": "F"}
    fields["practitioner"] = PractitionerFactory(clinic=clinic).pk
    first = secretary.post(reverse("economy:new"), fields)["Location"]

    refused = secretary.post(reverse("economy:new"), fields | {"patient": ola.pk})
    form = refused.context["form"]
    again = {name: form[name].value() for name in fields}
    second = secretary.post(reverse("economy:new"), again)["Location"]

    assert refused.status_code == 422
    assert "Skjemaet er brukt til et annet regningskort" in text_of(refused)
    assert (again["patient"], again["exemption"]) == (str(ola.pk), "F")
    assert second != first
    assert list(BillingCard.objects.order_by("pk").values_list("patient", flat=True)) == [kari.pk, ola.pk]


def test_what_a_colleague_has_credited_meanwhile_is_not_left_out_in_silence(
    secretary: Client, other: Client, paid: Callable
) -> None:
    """spec F5: the second of two is told; otherwise less would be paid back than was said to the patient."""
    card = paid("2ad", "701c").card
    first, second = (f"line_{line.pk}" for line in card.lines.all())
    common = {"reason": "Feil", "method": "cash"}
    secretary.post(url("credit", card), common | {"key": uuid.uuid4(), first: 1, second: 0})

    refused = other.post(url("credit", card), common | {"key": uuid.uuid4(), first: 1, second: 1})

    assert refused.status_code == 422
    assert "Det er høyst 0 igjen å kreditere." in text_of(refused)
    assert card.credits.count() == 1


def test_removing_a_line_can_be_undone_from_the_toast(secretary: Client, draft: Callable) -> None:
    card = draft("2ad", "705k")
    first = card.lines.first()

    page = secretary.post(url("line_remove", first), {"version": card.version}, follow=True)
    version = re.search(r'name="version" value="(\d+)"><button type="submit">Angre', page.content.decode())[1]
    secretary.post(url("line_restore", first), {"version": version})

    card.refresh_from_db()
    assert (card.fee_ore, card.lines.standing().count()) == (22_600, 2)


NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE economy_line; --",
    "{{ 7|add:7 }}{% debug %}",
    "=cmd|' /c calc'!A1",
    "\N{RIGHT-TO-LEFT OVERRIDE}kr 000 1",
    "%(x)s %s \\u0000",
    "æøå ÆØÅ čđŋ 漢字 🩺",
]


@pytest.mark.parametrize("nasty", NASTY)
def test_free_text_is_shown_as_text_everywhere(
    nasty: str, secretary: Client, draft: Callable, paid: Callable, clinic: Any
) -> None:
    """Injection in every free-text field: own goods, why void, why credited, the issuer."""
    shown = nasty.replace("\N{RIGHT-TO-LEFT OVERRIDE}", "")
    manager = logged_in(colleague(clinic, Role.MANAGER))
    manager.post(reverse("economy:issuer"), {"name": nasty, "organisation_number": "", "address": nasty})
    bought, voided, credited = draft("2ad"), draft("2ad"), paid("2ad").card
    secretary.post(url("line_add_own", bought), own(bought, text=nasty, amount="45"))
    secretary.post(url("void", voided), {"version": voided.version, "reason": nasty})
    gives = {f"line_{credited.lines.get().pk}": 1, "reason": nasty, "method": "cash", "key": uuid.uuid4()}
    secretary.post(url("credit", credited), gives)

    pages = [secretary.get(url("card", row)) for row in (bought, voided, credited.credits.get())]
    pages.append(secretary.get(url("receipt", credited.credits.get().receipt)))
    pages.append(manager.get(reverse("economy:issuer")))

    for page in pages:
        body = page.content.decode()
        assert page.status_code == 200
        assert escape(shown) in body
        assert nasty not in body or nasty == escape(nasty)
    assert BillingCard.objects.get(pk=voided.pk).reason == " ".join(shown.split())


@pytest.mark.parametrize("nasty", [*NASTY, "\x00", "a" * 5_000])
def test_searches_survive_anything(nasty: str, secretary: Client, draft: Callable) -> None:
    """Injection in the search for taksts and for patients, as page and as part."""
    card = draft("2ad")

    for answer in (
        secretary.post(url("line_add", card), line(card, takst=nasty)),
        secretary.post(url("tariffs", card), {"takst": nasty}),
        secretary.post(reverse("economy:new"), {"find": "1", "patient_text": nasty}),
        secretary.post(reverse("economy:new"), {"pick": nasty}),
        secretary.post(reverse("economy:new"), {"patient": nasty, "practitioner": nasty, "service_date": nasty}),
    ):
        assert answer.status_code in (200, 404, 422)
        assert "<script>" not in answer.content.decode().replace("<script type", "")
    assert card.lines.count() == 1


@pytest.mark.parametrize("field", ["version", "quantity"])
@pytest.mark.parametrize("value", ["", "-1", "x", "9" * 40, "１", "1.5", "\x00"])
def test_numbers_that_are_none_change_nothing(field: str, value: str, secretary: Client, draft: Callable) -> None:
    card = draft("2ad")
    fields = {"version": card.version, "quantity": 2} | {field: value}

    response = secretary.post(url("line_change", card.lines.get()), fields)

    assert response.status_code in (409, 422)
    assert card.lines.get().quantity == 1


def test_what_is_paid_offers_no_change_on_its_page(secretary: Client, paid: Callable) -> None:
    """spec F5: nothing to press but credit and the receipt."""
    card = paid("2ad").card

    body = secretary.get(url("card", card)).content.decode()

    main = body[body.index("<main") : body.index("</main>")]
    assert "<form" not in main
    assert url("credit", card) in main
    assert url("void", card) not in main


def test_a_patient_of_another_clinic_is_not_billed(secretary: Client, clinic: Any) -> None:
    """spec A7."""
    stranger = PatientFactory(family_name="Kanarifugl")
    fields = {"key": uuid.uuid4(), "patient": stranger.pk, "service_date": "23.11.2026"}
    fields["practitioner"] = PractitionerFactory(clinic=clinic).pk

    response = secretary.post(reverse("economy:new"), fields)

    assert response.status_code == 422
    assert not BillingCard.objects.exists()
    assert "Kanarifugl" not in secretary.get(reverse("economy:new"), {"pasient": stranger.pk}).content.decode()


def test_toasts_and_addresses_carry_nothing_of_the_patient(secretary: Client, opened: Callable, kari: Any) -> None:
    """spec C4: toasts rest in the session; addresses hold ids."""
    card = opened("2ad")

    response = secretary.post(url("pay", card), {"version": card.version, "method": "cash"})

    assert kari.family_name not in str(dict(secretary.session))
    assert re.fullmatch(r"/okonomi/kort/\d+/", response["Location"])


@pytest.mark.parametrize(
    ("number", "is_right"),
    [("310000019", True), ("310 000 019", True), ("", True), ("310000018", False), ("31", False)],
)
def test_the_organisation_number_is_checked(number: str, is_right: bool, clock: object, clinic: Any) -> None:
    manager = logged_in(colleague(clinic, Role.MANAGER))
    fields = {"name": "Fjordbyen AS", "organisation_number": number, "address": "Fjordgata 12"}

    response = manager.post(reverse("economy:issuer"), fields)

    assert response.status_code == (302 if is_right else 422)
    assert Issuer.objects.filter(organisation_number=number.replace(" ", "")).exists() == is_right


def test_a_clinic_with_the_module_off_is_told(secretary: Client, clinic: Any) -> None:
    """spec A2, F3: staff see the state, and cannot change it."""
    clinic.economy_notices = False
    clinic.save()

    assert "Varsler er av for modulen Økonomi" in text_of(secretary.get(TODAY_URL))


def test_warnings_stand_on_the_card_and_stop_nobody(secretary: Client, draft: Callable) -> None:
    """spec F1."""
    card = draft("2ad", "1bd")

    assert "2ad kan ikke kombineres med 1bd." in text_of(secretary.get(url("card", card)))
    assert secretary.post(url("open", card), {"version": card.version}).status_code == 302


def test_a_void_draft_keeps_its_number(secretary: Client, draft: Callable, staff: Any) -> None:
    first = draft("2ad")
    billing.void(first, version=first.version, reason="Feil", by=staff)

    assert draft("2ad").number == first.number + 1
    assert "Annullert" in text_of(secretary.get(TODAY_URL))
