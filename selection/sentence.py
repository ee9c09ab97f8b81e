"""A search as a sentence in bokmål, so that everyone sees who is asked for (spec G2). Pure but for names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from patients.journal import EntryType
from selection import criteria as c
from selection.predefined import code_names

COMPARED = {
    "lt": gettext_lazy("under"),
    "le": gettext_lazy("høyst"),
    "eq": gettext_lazy("lik"),
    "ge": gettext_lazy("minst"),
    "gt": gettext_lazy("over"),
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says the tree; the names of general practitioners are the clinic's."""

    doctors: Mapping[int, str] = field(default_factory=dict)

    def sentence(self, root: c.Group) -> str:
        """Return the whole sentence, without a full stop."""
        if not root.children or root.negated:
            return _("Alle pasienter") if not root.negated else _("Pasienter som %s") % self.clause(root)
        glue = _(" og som ") if root.mode == "all" else _(" eller som ")
        return _("Pasienter som %s") % glue.join(self.clause(child) for child in root.children)

    def clause(self, node: c.Node) -> str:
        """Return what is said of the patients: «er 40–85 år»."""
        if isinstance(node, c.Group):
            return self.group(node)
        return str(CLAUSES[type(node)](self, node))

    def group(self, group: c.Group) -> str:
        """Return a group in brackets."""
        if not group.children:
            return _("ikke finnes") if group.negated else _("er hvem som helst")
        glue = _(" og ") if group.mode == "all" else _(" eller ")
        inner = glue.join(self.clause(child) for child in group.children)
        return (_("ikke (%s)") if group.negated else "(%s)") % inner

    def entry(self, leaf: c.Entry) -> str:
        """Say a journal entry."""
        what = codes_said(leaf)
        verb = VERBS[leaf.type](leaf)
        parts = [verb, what, held(leaf), value_said(leaf), period_said(leaf.period)]
        return " ".join(part for part in parts if part)

    def doctor(self, leaf: c.GeneralPractitioner) -> str:
        """Say whose list it is."""
        if not leaf.ids:
            return _("har fastlege") if leaf.negated else _("er uten fastlege")
        names = joined([self.doctors.get(pk, _("ukjent")) for pk in leaf.ids])
        return (_("ikke har fastlege %s") if leaf.negated else _("har fastlege %s")) % names


def said(positive: Any, negative: Any) -> Callable[[Any], str]:
    """Return one of two words by whether the criterion is negated."""
    return lambda leaf: str(negative if leaf.negated else positive)


def medicine(leaf: c.Entry) -> str:
    """Return the verb of a medicine: in use now, or ever."""
    if leaf.active:
        return _("ikke bruker") if leaf.negated else _("bruker")
    return _("ikke har brukt") if leaf.negated else _("har brukt")


def diagnosis(leaf: c.Entry) -> str:
    """Return the verb of a diagnosis."""
    many = leaf.at_least or len(leaf.codes) > 1
    words = (_("ikke har"), _("har")) if many else (_("ikke har diagnosen"), _("har diagnosen"))
    return words[0] if leaf.negated else words[1]


VERBS: Mapping[str, Callable[[c.Entry], str]] = {
    EntryType.DIAGNOSIS: diagnosis,
    EntryType.MEDICINE: medicine,
    EntryType.OBSERVATION: said(gettext_lazy("har målt"), gettext_lazy("mangler")),
    EntryType.CONTACT: said(gettext_lazy("har hatt kontakt"), gettext_lazy("ikke har hatt kontakt")),
    EntryType.VACCINE: said(gettext_lazy("har fått vaksinen"), gettext_lazy("ikke har fått vaksinen")),
}


def codes_said(leaf: c.Entry) -> str:
    """Name the codes: «T90 (diabetes type 2)»; several are joined by «eller»."""
    names = {**code_names()[""], **code_names().get(leaf.system, {})}
    known = [f"{code} ({names[code]})" if code in names else code for code in leaf.codes]
    codes = joined(known)
    if leaf.at_least:
        kinds = _("diagnoser") if leaf.type == EntryType.DIAGNOSIS else _("legemidler")
        among = _(" blant %s") % codes if codes else ""
        return _("minst %(count)s ulike %(kinds)s") % {"count": leaf.at_least, "kinds": kinds} + among
    several = leaf.type == EntryType.DIAGNOSIS and len(known) > 1
    return _("en av diagnosene %s") % codes if several else codes


def value_said(leaf: c.Entry) -> str:
    """Say what the value is compared with."""
    if not leaf.comparison:
        return ""
    words = _("(siste verdi %(how)s %(value)s)") if leaf.latest else _("(verdi %(how)s %(value)s)")
    return words % {"how": COMPARED[leaf.comparison], "value": f"{leaf.value}".replace(".", ",")}


