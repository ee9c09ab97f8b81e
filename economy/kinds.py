"""The words of a billing card: states, methods, exemptions and sources."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from economy.sealing import DRAFT


class State(models.TextChoices):
    """Where a card stands (spec F1)."""

    DRAFT = DRAFT, _("Kladd")
    OPEN = "open", _("Ubetalt")
    PAID = "paid", _("Betalt")
    VOID = "void", _("Annullert")


class Method(models.TextChoices):
    """How the patient's share was paid, or paid back."""

    TERMINAL = "terminal", _("Kort i terminal")
    CASH = "cash", _("Kontant")
    VIPPS = "vipps", _("Vipps")
    BANK = "bank", _("Bankoverføring")
    NONE = "none", _("Ingen egenandel")


class Exemption(models.TextChoices):
    """Why the patient pays no share of refunded taksts; KUHR's own letters."""

    NOT = "", _("Nei, betaler egenandel")
    INFECTION = "A", _("Allmennfarlig smittsom sykdom")
    CHILD = "B", _("Under 16 år")
    CARD = "F", _("Frikort")


class Source(models.TextChoices):
    """What made the card."""

    OWN = "own", _("Klinikken")
    BULK = "bulk", _("Masseutsendelse")
    CONVENE = "convene", _("Convene")
