"""Neighbouring systems: import from other systems (FHIR R4, CSV)."""