def held(leaf: c.Entry) -> str:
    """Say that it holds now, and for how long."""
    if leaf.for_days:
        return _("og har gjort det i minst %s dager") % leaf.for_days
    return _("nå") if leaf.active else ""


def period_said(period: c.Period) -> str:
    """Say the period; nothing for ever."""
    if period.season:
        return _("denne sesongen")
    if period.days is not None:
        return _("siste %s dager") % period.days
    first, last = (f"{day:%d.%m.%Y}" if day else "" for day in (period.first, period.last))
    if first and last:
        return f"{first}–{last}"
    return (_("fra %s") % first if first else "") + (_("til og med %s") % last if last else "")


def joined(words: Sequence[str]) -> str:
    """Join words by comma and «eller»."""
    return _(" eller ").join([part for part in (", ".join(words[:-1]), *words[-1:]) if part])


def age(_speaker: Speaker, leaf: c.Age) -> str:
    """Say the age."""
    verb = _("ikke er") if leaf.negated else _("er")
    if leaf.low is None:
        return _("%(verb)s %(age)s år eller yngre") % {"verb": verb, "age": leaf.high}
    if leaf.high is None:
        return _("%(verb)s %(age)s år eller eldre") % {"verb": verb, "age": leaf.low}
    span = f"{leaf.low}–{leaf.high}" if leaf.low != leaf.high else f"{leaf.low}"
    return _("%(verb)s %(age)s år") % {"verb": verb, "age": span}


def sex(_speaker: Speaker, leaf: c.SexIs) -> str:
    """Say the sex."""
    words = {"female": _("kvinner"), "male": _("menn"), "": _("uten oppgitt kjønn")}
    return (_("ikke er %s") if leaf.negated else _("er %s")) % words[leaf.sex]


def visit(_speaker: Speaker, leaf: c.Visit) -> str:
    """Say the appointment."""
    if leaf.when == "coming":
        return _("ikke har time som kommer") if leaf.negated else _("har time som kommer")
    verb = _("ikke har hatt time") if leaf.negated else _("har hatt time")
    return f"{verb} {period_said(leaf.period)}".strip()


def area(_speaker: Speaker, leaf: c.Area) -> str:
    """Say where the patients live."""
    places = [_("kommune %s") % code for code in leaf.municipalities]
    places += [_("postnummer %s") % code.replace("-", "–") for code in leaf.postcodes]
    return (_("ikke bor i %s") if leaf.negated else _("bor i %s")) % joined(places)


def consent(_speaker: Speaker, leaf: c.ConsentIs) -> str:
    """Say the consent."""
    positive = {
        "given": _("har samtykket"),
        "withdrawn": _("har trukket samtykket"),
        "": _("ikke er spurt om samtykke"),
    }
    negative = {
        "given": _("ikke har samtykket"),
        "withdrawn": _("ikke har trukket samtykket"),
        "": _("er spurt om samtykke"),
    }
    return (negative if leaf.negated else positive)[leaf.consent]


def electronic(_speaker: Speaker, leaf: c.Electronic) -> str:
    """Say how the patients are electronically active."""
    if leaf.how == "either":
        return _("ikke er elektronisk aktive") if leaf.negated else _("er elektronisk aktive")
    name = _("ePortal") if leaf.how == "eportal" else _("EP-kontakt")
    return (_("ikke har %s") if leaf.negated else _("har %s")) % name


def reachable(_speaker: Speaker, leaf: c.Reachable) -> str:
    """Say how the patients can be reached."""
    name = {"either": _("SMS eller e-post"), "sms": _("SMS"), "email": _("e-post")}[leaf.how]
    return (_("ikke kan nås på %s") if leaf.negated else _("kan nås på %s")) % name


def sent(_speaker: Speaker, leaf: c.Sent) -> str:
    """Say what has been sent."""
    if leaf.outcome == "failed":
        return _("ikke har et siste varsel som feilet") if leaf.negated else _("har et siste varsel som feilet")
    return (_("ikke er varslet siste %s dager") if leaf.negated else _("er varslet siste %s dager")) % leaf.days


CLAUSES: Mapping[type[c.Node], Callable[[Speaker, Any], str]] = {
    c.Age: age,
    c.SexIs: sex,
    c.Entry: Speaker.entry,
    c.Visit: visit,
    c.GeneralPractitioner: Speaker.doctor,
    c.Area: area,
    c.ConsentIs: consent,
    c.Electronic: electronic,
    c.Reachable: reachable,
    c.Sent: sent,
}
