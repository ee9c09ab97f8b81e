"""The clinic's practitioners, found by identifier or name, and made where an import brings new ones."""

from __future__ import annotations

from clinics.models import Practitioner
from integrations.order import Order
from integrations.reasons import Reason
from integrations.records import RawAppointment, RawPractitioner
from patients.names import clean_name, search_key

NAMED = "named:"  # a reference by name, as CSV files have it
NAME_MAX, TITLE_MAX, ID_MAX = 120, 60, 200  # characters, as the rows hold


class Roster:
    """All practitioners of one clinic in memory: hundreds at most."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.by_external: dict[str, int] = {}
        self.by_name: dict[str, int] = {}
        rows = Practitioner.objects.of(order.clinic).order_by("-is_active", "pk")
        for pk, name, external_id in rows.values_list("pk", "name", "external_id"):
            self.remember(pk, name, external_id)

    def remember(self, pk: int, name: str, external_id: str) -> None:
        """Make the practitioner findable; the first of a name keeps it."""
        self.by_name.setdefault(search_key(name), pk)
        if external_id:
            self.by_external[external_id] = pk

    def known(self, reference: str) -> int | None:
        """Return the practitioner that a row points to, or None."""
        if reference.startswith(NAMED):
            return self.by_name.get(search_key(reference.removeprefix(NAMED)))
        if not reference:
            return None
        found = self.order.ledger.find("practitioner", [reference]).get(reference)
        return found or self.by_external.get(reference) or self.by_external.get(reference.rsplit("/", 1)[-1])

    def first_known(self, references: list[str]) -> int | None:
        """Return the first of the references that is known."""
        return next((pk for reference in references if (pk := self.known(reference))), None)

    def write_batch(self, raws: list[RawPractitioner]) -> None:
        """Make the practitioners that the clinic lacks; those it has stay as they are."""
        new: dict[str, RawPractitioner] = {}
        for raw in raws:
            if not search_key(raw.name):
                self.order.report.refuse(raw.where, Reason.NO_NAME)
            elif self.standing(raw) or raw.external_id in new:
                self.order.report.count("practitioners.unchanged")
            else:
                new[raw.external_id] = raw
        self.create([(raw.name, raw.title, raw.external_id) for raw in new.values()])
        refs = ((name, pk) for raw in raws if (pk := self.standing(raw)) for name in raw.refs)
        self.order.ledger.learn("practitioner", refs)

    def standing(self, raw: RawPractitioner) -> int | None:
        """Return the clinic's practitioner with the identifier, else one of that name."""
        return self.by_external.get(raw.external_id[:ID_MAX]) or self.by_name.get(search_key(raw.name))

    def hire(self, rows: list[RawAppointment]) -> None:
        """Make the practitioners that appointments name and the clinic lacks."""
        new: dict[str, tuple[str, str, str]] = {}
        for row in rows:
            name = next((ref.removeprefix(NAMED) for ref in row.practitioner if ref.startswith(NAMED)), "")
            if search_key(name) and not self.first_known(row.practitioner):
                identifier = next((ref for ref in row.practitioner if "|" in ref), f"name:{search_key(name)}")
                new.setdefault(search_key(name), (name, "", identifier))
        self.create(list(new.values()))

    def create(self, people: list[tuple[str, str, str]]) -> None:
        """Insert (name, title, external id), in one query."""
        rows = [
            Practitioner(
                clinic=self.order.clinic,
                name=clean_name(name[:NAME_MAX]),
                title=title[:TITLE_MAX],
                external_id=external_id[:ID_MAX],
            )
            for name, title, external_id in people
        ]
        if not self.order.dry_run:
            Practitioner.objects.bulk_create(rows)
        for row in rows:
            self.remember(row.pk or self.order.ledger.imagine(), row.name, row.external_id)
        self.order.report.count("practitioners.created", len(rows))
