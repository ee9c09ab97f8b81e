"""What should not stand in an SMS or a subject: identity numbers, illnesses, medicines, links (spec C4). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

ELEVEN = re.compile(r"(?<!\d)(\d{6})[ .\-]?(\d{5})(?!\d)")
LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:no|com|net|org|info|ly|me)/\S*", re.IGNORECASE)
WORD = re.compile(r"[a-zæøåäöéA-ZÆØÅÄÖÉ][\w\-æøåÆØÅ]*")
CODE = re.compile(r"\b(?:[A-Z]\d{2}(?:\.\d)?|[A-Z]\d{2}[A-Z]{2}\d{2})\b")  # ICPC-2, ICD-10, ATC

# Beginnings of words: the illnesses, examinations and medicines that bulks are about.
ILLNESS = (
    "diabet", "kreft", "svulst", "hiv", "aids", "hepatitt", "klamydia", "gonor", "syfilis", "herpes", "abort", "gravid",
    "svangerskap", "depresjon", "depressiv", "angst", "psykia", "psykose", "schizo", "bipolar", "adhd", "autis",
    "demens", "alzheimer", "parkinson", "epilep", "rus", "alkohol", "avhengighet", "kols", "astma", "hjerte",
    "infarkt", "hjerneslag", "blodtrykk", "kolesterol", "nyre", "leversykdom", "levercirr", "leversvikt", "fedme",
    "overvekt", "revmat", "psoriasis", "eksem", "migrene", "celleprøve", "mammografi", "prostata", "inkontinens",
    "potens", "transplant", "cellegift", "dialyse", "immunsvikt", "ms-", "tuberkul", "allergi", "diagnose", "lidelse",
)  # fmt: skip
MEDICINE = (
    "insulin", "metformin", "warfarin", "marevan", "eliquis", "xarelto", "pradaxa", "litium", "metotreksat", "ozempic",
    "wegovy", "saxenda", "ritalin", "concerta", "medikinet", "sobril", "valium", "stesolid", "vival", "imovane",
    "zopiklon", "paralgin", "tramadol", "oxycontin", "oksykodon", "morfin", "metadon", "subutex", "levaxin", "statin",
    "lipitor", "cipralex", "zoloft", "sertralin", "prednisolon", "antibiotika", "penicillin", "p-pille", "antabus",
    "blodfortynn", "antidepressiv", "sovemed", "smertestillende",
)  # fmt: skip
WITHIN = (  # plain enough to be found inside a compound: «lungekreft», «type2-diabetes»
    "kreft", "diabet", "psykia", "psykose", "hepatitt", "demens", "epilep", "abort", "depresjon", "klamydia", "alkohol",
)  # fmt: skip
HARMLESS = ("russ", "rusk", "hjertelig", "nyreis", "allergivennlig")  # begin alike, mean something else


class Finding(StrEnum):
    """What was found (closed list)."""

    IDENTITY = "identity"
    ILLNESS = "illness"
    MEDICINE = "medicine"
    CODE = "code"
    LINK = "link"


WORDS = {
    Finding.IDENTITY: _("ser ut som et fødselsnummer"),
    Finding.ILLNESS: _("kan røpe hva pasienten feiler"),
    Finding.MEDICINE: _("kan røpe hva pasienten bruker"),
    Finding.CODE: _("ser ut som en diagnose- eller legemiddelkode"),
    Finding.LINK: _("er en lenke: mange tror SMS med lenker er svindel"),
}


@dataclass(frozen=True, slots=True)
class Warning:
    """One thing to look at: what stands there, and why it may be wrong."""

    finding: Finding
    written: str

    @property
    def words(self) -> str:
        """Say what it may be."""
        return str(WORDS[self.finding])


def warnings(text: str) -> list[Warning]:
    """Return what someone should think over before it is sent where it can be read without log-in."""
    found = [Warning(Finding.IDENTITY, match[0]) for match in ELEVEN.finditer(text)]
    found += [Warning(Finding.LINK, match[0]) for match in LINK.finditer(text)]
    found += [Warning(Finding.CODE, match[0]) for match in CODE.finditer(text)]
    found += [Warning(kind, word) for word in WORD.findall(text) if (kind := kind_of(word.lower()))]
    return list(dict.fromkeys(found))


def kind_of(word: str) -> Finding | None:
    """Say what a word in lower case gives away."""
    if word.startswith(HARMLESS):
        return None
    if word.startswith(ILLNESS) or any(stem in word for stem in WITHIN):
        return Finding.ILLNESS
    return Finding.MEDICINE if word.startswith(MEDICINE) or "insulin" in word else None
