"""The contracts in docs/api: valid OpenAPI 3.1, and neither stricter nor looser than the code."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from bulk_send.models import Handover
from economy.models import BillingCard
from integrations import events
from integrations.events import Refused
from integrations.neighbour_models import Neighbour, Why
from integrations.reading import Malformed
from tests.access.world import SUMS
from tests.bulk_send.econtact_world import make_bulk
from tests.factories import (
    BillingCardFactory,
    ClinicFactory,
    LineFactory,
    PatientFactory,
    PersonFactory,
    PractitionerFactory,
)
from tests.neighbours.neighbour_calls import Caller

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "api"
CASES = [(one, type_) for one in Neighbour for type_ in events.types_of(one)]


def contract(neighbour: str) -> dict[str, Any]:
    """Read the neighbour's contract."""
    return yaml.safe_load((FOLDER / f"{neighbour}.yaml").read_text(encoding="utf-8"))


def door(neighbour: str) -> dict[str, Any]:
    """Return the one operation that the neighbour calls."""
    return contract(neighbour)["paths"][f"/api/naboer/{neighbour}/v1/events"]["post"]


def examples(neighbour: str) -> dict[str, Any]:
    """Return the contract's example of every type."""
    found = door(neighbour)["requestBody"]["content"]["application/json"]["examples"]
    return {name: one["value"] for name, one in found.items()}


def problem_codes() -> set[str]:
    """Return the codes that the contracts name."""
    return set(contract("common")["components"]["schemas"]["Problem"]["properties"]["code"]["enum"])


def schema_of(neighbour: str, type_: str) -> dict[str, Any]:
    """Return the schema of the type's data, its references to the common part followed."""
    for one in door(neighbour)["requestBody"]["content"]["application/json"]["schema"]["oneOf"]:
        found = followed(neighbour, one)
        said = found["properties"]["type"]
        if type_ in said.get("enum", [said.get("const")]):
            return followed(neighbour, found["properties"]["data"])
    raise LookupError(type_)


def followed(neighbour: str, node: dict[str, Any]) -> dict[str, Any]:
    """Follow one reference."""
    if "$ref" not in node:
        return node
    file, path = node["$ref"].split("#/")
    found: Any = contract("common" if file or neighbour == "common" else neighbour) if file else contract(neighbour)
    for name in path.split("/"):
        if name not in found:
            found = contract("common")
            for again in path.split("/"):
                found = found[again]
            return found
        found = found[name]
    return found


def reads(neighbour: Neighbour, body: Any) -> bool:
    """Whether the code takes the body for one that follows the contract."""
    try:
        events.read(neighbour, json.dumps(body).encode())
    except (Malformed, Refused):
        return False
    return True


@pytest.mark.parametrize("neighbour", Neighbour.values)
def test_the_contract_is_valid_and_names_every_type(neighbour):
    path = FOLDER / f"{neighbour}.yaml"

    OpenAPIV31SpecValidator(contract(neighbour), base_uri=path.as_uri()).validate()

    assert sorted(examples(neighbour)) == sorted(events.types_of(neighbour))


@pytest.mark.parametrize(("neighbour", "type_"), CASES)
def test_the_code_reads_what_the_contract_says_and_nothing_else(neighbour, type_):
    """The example is read; without a required field, with one more, or with a value of another type, it is not."""
    body = examples(neighbour)[type_]
    assert reads(neighbour, body)

    for wrong in spoilt(neighbour, body, schema_of(neighbour, type_)):
        assert not reads(neighbour, wrong), wrong


def spoilt(neighbour: str, body: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the example with one thing wrong at a time, as the schema says what is right."""
    yield {"type": body["type"]}
    yield body | {"extra": 1}
    for data in spoilt_part(neighbour, body["data"], schema):
        yield {"type": body["type"], "data": data}


def spoilt_part(neighbour: str, part: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one object of the example with one thing wrong at a time."""
    yield part | {"extra": 1}
    for name in schema.get("required", ()):
        rest = copy.deepcopy(part)
        del rest[name]
        yield rest
    for name, value in part.items():
        rule = followed(neighbour, schema["properties"][name])
        yield part | {name: [value]}
        if "maxLength" in rule:
            yield part | {name: "x" * (rule["maxLength"] + 1)}
            yield part | {name: ""}
        if "maximum" in rule:
            yield part | {name: rule["maximum"] + 1}
            yield part | {name: rule["minimum"] - 1}
        if "enum" in rule:
            yield part | {name: "noe annet"}
        if rule.get("type") == "object":
            for inner in spoilt_part(neighbour, value, rule):
                yield part | {name: inner}


def test_the_contracts_name_every_reason_that_a_call_is_refused_for():
    """Those that are only about our own calls to them are no answers."""
    ours = {Why.NO_ADDRESS, Why.NO_CONTACT, Why.THEIR_ERROR, Why.REJECTED, Why.OUR_KEY, Why.BAD_SIGNATURE}
    theirs = {why.value for why in Why if why not in ours}

    assert problem_codes() == theirs | {"unauthorized", "length_required", "too_large", "not_json"}


def test_the_examples_are_carried_out_as_the_contract_says(db, settings):
    """Posted and signed, at a clinic that has what they name; the answers follow the contract too."""
    settings.WHITENOISE_AUTOREFRESH = True
    clinic = ClinicFactory(convene=True, econtact_provider="helsenorge")
    PractitionerFactory(clinic=clinic, external_id="hpr:123")
    patient = PatientFactory(clinic=clinic, person=PersonFactory(national_number="01810112345"), has_econtact=True)
    make_bulk(clinic, [patient])
    card = LineFactory(card=BillingCardFactory(patient=patient, number=1042, **SUMS)).card
    BillingCard.objects.filter(pk=card.pk).update(state="open")
    Handover.objects.update(reference=examples("helsenorge")["econtact.read"]["data"]["reference"])
    done = Draft202012Validator(contract("common")["components"]["schemas"]["Done"])

    for neighbour in (Neighbour.CONVENE, Neighbour.DIGICARE, Neighbour.HELSENORGE):
        caller = Caller(clinic, neighbour)
        for type_, body in examples(neighbour).items():
            answer = caller.send(json.dumps(body).encode())
            assert answer.status_code == 200, (neighbour, type_, answer.content)
            done.validate(answer.json())
