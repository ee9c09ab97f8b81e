"""App configuration."""

from django.apps import AppConfig


class FhirApiConfig(AppConfig):
    """The read API and its clients."""

    name = "fhir_api"
