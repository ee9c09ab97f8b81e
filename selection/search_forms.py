"""The whole search form: the usual fields first, and the builder for the rest (spec G2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.forms import StaffForm
from clinics.models import Clinic
from selection import builder
from selection import criteria as c
from selection.json_fields import Unreadable
from selection.leaf_forms import SEPARATOR, day, doctors, first_word, number, text
from selection.reading import node, read

PREFIX = "s"
PLACES = {"codes": "diagnosis", "from": "low", "to": "high"}


class CommonForm(StaffForm, forms.Form):
    """What is asked for most: each a criterion, all must hold."""

    diagnosis = text(gettext_lazy("Diagnose (ICPC-2)"))
    low, high = number(gettext_lazy("Alder fra")), number(gettext_lazy("Alder til"))
    sex = forms.ChoiceField(label=gettext_lazy("Kjønn"), required=False)
    doctor = forms.ChoiceField(label=gettext_lazy("Fastlege"), required=False)
    before = day(gettext_lazy("Siste kontakt før"))

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, prefix=PREFIX, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["sex"].choices = [("", _("Alle")), ("female", _("Kvinne")), ("male", _("Mann"))]
        fields["doctor"].choices = [("", _("Alle fastleger")), *doctors(clinic)]
        self.leaves: list[dict[str, Any]] = []

    def clean(self) -> dict[str, Any]:
        """Read the criteria; what is wrong stands at its field."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        for leaf in packed(cleaned):
            try:
                node(leaf, "", [0], 0)
                self.leaves.append(leaf)
            except Unreadable as error:
                self.add_error(PLACES.get(error.path.rpartition(".")[2], "before"), error.why)
        return cleaned


def packed(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the criteria's JSON."""
    if codes := [code for code in map(first_word, SEPARATOR.split(given["diagnosis"])) if code]:
        yield {"kind": "diagnosis", "codes": codes, "system": "icpc2"}
    span = {key: given[name] for key, name in (("from", "low"), ("to", "high")) if given[name] is not None}
    if span:
        yield {"kind": "age", **span}
    if given["sex"]:
        yield {"kind": "sex", "sex": given["sex"]}
    if given["doctor"]:
        yield {"kind": "gp", "ids": [int(given["doctor"])]}
    if given["before"]:
        yield {"kind": "contact", "period": {"from": str(given["before"])}, "not": True}


def common(leaf: c.Node) -> dict[str, Any]:
    """Return the usual fields that say this criterion; none when they cannot."""
    match leaf:
        case c.Entry(type="diagnosis", system="icpc2") if leaf == c.Entry(
            type="diagnosis", system="icpc2", codes=leaf.codes
        ):
            return {"diagnosis": ", ".join(leaf.codes)}
        case c.Age(negated=False):
            return {"low": leaf.low, "high": leaf.high}
        case c.SexIs(negated=False) if leaf.sex:
            return {"sex": leaf.sex}
        case c.GeneralPractitioner(negated=False, ids=(one,)):
            return {"doctor": one}
        case c.Entry(type="contact", negated=True) if leaf == c.Entry(
            type="contact", negated=True, period=c.Period(first=leaf.period.first)
        ):
            return {"before": leaf.period.first} if leaf.period.first else {}
    return {}


@dataclass
class Search:
    """The form as it stands."""

    common: CommonForm
    root: builder.Draft
    problem: str = ""  # of the whole
    focus: str = ""  # the id of what was just added
    saved: int | None = None  # the saved search that is being changed

    @property
    def forms(self) -> list[Any]:
        """Every form with errors, in reading order."""
        everything = [self.common, *(draft.form for draft in self.root.all())]
        return [form for form in everything if form.is_bound and form.errors]

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(len(form.errors) for form in self.forms) + bool(self.problem)

    @property
    def has_more(self) -> bool:
        """Whether the builder holds anything, or was just used."""
        return bool(self.root.children or self.focus)

    def read(self) -> c.Group | None:
        """Return the tree, or None when something is wrong; then the errors say what."""
        if self.forms:
            return None
        given = self.root.json()
        is_plain = given["kind"] == "all" and "not" not in given
        rest = given["of"] if is_plain else ([given] if given["of"] else [])
        is_whole = not is_plain and bool(rest) and not self.common.leaves
        root = given if is_whole else {"kind": "all", "of": [*self.common.leaves, *rest]}
        try:
            return read({"version": c.FORMAT, "root": root})
        except Unreadable as error:
            self.problem = error.why
            return None


def empty(clinic: Clinic) -> Search:
    """Return a form with nothing in it."""
    return Search(CommonForm(clinic=clinic), builder.shown(c.Group(), clinic))


def posted(data: QueryDict, clinic: Clinic, *, check: bool = True) -> Search:
    """Return what was posted; unjudged when rows are only added or taken away."""
    if check:
        found = Search(CommonForm(data, clinic=clinic), builder.posted(data, clinic, check=True))
        for form in (found.common, *(draft.form for draft in found.root.all())):
            form.is_valid()
        return found
    typed = {name: data.get(f"{PREFIX}-{name}") for name in CommonForm.base_fields}
    return Search(CommonForm(initial=typed, clinic=clinic), builder.posted(data, clinic, check=False))


def shown(root: c.Group, clinic: Clinic) -> Search:
    """Return the form of a search: what the usual fields can say stands there, the rest in the builder."""
    initial: dict[str, Any] = {}
    rest: list[c.Node] = []
    is_plain = root.mode == "all" and not root.negated
    for leaf in root.children if is_plain else ():
        fields = common(leaf)
        if fields and not fields.keys() & initial.keys():
            initial |= fields
        else:
            rest.append(leaf)
    builder_root = replace(root, children=tuple(rest)) if is_plain else root
    if is_plain and len(rest) == 1 and isinstance(rest[0], c.Group):
        builder_root = rest[0]  # one group says the same alone
    return Search(CommonForm(initial=initial, clinic=clinic), builder.shown(builder_root, clinic))
