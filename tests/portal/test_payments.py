"""What is owed and paid, and receipts as page and PDF with the same numbers (spec C5, F2, F5, K2)."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import UTC, date, datetime
from io import BytesIO

import time_machine
from django.urls import reverse
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics

from clinics.models import User
from economy import crediting, payment, receipt_pdf
from economy.kinds import Method
from economy.models import BillingCard, Receipt
from patients.models import Patient
from tests.access.world import notice
from tests.factories import BillingCardFactory, ClinicFactory, LineFactory, PractitionerFactory, UserFactory
from tests.portal.visitors import logged_in, person_with

AMOUNT = re.compile(r"[−-]?\d{1,3}(?: \d{3})*,\d\d")
LETTERS = "Ánne Čáđđi Eŋŋil Šuorpma Ŧáža"
MARKUP = "Prøve <img src='file:///etc/hostname'/> & ŋ"


def opened(patient: Patient, *lines: tuple[str, int, int, int], **fields: object) -> BillingCard:
    """Make an open card with lines of text, quantity, the unit's refund and the patient's unit share, in øre."""
    card = BillingCardFactory(patient=patient, **fields)
    for text, quantity, refund, share in lines:
        unit = {"refund_ore": refund, "patient_ore": share, "share_ore": share, "fee_ore": refund + share}
        LineFactory(card=card, text=text, quantity=quantity, **unit)
    card.refund_ore = sum(quantity * refund for _text, quantity, refund, _share in lines)
    card.patient_ore = sum(quantity * share for _text, quantity, _refund, share in lines)
    card.fee_ore, card.state = card.refund_ore + card.patient_ore, "open"
    card.save()
    return card


def paid(patient: Patient, *lines: tuple[str, int, int, int], by: User, **fields: object) -> Receipt:
    """Make a card, and mark it paid."""
    return payment.mark_paid(opened(patient, *lines, **fields), by=by, method=Method.TERMINAL)


def amounts(text: str) -> Counter[str]:
    """Return every amount in the text."""
    return Counter(AMOUNT.findall(text.replace("\xa0", " ")))


def plain(page: str) -> str:
    """Return the page's words: the receipt alone, without markup."""
    article = page.split("<article")[1].split("</article>")[0]
    return html.unescape(re.sub(r"<[^>]+>", " ", article))


def test_payments_and_the_receipt_as_page_and_pdf(db: None, django_assert_max_num_queries: object) -> None:
    clinic, by = ClinicFactory(alias="Nord"), UserFactory()
    person = person_with(clinic, given_name=LETTERS, family_name="Æsøå", birth_date=date(1980, 1, 2))
    patient, phone = person.cards.get(), logged_in(person)
    practitioner = PractitionerFactory(clinic=clinic, name="Žáneta Ŋŧ")
    with time_machine.travel(datetime(2025, 12, 31, 22, 30, tzinfo=UTC), tick=False):  # still 2025 at the clinic
        paid(patient, ("Gammel", 1, 0, 10_001), by=by)
    with time_machine.travel(datetime(2025, 12, 31, 23, 30, tzinfo=UTC), tick=False):  # and now it is not
        paid(patient, ("Nyttår", 1, 0, 20_002), by=by)
    with time_machine.travel(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), tick=False):
        phone = logged_in(person)
        lines = (MARKUP, 3, 50_033, 41_234), *((f"Linje {number}", 1, 100 + number, number) for number in range(60))
        receipt = paid(patient, *lines, by=by, practitioner=practitioner)
        opened(patient, ("Utestående", 1, 0, 37_500))
        opened(patient, ("E-kontakt", 1, 9_900, 0))  # nothing to pay: not owed
        LineFactory(card=BillingCardFactory(patient=patient, patient_ore=77_700, fee_ore=77_700))  # a draft
        first = receipt.card.lines.earliest("pk")
        note = crediting.credit(receipt.card, quantities={first.pk: 1}, method=Method.BANK, reason="Feil", by=by)

        unread = phone.get(reverse("portal:home")).content.decode()
        with django_assert_max_num_queries(12):
            overview = phone.get(reverse("portal:payments"))
        text = overview.content.decode().replace("\xa0", " ")
        everything = phone.get(reverse("portal:all_paid")).content.decode().replace("\xa0", " ")
        page = phone.get(reverse("portal:receipt", args=[receipt.pk])).content.decode()
        answer = phone.get(reverse("portal:receipt_pdf", args=[receipt.pk]))
        credited = phone.get(reverse("portal:receipt_pdf", args=[note.receipt.pk]))
        read = phone.get(reverse("portal:home")).content.decode()
        link = phone.get(reverse("portal:open", args=[notice(patient, subject_type="card").token]))

    share = 3 * 41_234 + sum(range(60))
    assert overview.context["owed_sum"] == 37_500
    assert overview.context["this_year_sum"] == 20_002 + share - 41_234
    assert overview.context["all_sum"] == 10_001 + 20_002 + share - 41_234
    assert "375,00 kr" in text
    this_year = text.split("Betalt i år")[1].split("Alt betalt")[0]
    assert ("200,02 kr" in this_year, "100,01 kr" in this_year, "777,00" in text) == (True, False, False)
    assert "100,01 kr" in everything
    assert everything.count("betalt tilbake") == 1

    document = PdfReader(BytesIO(answer.content))
    words = " ".join(sheet.extract_text() for sheet in document.pages)
    assert len(document.pages) > 1
    assert amounts(words) == amounts(plain(page))
    assert sum(amounts(words).values()) == 3 * 61 + 2
    flat = re.sub(r"\s+", " ", words)
    for one in (f"{LETTERS} Æsøå", "Žáneta Ŋŧ", "Født 02.01.1980", "<img src='file:///etc/hostname'/>", "& ŋ"):
        assert one in flat, one
        assert one in re.sub(r"\s+", " ", plain(page)), one
    assert person.national_number not in flat
    assert document.metadata.title == f"Kvittering {receipt.number}"
    assert answer["Content-Disposition"] == f'attachment; filename="kvittering-{receipt.number}.pdf"'
    assert "no-store" in answer["Cache-Control"]
    back = " ".join(sheet.extract_text() for sheet in PdfReader(BytesIO(credited.content)).pages)
    assert f"kvittering {receipt.number}, regningskort {receipt.card.number}" in re.sub(r"\s+", " ", back)
    assert "−412,34 kr" in back.replace("\xa0", " ")
    assert (unread.count("Ulest"), read.count("Ulest")) == (4, 2)
    assert link["Location"] == reverse("portal:payments")


def test_the_font_has_the_letters() -> None:
    """A glyph that is missing would be an empty box on paper, whatever the text layer says."""
    receipt_pdf.fonts()
    for name in receipt_pdf.FILES:
        glyphs = pdfmetrics.getFont(name).face.charToGlyph
        assert [letter for letter in "æøåÆØÅáčđŋšŧžÁČĐŊŠŦŽ–−" if ord(letter) not in glyphs] == []
