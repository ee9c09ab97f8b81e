"""A receipt as PDF: the same words and the same øre as its page (spec F2, F5). Nothing is fetched to make it."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from economy.models import BillingCard, Line, Receipt
from economy.money import amount, kr
from patients.models import Patient

PLAIN, BOLD = "Receipt", "ReceiptBold"
FILES = {PLAIN: "Roboto-Regular.ttf", BOLD: "Roboto-Bold.ttf"}  # has the Sámi letters, which PDF's own fonts lack
MARGIN = 20 * mm
WIDTHS = [18 * mm, 62 * mm, 14 * mm, 25 * mm, 25 * mm, 26 * mm]  # together what the margins leave of A4


@translation.override("nb")  # an accounting document: one and the same for the clinic and every reader
def pdf(receipt: Receipt, lines: Sequence[Line]) -> bytes:
    """Return the document. The receipt's card, with patient and credited card, should be loaded."""
    fonts()
    card, out = receipt.card, BytesIO()
    title = heading(receipt)
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=title,
        author=receipt.issuer_name,
        lang="nb-NO",
    )
    story = [
        text(title, bold=True, size=16),
        Spacer(1, 6 * mm),
        parties(receipt, card.patient),
        Spacer(1, 6 * mm),
        facts(receipt, card),
        Spacer(1, 6 * mm),
        specified(receipt, lines),
        Spacer(1, 6 * mm),
        text(_("Helsetjenester er unntatt merverdiavgift.")),
    ]
    document.build(story)
    return out.getvalue()


@cache
def fonts() -> None:
    """Register the fonts, once for each process."""
    found = importlib.util.find_spec("font_roboto")
    folder = Path(str(found and found.origin)).parent / "files"
    for name, file in FILES.items():
        pdfmetrics.registerFont(TTFont(name, folder / file))


def heading(receipt: Receipt) -> str:
    """Return «Kvittering 12», or «Kreditnota 13»."""
    return f"{_('Kreditnota') if receipt.card.is_credit else _('Kvittering')} {receipt.number}"


def text(words: str, *, bold: bool = False, size: int = 10, right: bool = False) -> Paragraph:
    """Return words that wrap; what people have typed is text, never markup."""
    style = ParagraphStyle(
        "words", fontName=BOLD if bold else PLAIN, fontSize=size, leading=size * 1.35, alignment=2 if right else 0
    )
    return Paragraph(escape(words), style)


def parties(receipt: Receipt, patient: Patient) -> Table:
    """Return who issued it and to whom, side by side."""
    issuer = [text(receipt.issuer_name, bold=True)]
    if receipt.issuer_number:
        issuer.append(text(f"{_('Org.nr.')} {receipt.issuer_number}"))
    if receipt.issuer_address:
        issuer.append(text(receipt.issuer_address))
    payer = [text(receipt.patient_name, bold=True)]
    if patient.birth_date:
        payer.append(text(f"{_('Født')} {patient.birth_date:%d.%m.%Y}"))
    payer.append(text(f"{_('Pasientnummer')} {patient.local_number or patient.pk}"))
    return Table([[issuer, payer]], colWidths=[sum(WIDTHS) / 2] * 2, style=top_left())


def facts(receipt: Receipt, card: BillingCard) -> Table:
    """Return when, by whom and how it was paid."""
    issued = receipt.issued_at.astimezone(receipt.clinic.zone)
    rows = [(_("Regningskort"), str(card.number))]
    if card.is_credit and card.credit_of:
        credited = {"receipt": card.credit_of.receipt.number, "card": card.credit_of.number}
        rows.append((_("Krediterer"), _("kvittering %(receipt)s, regningskort %(card)s") % credited))
    rows += [
        (_("Behandlingsdag"), f"{card.service_date:%d.%m.%Y}"),
        (_("Behandler"), receipt.practitioner_name),
        (
            _("Betalt tilbake") if card.is_credit else _("Betalt"),
            f"{issued:%d.%m.%Y %H:%M}, {card.get_method_display().lower()}",
        ),
    ]
    cells = [[text(label), text(words)] for label, words in rows]
    return Table(cells, colWidths=[40 * mm, sum(WIDTHS) - 40 * mm], style=top_left())


def specified(receipt: Receipt, lines: Sequence[Line]) -> Table:
    """Return the prices line by line; the head is repeated on every page."""
    names = (_("Takst"), _("Tekst"), _("Antall"), _("Pris"), _("Dekket av Helfo"), _("Å betale"))
    rows: list[list[Any]] = [[text(name, bold=True, size=9, right=number > 1) for number, name in enumerate(names)]]
    rows += [
        [
            text(line.code or "–", size=9),
            text(line.text, size=9),
            *(
                text(words, size=9, right=True)
                for words in (
                    str(line.quantity),
                    amount(line.fee_ore),
                    amount(line.refund_sum),
                    amount(line.patient_sum),
                )
            ),
        ]
        for line in lines
    ]
    sums = [text(kr(oere), bold=True, size=9, right=True) for oere in (receipt.refund_ore, receipt.patient_ore)]
    rows.append([text(_("Sum"), bold=True, size=9), "", "", "", *sums])
    style = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.75, colors.black),
            ("LINEBELOW", (0, 1), (-1, -2), 0.25, colors.grey),
            ("LINEABOVE", (0, -1), (-1, -1), 0.75, colors.black),
        ]
    )
    return Table(rows, colWidths=WIDTHS, repeatRows=1, style=style)


def top_left() -> TableStyle:
    """Return the style of columns without lines, flush with the heading."""
    return TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)])
