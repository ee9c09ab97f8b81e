"""Read a stored or shipped search: JSON → tree, or where it is wrong, in bokmål. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from patients.journal import CODE_MAX, CodeSystem, EntryType
from patients.models import Consent, Sex
from selection import criteria as c
from selection.json_fields import MOST_CODES, MOST_DAYS, Fields, Unreadable

MOST_NODES = 60  # groups included
DEEPEST = 5  # groups within groups
CODE = re.compile(r"[A-ZÆØÅ0-9][A-ZÆØÅ0-9.:/-]*")
RANGE = re.compile(r"([A-Z])([0-9]{2})-([A-Z]?)([0-9]{2})")
POSTCODE = re.compile(r"[0-9]{1,4}|[0-9]{4}-[0-9]{4}")
MUNICIPALITY = re.compile(r"[0-9]{4}")
COMPARISONS = ("lt", "le", "eq", "ge", "gt")


def normal_code(text: str) -> str:
    """Return a code or a range as it is compared: upper case, no blanks. Raises ValueError in bokmål."""
    code = "".join(text.upper().split()).replace("–", "-")
    if found := RANGE.fullmatch(code):
        letter, low, other, high = found.groups()
        if (other or letter) != letter or high < low:
            raise ValueError(_("«%(code)s» er ikke et område. Skriv det som K74-K77.") % {"code": code[:40]})
        return f"{letter}{low}-{letter}{high}"
    if len(code) > CODE_MAX or not CODE.fullmatch(code):
        raise ValueError(_("«%(code)s» er ingen kode.") % {"code": code[:40]})
    return code


def clinical_code(text: str) -> str:
    """Return a code of a diagnosis or a medicine: one letter, or with a digit. Raises ValueError in bokmål."""
    code = normal_code(text)
    if len(code) > 1 and not any(char.isdigit() for char in code):
        raise ValueError(_("«%(code)s» er ingen kode.") % {"code": code})
    return code


def read(text: Any) -> c.Group:
    """Return the tree of a versioned JSON object. Raises Unreadable."""
    if not isinstance(text, dict) or set(text) != {"version", "root"}:
        raise Unreadable("$", _("Søket skal ha feltene version og root."))
    if text["version"] != c.FORMAT:
        raise Unreadable("version", _("Formatet er ukjent."))
    counter = [0]
    root = node(text["root"], "root", counter, 0)
    if not isinstance(root, c.Group):
        raise Unreadable("root", _("Øverst skal det stå en gruppe: all eller any."))
    return root


def packed(root: c.Group) -> dict[str, Any]:
    """Return the versioned JSON of a tree."""
    return {"version": c.FORMAT, "root": root.packed()}


def node(given: Any, path: str, counter: list[int], depth: int) -> c.Node:
    """Read one group or leaf."""
    counter[0] += 1
    if counter[0] > MOST_NODES:
        raise Unreadable(path, _("Søket har for mange kriterier."))
    if depth > DEEPEST:
        raise Unreadable(path, _("Søket har for mange grupper i hverandre."))
    fields = Fields(given, path)
    kind = fields.choice("kind", ("all", "any", *LEAVES))
    if kind in ("all", "any"):
        children = fields.items("of", MOST_NODES)
        read_children = tuple(
            node(child, f"{path}.of[{number}]", counter, depth + 1) for number, child in enumerate(children)
        )
        found: c.Node = c.Group(mode=kind, children=read_children, negated=fields.flag("not"))
    else:
        found = LEAVES[kind](fields)
    fields.done()
    return found


def fitting(pattern: re.Pattern[str], why: str) -> Callable[[str], str]:
    """Return a cleaner that refuses what does not fit the pattern."""

    def clean(text: str) -> str:
        bare = "".join(text.split()).replace("–", "-")
        if not pattern.fullmatch(bare):
            raise ValueError(why % {"text": bare[:20]})
        return bare

    return clean


def age(fields: Fields) -> c.Node:
    """Read an age."""
    low, high = fields.number("from", 0, 150), fields.number("to", 0, 150)
    if low is None and high is None:
        raise fields.refuse("from", _("Skriv alder fra, til eller begge."))
    if low is not None and high is not None and high < low:
        raise fields.refuse("to", _("Alder til er lavere enn alder fra."))
    return c.Age(low=low, high=high, negated=fields.flag("not"))


def entry(type: str) -> Callable[[Fields], c.Node]:
    """Return the reader of a kind of journal entry."""

    def of_type(fields: Fields) -> c.Node:
        rest: dict[str, Any] = {"period": fields.period(season=type == EntryType.VACCINE)}
        if type != EntryType.CONTACT:
            coded = (EntryType.DIAGNOSIS, EntryType.MEDICINE)
            rest["codes"] = fields.texts("codes", clinical_code if type in coded else normal_code)
        if type == EntryType.DIAGNOSIS:
            rest |= {"system": fields.choice("system", ("", *CodeSystem.values), ""), "active": fields.flag("active")}
        if type == EntryType.MEDICINE:
            rest |= taken(fields)
        if "codes" in rest and not rest["codes"] and not rest.get("at_least"):
            raise fields.refuse("codes", _("Skriv minst én kode."))
        if type == EntryType.OBSERVATION:
            rest |= compared(fields)
        return c.Entry(type=type, negated=fields.flag("not"), **rest)

    return of_type


def taken(fields: Fields) -> dict[str, Any]:
    """Read whether a medicine is in use, for how long, and how many."""
    rest: dict[str, Any] = {"active": fields.flag("active"), "for_days": fields.number("for_days", 1, MOST_DAYS)}
    if rest["for_days"] and not rest["active"]:
        raise fields.refuse("for_days", _("Bare det som er i bruk nå, har vart så lenge."))
    return rest | {"at_least": fields.number("at_least", 2, 50)}


def compared(fields: Fields) -> dict[str, Any]:
    """Read what a measured value is compared with."""
    rest: dict[str, Any] = {"comparison": fields.choice("comparison", ("", *COMPARISONS), "")}
    rest |= {"value": fields.amount("value"), "latest": fields.flag("latest")}
    if bool(rest["comparison"]) != (rest["value"] is not None):
        raise fields.refuse("value", _("Velg både sammenligning og verdi."))
    if rest["latest"] and not rest["comparison"]:
        raise fields.refuse("latest", _("Den siste verdien må sammenlignes med noe."))
    return rest


def visit(fields: Fields) -> c.Node:
    """Read a criterion about appointments."""
    when, period = fields.choice("when", ("had", "coming"), "had"), fields.period()
    if when == "coming" and period != c.EVER:
        raise fields.refuse("period", _("En time som kommer, har ingen periode."))
    return c.Visit(when=when, period=period, negated=fields.flag("not"))


def general_practitioner(fields: Fields) -> c.Node:
    """Read whose list the patient is on."""
    ids = fields.items("ids", MOST_CODES)
    if not all(isinstance(pk, int) and not isinstance(pk, bool) and 0 < pk < 2**63 for pk in ids):
        raise fields.refuse("ids", _("Fastlegen finnes ikke."))
    return c.GeneralPractitioner(ids=tuple(ids), negated=fields.flag("not"))


def area(fields: Fields) -> c.Node:
    """Read where the patient lives."""
    municipalities = fields.texts("municipalities", fitting(MUNICIPALITY, _("«%(text)s» er ikke fire sifre.")))
    postcodes = fields.texts("postcodes", fitting(POSTCODE, _("«%(text)s» er ikke et postnummer.")))
    if not municipalities and not postcodes:
        raise fields.refuse("postcodes", _("Skriv minst ett kommunenummer eller postnummer."))
    return c.Area(municipalities=municipalities, postcodes=postcodes, negated=fields.flag("not"))


def sent(fields: Fields) -> c.Node:
    """Read what has been sent before."""
    outcome = fields.choice("outcome", ("notified", "failed"), "notified")
    days = fields.number("days", 1, MOST_DAYS)
    if outcome == "failed" and days is not None:
        raise fields.refuse("days", _("Siste varsel har ingen periode."))
    return c.Sent(outcome=outcome, days=30 if days is None else days, negated=fields.flag("not"))


def how(node_type: Any, words: tuple[str, ...]) -> Callable[[Fields], c.Node]:
    """Return the reader of a leaf that has one word."""
    return lambda fields: node_type(how=fields.choice("how", words, "either"), negated=fields.flag("not"))


LEAVES: Mapping[str, Callable[[Fields], c.Node]] = {
    "age": age,
    "sex": lambda fields: c.SexIs(sex=fields.choice("sex", Sex.values, ""), negated=fields.flag("not")),
    **{str(kind): entry(str(kind)) for kind in EntryType.values},
    "appointment": visit,
    "gp": general_practitioner,
    "area": area,
    "consent": lambda fields: c.ConsentIs(
        consent=fields.choice("consent", Consent.values, "given"), negated=fields.flag("not")
    ),
    "electronic": how(c.Electronic, ("either", "eportal", "econtact")),
    "reach": how(c.Reachable, ("either", "sms", "email")),
    "sent": sent,
}
