"""Paid and void cards cannot be changed by any route (spec F5); the database's triggers are the last of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from clinics.scope import ClinicQuerySet

if TYPE_CHECKING:
    from economy.models import Line

DRAFT = "draft"
SEALED = ("paid", "void")


class Sealed(Exception):
    """Someone tried to change what is final: a paid or void card, its lines, or a receipt."""


class CardQuerySet(ClinicQuerySet):
    """Billing cards; refuses to change or delete sealed ones."""

    def update(self, **values: Any) -> int:
        """Update cards that are not final. Raises Sealed when one of them is."""
        self.refuse_sealed()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: a card that is not wanted is made void, so that the numbers have no gaps. Raises Sealed."""
        raise Sealed("billing cards are never deleted")

    def refuse_sealed(self) -> None:
        """Raise Sealed when any of the cards is final."""
        if self.order_by().filter(state__in=SEALED).exists():
            raise Sealed("a paid or void card cannot be changed")


class LineQuerySet(models.QuerySet["Line"]):
    """Lines of cards; those of a card that is no draft stay as they are."""

    model: type[Line]

    def standing(self) -> Self:
        """Keep what has not been removed; removed lines live until the draft is opened, so that it can be undone."""
        return self.filter(removed_at=None)

    def update(self, **values: Any) -> int:
        """Update lines of drafts. Raises Sealed when a card is no draft."""
        self.refuse_settled()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete lines of drafts. Raises Sealed when a card is no draft."""
        self.refuse_settled()
        return super().delete()

    def refuse_settled(self) -> None:
        """Raise Sealed when any line stands on a card that is no draft."""
        if self.order_by().exclude(card__state=DRAFT).exists():
            raise Sealed("only a draft's lines can be changed")


class ReceiptQuerySet(ClinicQuerySet):
    """Receipts; nothing changes them."""

    def update(self, **values: Any) -> int:
        """Refuse. Raises Sealed."""
        raise Sealed("receipts are final")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse. Raises Sealed."""
        raise Sealed("receipts are final")
