"""Two makers' validators: fhir.resources (R4B, with the codes of required bindings) and fhirclient (R4)."""

from __future__ import annotations

import json
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from fhirclient.models import fhirelementfactory
from pydantic import BaseModel


def validated(content: bytes) -> dict[str, Any]:
    """Return the resource if both take it, unchanged. Raises what they raise."""
    given = json.loads(content)
    model = get_fhir_model_class(given["resourceType"]).model_validate(given)
    assert_codes(model, given["resourceType"])
    assert json.loads(model.model_dump_json()) == given  # nothing was dropped or read as something else
    factory = fhirelementfactory.FHIRElementFactory
    assert factory.instantiate(given["resourceType"], given).as_json().keys() == given.keys()
    return given


def assert_codes(element: Any, where: str) -> None:
    """Look every code up that FHIR binds an element to: the models name them and do not check them."""
    if isinstance(element, list):
        for one in element:
            assert_codes(one, where)
    if not isinstance(element, BaseModel):
        return
    for name, field in type(element).model_fields.items():
        value, extra = getattr(element, name, None), field.json_schema_extra or {}
        codes = extra.get("enum_values") if isinstance(extra, dict) else None
        if value is not None and codes and "json" not in codes:  # formats may be any media type
            assert set(value if isinstance(value, list) else [value]) <= set(codes), f"{where}.{name}: {value}"
        assert_codes(value, f"{where}.{name}")
