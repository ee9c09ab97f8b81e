"""What staff should look at before a card is opened: combinations, age, and amounts of an old tariff (spec F1)."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from economy.combinations import Item, warnings
from economy.kinds import Exemption, State
from economy.models import BillingCard, Line

ADULT = 16
OLD = timedelta(days=730)  # the tariff is renegotiated every summer


def review(card: BillingCard, lines: list[Line]) -> list[str]:
    """Return warnings about the card, in two queries at most; nothing here stops anyone."""
    mine = [Item(line.code, line.quantity, line.rules) for line in lines if line.code]
    found = warnings(mine, of_the_day(card)) if mine else []
    if is_child(card) and not card.exemption:
        found.append(_("Pasienten er under 16 år og betaler ikke egenandel. Velg «Under 16 år» under fri egenandel."))
    if card.exemption == Exemption.CHILD and not is_child(card):
        found.append(_("Kortet sier at pasienten er under 16 år. Det stemmer ikke med fødselsdatoen."))
    if old := sorted({line.code for line in lines if line.tariff_from and card.service_date - line.tariff_from > OLD}):
        words = _("Satsene for %(codes)s er over to år gamle. Kontroller dem, eller be brukerstøtte laste inn nye.")
        found.append(words % {"codes": ", ".join(old)})
    return found


def of_the_day(card: BillingCard) -> list[Item]:
    """Return the taksts on the patient's other cards of the same day; void and credited ones do not count."""
    rows = Line.objects.standing().filter(card__patient=card.patient_id, card__service_date=card.service_date)
    rows = rows.exclude(card=card.pk).exclude(card__state=State.VOID).exclude(code="")
    rows = rows.filter(card__credit_of=None, card__credits=None)
    return [Item(line.code, line.quantity, line.rules) for line in rows]


def is_child(card: BillingCard) -> bool:
    """Whether the patient was under 16 on the day; unknown birth dates count as adult."""
    born, day = card.patient.birth_date, card.service_date
    if born is None:
        return False
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day)) < ADULT
