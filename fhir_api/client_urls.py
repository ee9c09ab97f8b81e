"""URLs of the manager's pages of FHIR clients."""

from django.urls import path

from fhir_api import client_views

app_name = "fhir_clients"
urlpatterns = [
    path("", client_views.clients, name="list"),
    path("ny/", client_views.new, name="new"),
    path("<int:pk>/hemmelighet/", client_views.rotate, name="rotate"),
    path("<int:pk>/trekk/", client_views.revoke, name="revoke"),
]
