"""Find the cards that rows of a file name, in this import and at the clinic."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.fhir_fields import NATIONAL
from integrations.order import Order
from integrations.records import RawAppointment, RawEntry
from patients.models import Patient


def patients_of(raws: Sequence[RawAppointment | RawEntry], order: Order) -> dict[str, int]:
    """Return what the rows call their patients → card: from this import, else from the clinic. Two queries."""
    found = order.ledger.find("patient", (name for raw in raws for name in raw.patient))
    missing = {name: numbers_of(name) for raw in raws for name in raw.patient if name not in found}
    cards = Patient.objects.of(order.clinic)
    numbers = {number for number, _ in missing.values() if number}
    locals_ = {local for _, local in missing.values() if local}
    by_number = dict(cards.filter(person__national_number__in=numbers).values_list("person__national_number", "pk"))
    by_local = dict(cards.filter(local_number__in=locals_).values_list("local_number", "pk"))
    for name, (number, local) in missing.items():
        if pk := by_number.get(number) or by_local.get(local):
            found[name] = pk
    return found


def numbers_of(name: str) -> tuple[str, str]:
    """Return (identity number, local number) that a reference to a patient may mean at the clinic."""
    if name.startswith("nin:"):
        return name.removeprefix("nin:"), name.removeprefix("nin:")
    if name.startswith("local:"):
        return "", name.removeprefix("local:")
    system, _, value = name.rpartition("|")
    if system:
        return (value, "") if system in NATIONAL else ("", value)
    return "", name.removeprefix("urn:uuid:").rsplit("/", 1)[-1]
