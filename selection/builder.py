"""The criteria as a form: groups within groups, each row a small form of its own, with or without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinics.forms import StaffForm
from clinics.models import Clinic
from selection import criteria as c
from selection.leaf_forms import FORMS, KINDS, LeafForm, choice
from selection.reading import DEEPEST, MOST_NODES

ROOT = "k"
NODE = re.compile(rf"{ROOT}(-[0-9]{{1,3}}){{1,5}}-kind")


class GroupForm(StaffForm, forms.Form):
    """How a group's criteria hang together."""

    mode = choice(_("Gruppen krever"), [("all", _("alle kriteriene")), ("any", _("minst ett av kriteriene"))])
    negated = choice(_("Gruppen"), [("", _("må passe")), ("1", _("må ikke passe"))])


@dataclass
class Draft:
    """A node as it stands in the form; its id is where it stands: k, k-0, k-0-2."""

    id: str
    kind: str  # a leaf's kind, or group
    form: Any
    children: list[Draft] = field(default_factory=list)

    @property
    def is_group(self) -> bool:
        """Whether it holds others."""
        return self.kind == "group"

    @property
    def may_nest(self) -> bool:
        """Whether a group may be put into it."""
        return self.id.count("-") < DEEPEST - 2

    @property
    def kinds(self) -> Any:
        """The kinds that can be added."""
        return KINDS

    def all(self) -> Iterator[Draft]:
        """Yield it and everything in it."""
        yield self
        for child in self.children:
            yield from child.all()

    def json(self) -> dict[str, Any]:
        """Return the tree's JSON; every form is valid."""
        if not self.is_group:
            leaf: LeafForm = self.form
            return leaf.json
        rest = {"not": True} if self.form.cleaned_data["negated"] else {}
        mode = self.form.cleaned_data["mode"] or "all"
        return {"kind": mode, "of": [child.json() for child in self.children]} | rest

    def next_id(self) -> str:
        """Return an id that no child has had."""
        return f"{self.id}-{max((int(child.id.rpartition('-')[2]) for child in self.children), default=-1) + 1}"


def posted(data: QueryDict, clinic: Clinic, *, check: bool) -> Draft:
    """Return the tree of a posted form. `check`: bound forms that can be valid; else what was typed, unjudged."""
    ids = sorted({name.removesuffix("-kind") for name in data if NODE.fullmatch(name)}, key=place)
    root = made(ROOT, "group", data, clinic, check=check)
    by_id = {ROOT: root}
    for one in ids[:MOST_NODES]:
        parent, kind = by_id.get(one.rpartition("-")[0]), data[f"{one}-kind"]
        if parent and parent.is_group and (kind == "group" or kind in FORMS):
            by_id[one] = made(one, kind, data, clinic, check=check)
            parent.children.append(by_id[one])
    return root


def place(id: str) -> list[int]:
    """Return the order of an id, numbers as numbers."""
    return [int(part) for part in id.split("-")[1:]]


def made(id: str, kind: str, data: QueryDict, clinic: Clinic, *, check: bool) -> Draft:
    """Return one node with its form."""
    form_class: Any = GroupForm if kind == "group" else FORMS[kind]
    rest: dict[str, Any] = {} if kind == "group" else {"clinic": clinic}
    if check:
        return Draft(id, kind, form_class(data, prefix=id, **rest))
    typed = {
        name: data.getlist(f"{id}-{name}") if name == "ids" else data.get(f"{id}-{name}")
        for name in form_class.base_fields
        if f"{id}-{name}" in data
    }
    return Draft(id, kind, form_class(initial=typed, prefix=id, **rest))


def shown(node: c.Node, clinic: Clinic, id: str = ROOT) -> Draft:
    """Return the form of a tree."""
    if isinstance(node, c.Group):
        initial = {"mode": node.mode, "negated": "1" if node.negated else ""}
        draft = Draft(id, "group", GroupForm(initial=initial, prefix=id))
        draft.children = [shown(child, clinic, f"{id}-{number}") for number, child in enumerate(node.children)]
        return draft
    form_class = FORMS[node.kind_of()]
    return Draft(id, form_class.kind, form_class(initial=form_class.initial_of(node), prefix=id, clinic=clinic))


def changed(root: Draft, act: str, data: QueryDict, clinic: Clinic) -> str:
    """Do what a button says: add a criterion or a group to a group, or take one away. Returns the id to go to."""
    verb, _colon, id = act.partition(":")
    nodes = {node.id: node for node in root.all()}
    target = nodes.get(id)
    if target is None:
        return ROOT
    if verb == "remove" and id != ROOT:
        parent = nodes[id.rpartition("-")[0]]
        parent.children.remove(target)
        return parent.id
    if not target.is_group or len(nodes) >= MOST_NODES:
        return id
    kind = "group" if verb == "group" and target.may_nest else data.get(f"{id}-new", "")
    if verb in ("add", "group") and (kind == "group" or kind in FORMS):
        new = made(target.next_id(), kind, QueryDict(), clinic, check=False)
        target.children.append(new)
        return new.id
    return id
