"""How a search's hits are ordered: by name or age, either way, and where a later page begins (spec G4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q
from django.db.models.expressions import OrderBy

FIELDS = {"navn": "search_name", "alder": "birth_date"}


@dataclass(frozen=True, slots=True)
class Order:
    """A column, and which way; an unknown birth date counts as the youngest, as its index has it."""

    column: str = "navn"
    is_falling: bool = False

    @property
    def key(self) -> str:
        """Return the word in the address."""
        return f"-{self.column}" if self.is_falling else self.column

    @property
    def field(self) -> str:
        """Return the card's field."""
        return FIELDS[self.column]

    @property
    def goes_down(self) -> bool:
        """Whether the field's values fall: the younger, the later the day of birth."""
        return self.is_falling != (self.column == "alder")

    @property
    def by(self) -> tuple[OrderBy, OrderBy]:
        """Return what to order by; two of the same are told apart by their ids."""
        if self.goes_down:
            return F(self.field).desc(nulls_first=True), F("pk").desc()
        return F(self.field).asc(nulls_last=True), F("pk").asc()

    def beyond(self, value: Any, pk: int) -> Q:
        """Ask for cards that come after the one with the value and the id."""
        name, sign = self.field, "lt" if self.goes_down else "gt"
        further = Q(**{f"pk__{sign}": pk})
        known = Q(**{f"{name}__isnull": False})
        if value is None:
            return (~known & further) | (known if self.goes_down else Q(pk__in=[]))
        # The bound on the value alone lets the index begin where the page begins.
        onwards = Q(**{f"{name}__{sign}e": value}) & (Q(**{f"{name}__{sign}": value}) | further)
        return onwards if self.goes_down or self.column == "navn" else onwards | ~known


BY_NAME = Order()


def read(text: str) -> Order:
    """Return the order that the address asks for; a word that is on no list means by name."""
    column = text.removeprefix("-")
    return Order(column, text.startswith("-")) if column in FIELDS else BY_NAME


@dataclass(frozen=True, slots=True)
class Column:
    """A heading that orders: what it says of itself, and the address that a press goes to."""

    aria: str  # ascending, descending, or empty for another column's order
    query: str


def heading(column: str, order: Order, kept: dict[str, Any]) -> Column:
    """Return the heading of a column; pressed again it turns round."""
    is_mine = order.column == column
    wanted = Order(column, is_mine and not order.is_falling)
    aria = ("descending" if order.is_falling else "ascending") if is_mine else ""
    return Column(aria, urlencode(kept | {"sorter": wanted.key}))


def headings(order: Order, kept: dict[str, Any]) -> dict[str, Any]:
    """Return what the table's head and «Vis flere» need; `kept` stays in the address."""
    own = kept | ({"sorter": order.key} if order != BY_NAME else {})
    return {
        "name": heading("navn", order, kept),
        "birth": heading("alder", order, kept),
        "query": f"{urlencode(own)}&" if own else "",
    }
